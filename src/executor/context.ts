/**
 * What code can know about where it runs: in a worker or not, in which task. Follows awaits and callbacks
 * (AsyncLocalStorage), so that it is right in the middle of a task's asynchronous parts.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { workerData } from "node:worker_threads";
import { currentWorker, type WorkerContext } from "../shared/worker-context.ts";
import type { ThreadStart } from "./protocol.ts";

/** The running task as it sees itself. attempt: 1-based. ordinal: as in the thread table. */
export interface CurrentTask {
  readonly name: string;
  readonly module: string;
  readonly key: string;
  readonly attempt: number;
  readonly ordinal: number;
}

const tasks = new AsyncLocalStorage<CurrentTask>();

/** The task in which the calling code runs; undefined at import time and outside of tasks. */
export function currentTask(): CurrentTask | undefined {
  return tasks.getStore();
}

/** True in a thread that an executor started. False in the main thread, where inline tasks run too. */
export const isWorker: boolean = (workerData as Partial<ThreadStart> | null)?.threadmill === "worker";

/** The worker that runs the calling code: id, name, row of the thread table. For inline tasks too. */
export function workerContext(): WorkerContext | undefined {
  return currentWorker();
}

/** For executors: runs `run` as part of the task. */
export function runInTask<T>(task: CurrentTask, run: () => T): T {
  return tasks.run(task, run);
}
