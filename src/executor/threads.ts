/**
 * The thread executor: persistent workers in threads of this process. The policy is the pool's; here is only what a
 * thread is: how it starts, talks and ends.
 */
import { availableParallelism } from "node:os";
import { callerPlace } from "../base/callsite.ts";
import { UsageError } from "../base/errors.ts";
import type { ThreadTable } from "../shared/thread-table.ts";
import { currentTask, isWorker } from "./context.ts";
import type {
  Executor,
  ExecutorEvent,
  ExecutorOptions,
  Future,
  MapOptions,
  ShutdownOptions,
  ShutdownReport,
  SubmitOptions,
  Task,
} from "./executor.ts";
import { mapTasks } from "./map.ts";
import { WorkerPool } from "./pool.ts";
import type { Spawn, WorkerPort } from "./port.ts";
import type { CoordinatorMessage, WorkerReply } from "./protocol.ts";
import { startThread } from "./start-thread.ts";

export interface ThreadExecutorOptions extends ExecutorOptions {
  /** Where the workers write their rows. Default: one of its own, twice as long as `workers`. */
  table?: ThreadTable;
  /** Tasks that may wait. Default QUEUE_TASKS_MAX. */
  queueTasksMax?: number;
}

/** Runs tasks in worker threads. Threads start when there is work; an idle one does not keep the program alive. */
export class ThreadExecutor implements Executor {
  readonly kind = "threads" as const;
  readonly workers: number;
  readonly #pool: WorkerPool;

  /** Throws UsageError ERR_BAD_OPTION; ERR_NOT_GUARDED in a worker that is importing a task's module. */
  constructor(options: ThreadExecutorOptions = {}) {
    refuseUnguarded();
    const { workers = availableParallelism(), name = "threads", memoryMb } = options;
    checkCount("workers", workers, "For no workers at all take the inline executor.");
    if (memoryMb !== undefined) checkCount("memoryMb", memoryMb, "Leave it out for Node's own limit.");
    this.workers = workers;
    this.#pool = new WorkerPool({ ...options, workers, name, spawn: spawnThread });
  }

  /** The rows of its workers. */
  get table(): ThreadTable {
    return this.#pool.table;
  }
  submit<T>(task: Task, args: readonly unknown[], options: SubmitOptions = {}): Future<T> {
    return this.#pool.submit<T>(task, args, options, this.submit);
  }
  /** Starts up to `count` workers that have no work yet, and loads these modules (URLs) in them. */
  start(count: number, modules: readonly string[]): void {
    this.#pool.start(count, modules);
  }
  map<T>(
    task: Task,
    items: Iterable<readonly unknown[]> | AsyncIterable<readonly unknown[]>,
    options: MapOptions = {},
  ): AsyncIterable<T> {
    const submit = <R>(t: Task, args: readonly unknown[], o: SubmitOptions) => this.submit<R>(t, args, o);
    return mapTasks<T>(submit, task, items, { ...options, inFlight: options.inFlight ?? 2 * this.workers });
  }
  async broadcast<T>(task: Task, args: readonly unknown[], options: SubmitOptions = {}): Promise<Map<number, T>> {
    const ids = this.#pool.liveWorkers;
    const futures = ids.map((worker) => this.submit<T>(task, args, { ...options, worker }));
    const results = await Promise.all(futures);
    return new Map(ids.map((id, index) => [id, results[index]]));
  }
  on(listener: (event: ExecutorEvent) => void): () => void {
    return this.#pool.events.on(listener);
  }
  shutdown(options: ShutdownOptions = {}): Promise<ShutdownReport> {
    return this.#pool.shutdown(options);
  }
  async [Symbol.asyncDispose](): Promise<void> {
    await this.shutdown();
  }
}

/** A module that makes workers when it is imported makes them in each of them again, without end. */
function refuseUnguarded(): void {
  if (!isWorker || currentTask() !== undefined) return;
  const place = callerPlace();
  const where = place ? `${place.file}:${place.line}: ` : "";
  throw new UsageError("ERR_NOT_GUARDED", `${where}an executor was made while a worker imported the module`, {
    hint: "Every worker imports the module too. Guard its script part: if (import.meta.main) { … }",
    place: place ?? {},
  });
}

function checkCount(name: string, value: number, hint: string): void {
  if (Number.isInteger(value) && value >= 1) return;
  throw new UsageError("ERR_BAD_OPTION", `${name} must be an integer of at least 1, got ${value}`, { hint });
}

const spawnThread: Spawn = ({ setup, memoryMb }, events) => {
  const worker = startThread(setup.name, setup.preload, memoryMb);
  worker.postMessage({ type: "setup", setup } satisfies CoordinatorMessage);
  worker.on("message", (reply: WorkerReply) => events.reply(reply));
  worker.on("error", (error) => events.fault(error));
  worker.on("exit", (code) => events.exit(code));
  const port: WorkerPort = {
    post: (message, transfer) => worker.postMessage(message, transfer as ArrayBuffer[]),
    terminate: () => void worker.terminate(),
    ref: () => worker.ref(),
    unref: () => worker.unref(),
  };
  return port;
};
