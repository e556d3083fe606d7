/**
 * Which worker runs this code. Set by the executors' entry files; read by whatever a task calls (the job layer counts
 * rows and bytes into the row). Here, not in the executor, because the job layer may not import executors.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import type { ThreadTableRow } from "./thread-table.ts";

/** id: as in the executor's events. row: this worker's row in the thread table; it alone writes it. */
export interface WorkerContext {
  readonly id: number;
  readonly name: string;
  readonly row: ThreadTableRow;
}

let threadWorker: WorkerContext | undefined;
// Several inline executors may share one thread, so there the context follows the call, not the thread.
const inlineWorker = new AsyncLocalStorage<WorkerContext>();

/** The worker that runs the calling code; undefined outside of tasks in a thread that is no worker. */
export function currentWorker(): WorkerContext | undefined {
  return threadWorker ?? inlineWorker.getStore();
}

/** For entry files: this whole thread is that worker. */
export function setThreadWorker(worker: WorkerContext): void {
  threadWorker = worker;
}

/** For executors without threads: `run` and all that it awaits belong to that worker. */
export function runAsWorker<T>(worker: WorkerContext, run: () => T): T {
  return inlineWorker.run(worker, run);
}
