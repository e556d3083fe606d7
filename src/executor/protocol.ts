/**
 * The messages between the coordinator and a worker's entry file. One task at a time: the coordinator sends the next
 * only after the reply, so there is nothing to reorder or to take back.
 */
import type { ErrorData } from "../base/errors.ts";
import type { Task } from "./executor.ts";

/** What a thread gets at its start: enough to load its code. */
export interface ThreadStart {
  /** Marks the thread as one of ours: a program may have others. */
  threadmill: "worker";
  /** Modules that it loads at once, before a task needs them. */
  preload: readonly string[];
  /** Where the coordinator's compiled code is kept between runs; undefined: nowhere. */
  compileCache: string | undefined;
}

/** What makes a thread a worker. */
export interface WorkerSetup {
  id: number;
  name: string;
  table: SharedArrayBuffer;
  row: number;
  /** As in ThreadStart, where that had none. */
  preload: readonly string[];
}

/** The first message. */
export interface SetupMessage {
  type: "setup";
  setup: WorkerSetup;
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
export type CoordinatorMessage = SetupMessage | RunMessage | StopMessage;

export type WorkerReply =
  | { type: "ready" }
  | { type: "done"; ordinal: number; value: unknown }
  /** code: ERR_TASK_FAILED for the user's errors, else what the entry found. */
  | { type: "failed"; ordinal: number; code: string; error: ErrorData };
