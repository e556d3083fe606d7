/**
 * The contract of every executor: inline, threads, processes, cluster. Nothing here knows about jobs.
 * A task is never source text: it is a module, the key under which a function is found in it, and a digest.
 */

/** key: the name under which the module registered the function at import, else one of its exports. digest: hash of the function's text, "" to skip the check. */
export interface Task {
  module: string;
  key: string;
  digest: string;
}

export interface SubmitOptions {
  /** Name for messages and monitors. Default: the task's key. */
  name?: string;
  /** The worker is stopped and replaced when the task takes longer. Default: none. */
  timeoutMs?: number;
  /** Further attempts after a failure. Default 0. */
  retries?: number;
  /** Wait before the next attempt, doubled each time. Default 0. */
  backoffMs?: number;
  /** Larger runs earlier. Default 0. */
  priority?: number;
  /** Aborts: a waiting task is dropped, a running one is stopped with its worker. */
  signal?: AbortSignal;
  transfer?: readonly Transferable[];
  /** Only this worker (by id) may run it; rejects at once with ERR_WORKER_GONE when that worker is gone. */
  worker?: number;
}

type Transferable = ArrayBuffer | MessagePort;

/** A Promise that knows its task. Named after Python's concurrent.futures. */
export interface Future<T> extends Promise<T> {
  /** True if the task had not finished: it will reject with TaskError ERR_CANCELLED. */
  cancel(reason?: unknown): boolean;
  readonly cancelled: boolean;
  readonly running: boolean;
  readonly done: boolean;
  /** Id of the worker that runs or ran it; undefined before. */
  readonly worker: number | undefined;
  result(options?: { timeoutMs?: number }): Promise<T>;
  exception(options?: { timeoutMs?: number }): Promise<unknown>;
}

export type WorkerState = "starting" | "idle" | "running" | "draining" | "dead" | "lost";

export type ExecutorEvent =
  | { type: "WorkerStarted"; worker: number; name: string }
  /** The worker is gone with everything that it held in memory. A replacement has another id. */
  | { type: "WorkerExited"; worker: number; name: string; cause: unknown; expected: boolean }
  /** The worker could not be stopped within the deadline: what it waits for, as far as the kernel tells. */
  | { type: "WorkerLost"; worker: number; name: string; waitsFor: string }
  | { type: "TaskStarted"; worker: number; task: string; attempt: number }
  | { type: "TaskFinished"; worker: number; task: string; ms: number }
  | { type: "TaskFailed"; worker: number; task: string; error: unknown; willRetry: boolean };

export interface MapOptions extends SubmitOptions {
  /** Results in the order of the iterable. Default true. */
  ordered?: boolean;
  /** Tasks submitted ahead of the consumer. Default: twice the workers. */
  inFlight?: number;
}

export interface ShutdownOptions {
  /** Wait for running tasks. Default true. */
  wait?: boolean;
  cancelPending?: boolean;
  /** After this, whatever still runs is stopped; what cannot be stopped is lost. Default 30 s with wait, else STOP_DEADLINE_MS. */
  deadlineMs?: number;
}

/** What a shutdown left undone. Empty lists: nothing was lost. */
export interface ShutdownReport {
  cancelledTasks: string[];
  lostWorkers: { worker: number; name: string; waitsFor: string }[];
}

export interface ExecutorOptions {
  /** Default: the cores this process may use. */
  workers?: number;
  /** Short name, part of the worker names `tm-<name>-<n>`. */
  name?: string;
  /** Heap limit per worker (old generation). Default: Node's own. */
  memoryMb?: number;
  stopDeadlineMs?: number;
}

export interface Executor extends AsyncDisposable {
  readonly kind: "inline" | "threads" | "processes" | "cluster";
  /** The most workers it runs at a time (inline: 0). */
  readonly workers: number;
  submit<T>(task: Task, args: readonly unknown[], options?: SubmitOptions): Future<T>;
  map<T>(
    task: Task,
    items: Iterable<readonly unknown[]> | AsyncIterable<readonly unknown[]>,
    options?: MapOptions,
  ): AsyncIterable<T>;
  /** Runs the task once on every live worker; results by worker id. */
  broadcast<T>(task: Task, args: readonly unknown[], options?: SubmitOptions): Promise<Map<number, T>>;
  /** Returns the function that unsubscribes. */
  on(listener: (event: ExecutorEvent) => void): () => void;
  shutdown(options?: ShutdownOptions): Promise<ShutdownReport>;
}
