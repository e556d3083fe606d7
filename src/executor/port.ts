/** What the pool needs of a worker, whatever it is: a thread, a process. */
import type { ThreadTable } from "../shared/thread-table.ts";
import type { SubmitOptions } from "./executor.ts";
import type { CoordinatorMessage, WorkerReply, WorkerSetup } from "./protocol.ts";

export interface WorkerPort {
  /** Throws (DataCloneError) when the message cannot be serialised; nothing is sent then. */
  post(message: CoordinatorMessage, transfer: NonNullable<SubmitOptions["transfer"]>): void;
  /** Asks for the end of the worker, whatever it runs. The exit is reported, unless it is blocked in the kernel. */
  terminate(): void;
  /** Keeps the program alive, as a new port does. */
  ref(): void;
  unref(): void;
}

export interface PortEvents {
  reply(reply: WorkerReply): void;
  /** An error that ends the worker; the exit follows. */
  fault(error: unknown): void;
  exit(code: number | undefined): void;
}

export type Spawn = (start: { setup: WorkerSetup; memoryMb: number | undefined }, events: PortEvents) => WorkerPort;

/** What a pool is made of: how many workers, and how to start one. */
export interface PoolOptions {
  /** The most workers at a time. */
  workers: number;
  name: string;
  memoryMb?: number;
  stopDeadlineMs?: number;
  table?: ThreadTable;
  queueTasksMax?: number;
  spawn: Spawn;
}
