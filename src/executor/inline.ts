/**
 * The executor without workers: tasks run in this thread, one after the other. For tests, debuggers and `--workers 0`.
 * The same contract, with one limit: code that runs here cannot be stopped. A timeout, cancel or abort rejects the
 * promise and lets the next task start; the function itself goes on until it returns (a synchronous one delays even the
 * rejection), and process.exit() or an uncaught error in it is this process's own.
 */
import { setImmediate } from "node:timers/promises";
import { TaskError } from "../base/errors.ts";
import { QUEUE_TASKS_MAX } from "../base/limits.ts";
import { ThreadTable } from "../shared/thread-table.ts";
import { transferListOf } from "../shared/transfer.ts";
import { runAsWorker, type WorkerContext } from "../shared/worker-context.ts";
import { backoffOf, Call, mayRetry } from "./call.ts";
import { runInTask } from "./context.ts";
import { EventHub } from "./event-hub.ts";
import type {
  Executor,
  ExecutorEvent,
  Future,
  MapOptions,
  ShutdownOptions,
  ShutdownReport,
  SubmitOptions,
  Task,
} from "./executor.ts";
import { dataOf, foundByEntry, messageOf, taskFailure } from "./failure.ts";
import { mapTasks } from "./map.ts";
import { workerName } from "./pool-worker.ts";
import { PriorityQueue } from "./queue.ts";
import { resolveFunction } from "./registry.ts";
import type { ThreadExecutorOptions } from "./threads.ts";
import { refusalError, stopError, unserialisable } from "./worker-failure.ts";

/** The id under which this thread runs tasks. */
const INLINE_WORKER = 0;
/** Tasks run this long before the event loop has its turn. */
const TURNS_MS = 20;

export class InlineExecutor implements Executor {
  readonly kind = "inline" as const;
  readonly workers = 0;
  readonly table: ThreadTable;
  readonly #events = new EventHub();
  readonly #context: WorkerContext;
  readonly #queue = new PriorityQueue<Call>();
  readonly #open = new Set<Call>();
  readonly #queueTasksMax: number;
  #running: Call | undefined;
  /** Ends the turn of the running call, though its function may go on. */
  #endTurn: (() => void) | undefined;
  #isPumping = false;
  #lastSequence = 0;
  #lastDispatch = 0;
  #yieldedMs = performance.now();
  #closing: Promise<ShutdownReport> | undefined;
  #onEmpty: (() => void) | undefined;

  constructor(options: ThreadExecutorOptions = {}) {
    this.table = options.table ?? ThreadTable.create(1);
    this.#queueTasksMax = options.queueTasksMax ?? QUEUE_TASKS_MAX;
    const name = workerName(options.name ?? "inline", INLINE_WORKER);
    const row = this.table.row(0);
    row.reset(name, process.pid);
    row.state = "idle";
    // The main thread's id is the process's.
    row.threadId = process.pid;
    this.#context = { id: INLINE_WORKER, name, row };
  }

  submit<T>(task: Task, args: readonly unknown[], options: SubmitOptions = {}): Future<T> {
    const call = new Call(task, args, options, {
      sequence: ++this.#lastSequence,
      stop: (stopped, code, reason) => this.#stopCall(stopped, code, reason),
      below: this.submit,
    });
    const refusal = this.#refusal(call);
    if (refusal) {
      call.reject(refusal);
    } else {
      this.#open.add(call);
      call.watchSignal();
      this.#enqueue(call);
    }
    return call.future as unknown as Future<T>;
  }

  map<T>(
    task: Task,
    items: Iterable<readonly unknown[]> | AsyncIterable<readonly unknown[]>,
    options: MapOptions = {},
  ): AsyncIterable<T> {
    const submit = <R>(t: Task, args: readonly unknown[], o: SubmitOptions) => this.submit<R>(t, args, o);
    return mapTasks<T>(submit, task, items, { ...options, inFlight: options.inFlight ?? 2 });
  }

  async broadcast<T>(task: Task, args: readonly unknown[], options: SubmitOptions = {}): Promise<Map<number, T>> {
    return new Map([[INLINE_WORKER, await this.submit<T>(task, args, options)]]);
  }

  on(listener: (event: ExecutorEvent) => void): () => void {
    return this.#events.on(listener);
  }

  shutdown(options: ShutdownOptions = {}): Promise<ShutdownReport> {
    this.#closing ??= this.#shutdown(options);
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.shutdown();
  }

  #refusal(call: Call): TaskError | undefined {
    const { worker } = call.options;
    const waitingMax = this.#queueTasksMax;
    const isFull = this.#open.size >= waitingMax;
    const refusal = refusalError(call, { isClosed: this.#closing !== undefined, isFull, waitingMax });
    if (refusal) return refusal;
    if (worker !== undefined && worker !== INLINE_WORKER) {
      return taskFailure(
        "ERR_WORKER_GONE",
        call,
        `wants worker ${worker}, but inline tasks run on worker ${INLINE_WORKER}`,
      );
    }
    return undefined;
  }

  #enqueue(call: Call): void {
    try {
      // Copied as between threads: a task never sees what its caller changes later.
      call.copyArgs();
    } catch (cause) {
      this.#settle(call, unserialisable(call, cause));
      return;
    }
    call.state = "waiting";
    this.#queue.push(call);
    void this.#pump();
  }

  async #pump(): Promise<void> {
    if (this.#isPumping) return;
    this.#isPumping = true;
    // First let submit return its future.
    await undefined;
    for (;;) {
      // From time to time the event loop goes first: tasks alone would let no timer and no Ctrl-C through.
      if (performance.now() - this.#yieldedMs > TURNS_MS) {
        await setImmediate();
        this.#yieldedMs = performance.now();
      }
      const call = this.#queue.pop();
      if (!call) break;
      await this.#takeTurn(call);
    }
    this.#isPumping = false;
  }

