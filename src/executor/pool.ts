/**
 * The policy of every executor with workers: which call runs where, what happens when a worker dies, and when to give up
 * on one. It knows no threads: a worker is a port (post, terminate) that reports messages, faults and its exit.
 *
 * Rules. Workers start when there is work, up to `workers`, and stay; `start` starts some ahead of the work. An idle worker
 * gets the next call at once, else one that starts and has none yet. A worker is always started *for* a call or a `start`, and
 * its death costs the call an attempt: so a worker that cannot start fails its call, and nothing respawns for ever. A call
 * that is stopped settles when its worker is gone, or lost: then no second attempt ever runs beside the first one.
 */
import type { TaskError } from "../base/errors.ts";
import { QUEUE_TASKS_MAX, REQUEUES_MAX, STOP_DEADLINE_MS, WORKER_START_MS_MAX } from "../base/limits.ts";
import type { ThreadTable } from "../shared/thread-table.ts";
import { backoffOf, Call, mayRetry } from "./call.ts";
import { EventHub } from "./event-hub.ts";
import type { Future, ShutdownOptions, ShutdownReport, SubmitOptions, Task } from "./executor.ts";
import { noteLost, noteReturned } from "./exit.ts";
import { PoolWorker } from "./pool-worker.ts";
import type { PoolOptions, PortEvents } from "./port.ts";
import type { WorkerReply } from "./protocol.ts";
import { PriorityQueue } from "./queue.ts";
import { RowLeases } from "./row-leases.ts";
import { Change, shutDown } from "./shutdown.ts";
import { waitsFor } from "./waits-for.ts";
import * as failures from "./worker-failure.ts";

