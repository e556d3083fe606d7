/** What the pool needs of a worker, whatever it is: a thread, a process. */
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