  /** Resolves when the call has its outcome, or is to be waited for no more. */
  async #takeTurn(call: Call): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#running = call;
    this.#endTurn = resolve;
    call.state = "running";
    call.attempt++;
    call.workerId = INLINE_WORKER;
    const { timeoutMs } = call.options;
    if (timeoutMs !== undefined) call.timer = setTimeout(() => this.#onTimeout(call, timeoutMs), timeoutMs);
    this.#events.emit({ type: "TaskStarted", worker: INLINE_WORKER, task: call.name, attempt: call.attempt });
    void this.#execute(call, call.attempt).finally(resolve);
    await promise;
    if (this.#running === call) this.#running = undefined;
    this.#context.row.state = "idle";
  }

  async #execute(call: Call, attempt: number): Promise<void> {
    const startedMs = performance.now();
    // A later attempt, or an outcome given by a timeout, makes this one's meaningless.
    const isStale = () => call.state !== "running" || call.attempt !== attempt;
    try {
      const value = await this.#run(call, attempt);
      if (isStale()) return;
      this.#events.emit({
        type: "TaskFinished",
        worker: INLINE_WORKER,
        task: call.name,
        ms: performance.now() - startedMs,
      });
      this.#open.delete(call);
      call.resolve(value);
      this.#checkEmpty();
    } catch (error) {
      if (!isStale()) this.#fail(call, this.#failure(call, error));
    }
  }

  async #run(call: Call, attempt: number): Promise<unknown> {
    const { task, name, args } = call;
    const ordinal = ++this.#lastDispatch;
    const { row } = this.#context;
    let fn: Awaited<ReturnType<typeof resolveFunction>>;
    try {
      row.begin(ordinal, attempt, "starting");
      fn = await resolveFunction(task);
    } catch (error) {
      throw new EntryFailure(error as TaskError);
    }
    row.begin(ordinal, attempt);
    const context = { name, module: task.module, key: task.key, attempt, ordinal };
    const value = await runAsWorker(this.#context, () => runInTask(context, () => fn(...args)));
    try {
      return structuredClone(value, { transfer: [...transferListOf(value)] as ArrayBuffer[] });
    } catch (cause) {
      const what = `returned what cannot be sent back: ${messageOf(cause)}`;
      throw new EntryFailure(new TaskError("ERR_UNSERIALISABLE", what, { cause, hint: "Return plain data." }));
    }
  }

  #failure(call: Call, thrown: unknown): TaskError {
    const worker = this.#context.name;
    if (thrown instanceof EntryFailure) {
      const { code, message, hint, cause } = thrown.error;
      return taskFailure(code, call, foundByEntry(code, message), { worker, hint, cause: cause ?? thrown.error });
    }
    const { message } = dataOf(thrown);
    // The very error, so that a debugger shows it; only what is no readable error is replaced by its description.
    const cause = thrown instanceof Error && messageOf(thrown) === message ? thrown : new Error(message);
    return taskFailure("ERR_TASK_FAILED", call, `failed: ${message}`, { worker, cause });
  }

  #onTimeout(call: Call, timeoutMs: number): void {
    const what = `took longer than ${timeoutMs} ms`;
    const hint = "Inline tasks cannot be stopped: it may still run. Raise timeoutMs or use threads.";
    this.#fail(call, taskFailure("ERR_TIMEOUT", call, what, { worker: this.#context.name, hint }));
    if (this.#running === call) this.#endTurn?.();
  }

  #fail(call: Call, error: TaskError): void {
    call.clearTimer();
    const willRetry = mayRetry(call, error.code);
    this.#events.emit({ type: "TaskFailed", worker: INLINE_WORKER, task: call.name, error, willRetry });
    if (!willRetry) {
      this.#settle(call, error);
      return;
    }
    call.state = "backoff";
    call.timer = setTimeout(() => this.#enqueue(call), backoffOf(call));
  }

  #stopCall(call: Call, code: "ERR_CANCELLED" | "ERR_ABORTED", reason: unknown): boolean {
    if (call.state === "settled") return false;
    call.isCancelled = true;
    const error = stopError(call, code, { reason, worker: undefined });
    const isRunning = this.#running === call;
    if (isRunning)
      this.#events.emit({ type: "TaskFailed", worker: INLINE_WORKER, task: call.name, error, willRetry: false });
    this.#settle(call, error);
    if (isRunning) this.#endTurn?.();
    return true;
  }

  #settle(call: Call, error: TaskError): void {
    this.#open.delete(call);
    call.reject(error);
    this.#checkEmpty();
  }

  #checkEmpty(): void {
    if (this.#open.size === 0) this.#onEmpty?.();
  }

  async #shutdown(options: ShutdownOptions): Promise<ShutdownReport> {
    const { wait = true, cancelPending = !wait, deadlineMs = 30_000 } = options;
    const report: ShutdownReport = { cancelledTasks: [], lostWorkers: [] };
    const cancel = (matches: (call: Call) => boolean) => {
      for (const call of [...this.#open].filter(matches)) {
        report.cancelledTasks.push(call.name);
        call.cancel("the executor was shut down");
      }
    };
    if (cancelPending) cancel((call) => call.state !== "running");
    if (wait && this.#open.size > 0) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, deadlineMs);
      this.#onEmpty = resolve;
      await promise;
      clearTimeout(timer);
    }
    cancel(() => true);
    this.#context.row.state = "dead";
    return report;
  }
}

/** Tells the executor's own findings from what the task's function threw. */
class EntryFailure {
  readonly error: TaskError;
  constructor(error: TaskError) {
    this.error = error;
  }
}
