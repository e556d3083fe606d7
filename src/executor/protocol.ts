/**
 * The messages between the coordinator and a worker's entry file. One task at a time: the coordinator sends the next
 * only after the reply, so there is nothing to reorder or to take back.
 */
import type { ErrorData } from "../base/errors.ts";
import type { Task } from "./executor.ts";

/** What a worker gets at start. */
export interface WorkerSetup {
  /** Marks the worker as one of ours: a program may have others. */
  threadmill: "worker";
  id: number;
  name: string;
  table: SharedArrayBuffer;
  row: number;
  /** Modules that it loads at once, before a task needs them. */
  preload: readonly string[];
  /** Where the coordinator's compiled code is kept between runs; missing: nowhere. */
  compileCache?: string;
}

export interface RunMessage {
  type: "run";
  ordinal: number;
  task: Task;
  name: string;
  attempt: number;
  args: readonly unknown[];
}
/** Finish: flush what was printed, then end. */
export interface StopMessage {
  type: "stop";
}
export type CoordinatorMessage = RunMessage | StopMessage;

export type WorkerReply =
  | { type: "ready" }
  | { type: "done"; ordinal: number; value: unknown }
  /** code: ERR_TASK_FAILED for the user's errors, else what the entry found. */
  | { type: "failed"; ordinal: number; code: string; error: ErrorData };