export class WorkerPool {
  readonly events: EventHub = new EventHub();
  readonly #options: PoolOptions;
  readonly #stopDeadlineMs: number;
  /** All but the dead and the lost. */
  readonly #workers = new Map<number, PoolWorker>();
  readonly #idle: PoolWorker[] = [];
  readonly #queue = new PriorityQueue<Call>();
  /** Every call that has not settled. */
  readonly #open = new Set<Call>();
  readonly #rows: RowLeases;
  readonly #report: ShutdownReport = { cancelledTasks: [], lostWorkers: [] };
  readonly #change = new Change();
  #lastWorkerId = 0;
  #lastSequence = 0;
  #lastDispatch = 0;
  #closing: Promise<ShutdownReport> | undefined;

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#stopDeadlineMs = options.stopDeadlineMs ?? STOP_DEADLINE_MS;
    this.#rows = new RowLeases(options.table, options.workers);
  }

  get table(): ThreadTable {
    return this.#rows.table;
  }
  /** Ids of the workers that can take work. */
  get liveWorkers(): number[] {
    return [...this.#workers.values()].filter((worker) => worker.isLive).map((worker) => worker.id);
  }

  submit<T>(
    task: Task,
    args: readonly unknown[],
    options: SubmitOptions,
    below: (...args: never[]) => unknown,
  ): Future<T> {
    const call = new Call(task, args, options, {
      sequence: ++this.#lastSequence,
      stop: (stopped, code, reason) => this.#stopCall(stopped, code, reason),
      below,
    });
    this.#admit(call);
    return call.future as unknown as Future<T>;
  }

  #admit(call: Call): void {
    const waitingMax = this.#options.queueTasksMax ?? QUEUE_TASKS_MAX;
    const isFull = this.#open.size >= waitingMax + this.#options.workers;
    const refusal = failures.refusalError(call, { isClosed: this.#closing !== undefined, isFull, waitingMax });
    if (refusal) {
      call.reject(refusal);
      return;
    }
    this.#open.add(call);
    call.watchSignal();
    if (call.attemptsMax > 1 && !this.#copyArgs(call)) return;
    this.#place(call);
  }

  /** Sends the call to a worker, starts one for it, or queues it. */
  #place(call: Call): void {
    const only = call.options.worker;
    if (only !== undefined) {
      const worker = this.#workers.get(only);
      if (!worker?.isLive) this.#settleError(call, failures.goneError(call));
      else if (worker.state === "idle") this.#dispatch(worker, call);
      else this.#enqueue(worker.own, call);
      return;
    }
    const isFree = (worker: PoolWorker) => worker.state === "starting" && !worker.call;
    const free = this.#idle.at(-1) ?? this.#workers.values().find(isFree);
    if (free) this.#dispatch(free, call);
    else if (this.#workers.size < this.#options.workers) this.#spawn(call);
    else this.#enqueue(this.#queue, call);
  }

  #enqueue(queue: PriorityQueue<Call>, call: Call): void {
    if (!this.#copyArgs(call)) return;
    call.state = "waiting";
    queue.push(call);
  }

  #copyArgs(call: Call): boolean {
    try {
      call.copyArgs();
      return true;
    } catch (error) {
      this.#settleError(call, failures.unserialisable(call, error));
      return false;
    }
  }

  /** Starts up to `count` workers without work, which load these modules. */
  start(count: number, modules: readonly string[]): void {
    const room = this.#closing ? 0 : this.#options.workers - this.#workers.size;
    for (let i = 0; i < Math.min(count, room); i++) this.#spawn(undefined, modules);
  }

  #spawn(call: Call | undefined, preload: readonly string[] = []): void {
    const id = ++this.#lastWorkerId;
    const worker = new PoolWorker(id, this.#options.name, this.#rows.take());
    worker.row.reset(worker.name, process.pid);
    const events: PortEvents = {
      reply: (reply) => this.#onReply(worker, reply),
      fault: (error) => (worker.fault ??= { error }),
      exit: (code) => this.#onExit(worker, code),
    };
    this.#workers.set(id, worker);
    const { name, row, lease } = worker;
    const setup = { id, name, table: lease.table.buffer, row: row.index, preload };
    try {
      worker.port = this.#options.spawn({ setup, memoryMb: this.#options.memoryMb }, events);
    } catch (error) {
      worker.fault = { error };
      worker.call = call;
      if (call) call.attempt++;
      this.#onExit(worker, 1);
      return;
    }
    worker.startTimer = setTimeout(() => this.#onStartDeadline(worker), WORKER_START_MS_MAX).unref();
    if (call) this.#dispatch(worker, call);
  }

  /** Posts the call to an idle or a starting worker. */
  #dispatch(worker: PoolWorker, call: Call): void {
    call.attempt++;
    const ordinal = ++this.#lastDispatch;
    const { task, name, attempt, args } = call;
    try {
      // Only the last attempt may move buffers: the ones before it must leave something to send again.
      const transfer = call.isLastAttempt ? call.transfer : [];
      worker.port.post({ type: "run", ordinal, task, name, attempt, args }, transfer);
    } catch (error) {
      this.#settleError(call, failures.unserialisable(call, error));
      if (worker.state === "starting") this.#stopIdle(worker);
      return;
    }
    call.state = "running";
    call.workerId = worker.id;
    worker.call = call;
    worker.ordinal = ordinal;
    if (worker.state === "starting") return;
    const at = this.#idle.lastIndexOf(worker);
    if (at >= 0) {
      this.#idle.splice(at, 1);
      worker.port.ref();
    }
    worker.live("Assign");
    this.#begin(worker, call);
  }

  /** The worker can take up the call now: the clock of its timeout starts here, not while the worker starts. */
  #begin(worker: PoolWorker, call: Call): void {
    const { timeoutMs } = call.options;
    if (timeoutMs !== undefined) call.timer = setTimeout(() => this.#onTimeout(worker, call), timeoutMs);
    if (!this.events.hasListeners) return;
    call.startedMs = performance.now();
    this.events.emit({ type: "TaskStarted", worker: worker.id, task: call.name, attempt: call.attempt });
  }

  #onReply(worker: PoolWorker, reply: WorkerReply): void {
    if (reply.type === "ready") {
      this.#onReady(worker);
      return;
    }
    const { call } = worker;
    if (worker.state !== "running" || !call || reply.ordinal !== worker.ordinal) return;
    call.clearTimer();
    worker.call = undefined;
    worker.live("Finish");
    this.#next(worker);
    if (reply.type === "done") {
      this.#open.delete(call);
      this.events.emit({
        type: "TaskFinished",
        worker: worker.id,
        task: call.name,
        ms: performance.now() - call.startedMs,
      });
      call.resolve(reply.value);
      this.#change.notify();
      return;
    }
    this.#fail(call, failures.replyError(call, worker, reply), worker);
  }

  #onReady(worker: PoolWorker): void {
    clearTimeout(worker.startTimer);
    if (worker.state !== "starting") return;
    worker.wasReady = true;
    this.events.emit({ type: "WorkerStarted", worker: worker.id, name: worker.name });
    if (worker.call) {
      worker.live("ReadyWithTask");
      this.#begin(worker, worker.call);
    } else {
      worker.live("Ready");
      this.#next(worker);
    }
  }

  /** Gives an idle worker its next call, or lets it rest. */
  #next(worker: PoolWorker): void {
    while (worker.state === "idle") {
      const own = worker.own.peek();
      const shared = this.#queue.peek();
      const isOwn = own !== undefined && (shared === undefined || own.priority >= shared.priority);
      const call = isOwn ? worker.own.pop() : this.#queue.pop();
      if (!call) break;
      this.#dispatch(worker, call);
    }
    if (worker.state !== "idle") return;
    this.#idle.push(worker);
    // A resting worker does not keep the program alive.
    worker.port.unref();
    this.#change.notify();
  }

  #onTimeout(worker: PoolWorker, call: Call): void {
    this.#stopWorker(worker, failures.timeoutError(call, worker));
  }

  #onStartDeadline(worker: PoolWorker): void {
    if (worker.state !== "starting") return;
    const error = worker.call && failures.startError(worker.call, worker);
    this.#stopWorker(worker, error);
  }

  /** cancel() and AbortSignal. */
  #stopCall(call: Call, code: "ERR_CANCELLED" | "ERR_ABORTED", reason: unknown): boolean {
    if (call.state === "settled") return false;
    // The first wish counts: its worker is being stopped already.
    if (call.isCancelled) return true;
    call.isCancelled = true;
    const worker = call.state === "running" ? this.#workers.get(call.workerId!) : undefined;
    const error = failures.stopError(call, code, { reason, worker: worker?.name });
    if (!worker) this.#settleError(call, error);
    else if (worker.isLive) this.#stopWorker(worker, error);
    // Already being stopped, by a timeout say: the caller's wish names the error.
    else worker.stopError = error;
    return true;
  }

  /** Terminates the worker; its call settles with `error` when it is gone. */
  #stopWorker(worker: PoolWorker, error: TaskError | undefined): void {
    if (!worker.isLive) return;
    this.#leaveIdle(worker);
    worker.stopError = error;
    worker.call?.clearTimer();
    worker.row.requestCancel();
    worker.live("Stop");
    worker.port.terminate();
    worker.stopTimer = setTimeout(() => this.#onStopDeadline(worker), this.#stopDeadlineMs);
  }

  /** Lets a worker without a call finish its printing and end; terminates it if it does not. */
  #stopIdle(worker: PoolWorker): void {
    this.#leaveIdle(worker);
    worker.live("Stop");
    worker.port.ref();
    worker.port.post({ type: "stop" }, []);
    const lostAfter = () => {
      worker.port.terminate();
      worker.stopTimer = setTimeout(() => this.#onStopDeadline(worker), this.#stopDeadlineMs / 2);
    };
    worker.stopTimer = setTimeout(lostAfter, this.#stopDeadlineMs / 2);
  }

  #leaveIdle(worker: PoolWorker): void {
    const at = this.#idle.indexOf(worker);
    if (at >= 0) this.#idle.splice(at, 1);
  }

  #onStopDeadline(worker: PoolWorker): void {
    worker.live("GiveUp");
    worker.row.state = "lost";
    const waiting = waitsFor(worker.row.pid, worker.row.threadId);
    worker.port.unref();
    this.#workers.delete(worker.id);
    this.#report.lostWorkers.push({ worker: worker.id, name: worker.name, waitsFor: waiting });
    noteLost();
    this.events.emit({ type: "WorkerLost", worker: worker.id, name: worker.name, waitsFor: waiting });
    const { call, stopError } = worker;
    if (call) {
      const lost = failures.lostError(call, worker, waiting);
      // Who cancelled or aborted gets what the contract promises; the loss is told by the event and the report.
      this.#fail(call, call.isCancelled && stopError ? stopError : lost, worker);
    }
    this.#afterWorker(worker);
  }

  #onExit(worker: PoolWorker, code: number | undefined): void {
    clearTimeout(worker.startTimer);
    clearTimeout(worker.stopTimer);
    const { state, call, stopError, fault } = worker;
    worker.live("Exit");
    if (state === "lost") noteReturned();
    const task = worker.row.task;
    const phase = worker.row.state;
    worker.row.state = "dead";
    this.#rows.giveBack(worker.lease);
    if (state === "lost") return;
    this.#workers.delete(worker.id);
    this.#leaveIdle(worker);
    const expected = state === "draining";
    const cause = stopError ?? fault?.error;
    this.events.emit({ type: "WorkerExited", worker: worker.id, name: worker.name, cause, expected });
    if (call) {
      call.clearTimer();
      const neverBegan = worker.wasReady && task !== worker.ordinal;
      const isLoading = !worker.wasReady || (task === worker.ordinal && phase === "starting");
      const { memoryMb } = this.#options;
      if (stopError) this.#fail(call, stopError, worker);
      else if (neverBegan && call.requeues < REQUEUES_MAX) this.#requeue(call);
      else this.#fail(call, failures.exitFailure(call, worker, { code, isLoading, memoryMb }), worker);
    }
    this.#afterWorker(worker);
  }

  /** The worker died before it took the call up: that was no attempt. */
  #requeue(call: Call): void {
    call.requeues++;
    call.attempt--;
    // Moved buffers went down with the worker.
    if (call.transfer.length > 0) this.#settleError(call, failures.buffersGoneError(call));
    else this.#place(call);
  }

  #afterWorker(worker: PoolWorker): void {
    worker.call = undefined;
    for (const call of worker.own.drain()) this.#settleError(call, failures.goneError(call));
    while (this.#workers.size < this.#options.workers && this.#queue.peek()) this.#spawn(this.#queue.pop()!);
    this.#change.notify();
  }

  #fail(call: Call, error: TaskError, worker: PoolWorker): void {
    const willRetry = mayRetry(call, error.code) && this.#canRunAgain(call);
    this.events.emit({ type: "TaskFailed", worker: worker.id, task: call.name, error, willRetry });
    if (!willRetry) {
      this.#settleError(call, error);
      return;
    }
    const backoffMs = backoffOf(call);
    call.state = "backoff";
    if (backoffMs > 0) call.timer = setTimeout(() => this.#place(call), backoffMs);
    else this.#place(call);
  }

  #canRunAgain(call: Call): boolean {
    const only = call.options.worker;
    return only === undefined || this.#workers.get(only)?.isLive === true;
  }

  #settleError(call: Call, error: TaskError): void {
    this.#open.delete(call);
    call.reject(error);
    this.#change.notify();
  }

  shutdown(options: ShutdownOptions): Promise<ShutdownReport> {
    this.#closing ??= shutDown(options, {
      open: this.#open,
      workers: this.#workers,
      change: this.#change,
      report: this.#report,
      stopDeadlineMs: this.#stopDeadlineMs,
      stop: (worker) => (worker.call ? this.#stopWorker(worker, worker.stopError) : this.#stopIdle(worker)),
    });
    return this.#closing;
  }
}
