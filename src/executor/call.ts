/**
 * One submitted task on its way: its arguments, its attempts, its future. The executors move it between waiting,
 * backing off, running and settled; it settles exactly once.
 */
import { UsageError } from "../base/errors.ts";
import { BACKOFF_MS_MAX } from "../base/limits.ts";
import type { SubmitOptions, Task } from "./executor.ts";
import { captureSite } from "./failure.ts";
import { type FutureControl, type Settle, TaskFuture } from "./future.ts";
import type { Queued } from "./queue.ts";

type Movable = NonNullable<SubmitOptions["transfer"]>[number];
export type CallState = "new" | "waiting" | "backoff" | "running" | "settled";

/** What the executor does when somebody cancels or aborts. Returns false if the task had finished. */
export type StopCall = (call: Call, code: "ERR_CANCELLED" | "ERR_ABORTED", reason: unknown) => boolean;

export class Call implements Queued, FutureControl {
  readonly task: Task;
  readonly name: string;
  readonly options: SubmitOptions;
  readonly sequence: number;
  readonly priority: number;
  readonly attemptsMax: number;
  readonly site: { stack?: string };
  readonly future: TaskFuture<unknown>;
  args: readonly unknown[];
  transfer: readonly Movable[];
  state: CallState = "new";
  attempt = 0;
  /** Times it was sent to a worker that died before it took it up. */
  requeues = 0;
  workerId: number | undefined = undefined;
  isCancelled = false;
  /** The timeout while running, the wait while backing off. */
  timer: NodeJS.Timeout | undefined = undefined;
  startedMs = 0;
  #settle!: Settle<unknown>;
  #stop: StopCall;
  #onAbort: (() => void) | undefined;
  #isCopied = false;

  constructor(
    task: Task,
    args: readonly unknown[],
    options: SubmitOptions,
    details: { sequence: number; stop: StopCall; below: (...args: never[]) => unknown },
  ) {
    checkOptions(options);
    this.task = task;
    this.args = args;
    this.options = options;
    this.transfer = options.transfer ?? [];
    this.name = options.name ?? task.key;
    this.sequence = details.sequence;
    this.priority = options.priority ?? 0;
    this.attemptsMax = 1 + (options.retries ?? 0);
    this.site = captureSite(details.below);
    this.#stop = details.stop;
    this.future = new TaskFuture<unknown>(this, (settle) => {
      this.#settle = settle;
    });
  }

  get isWaiting(): boolean {
    return this.state === "waiting";
  }
  get isRunning(): boolean {
    return this.state === "running";
  }
  get isDone(): boolean {
    return this.state === "settled";
  }
  get isLastAttempt(): boolean {
    return this.attempt >= this.attemptsMax;
  }

  cancel(reason: unknown): boolean {
    return this.#stop(this, "ERR_CANCELLED", reason);
  }

  /** Follows the caller's signal until the call settles. */
  watchSignal(): void {
    const { signal } = this.options;
    if (!signal) return;
    this.#onAbort = () => this.#stop(this, "ERR_ABORTED", signal.reason);
    signal.addEventListener("abort", this.#onAbort, { once: true });
  }

  /**
   * Copies the arguments now (moving what is to be transferred), so that what runs later is what was submitted.
   * Throws a DataCloneError when they cannot be copied.
   */
  copyArgs(): void {
    if (this.#isCopied) return;
    this.#isCopied = true;
    if (this.transfer.length === 0 && this.args.every(isPrimitive)) {
      this.args = [...this.args];
      return;
    }
    // The list is cloned in the same message, so that it holds the moved buffers afterwards.
    const message = { args: this.args, transfer: this.transfer };
    const copy = structuredClone(message, { transfer: [...this.transfer] as ArrayBuffer[] });
    this.args = copy.args;
    this.transfer = copy.transfer;
  }

  resolve(value: unknown): void {
    if (this.#close()) this.#settle.resolve(value);
  }
  reject(error: unknown): void {
    if (this.#close()) this.#settle.reject(error);
  }
  clearTimer(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }
  #close(): boolean {
    if (this.state === "settled") return false;
    this.state = "settled";
    this.clearTimer();
    if (this.#onAbort) this.options.signal?.removeEventListener("abort", this.#onAbort);
    this.args = [];
    this.transfer = [];
    return true;
  }
}

function isPrimitive(value: unknown): boolean {
  return (typeof value !== "object" || value === null) && typeof value !== "function" && typeof value !== "symbol";
}

function checkOptions(options: SubmitOptions): void {
  for (const [name, least] of Object.entries({ timeoutMs: 1, retries: 0, backoffMs: 0 })) {
    const value = options[name as "timeoutMs" | "retries" | "backoffMs"];
    if (value === undefined || (value >= least && (name !== "retries" || Number.isInteger(value)))) continue;
    throw new UsageError(
      "ERR_BAD_OPTION",
      `${name} must be ${name === "retries" ? "an integer" : "a number"} of at least ${least}, got ${value}`,
      {
        hint: `Leave ${name} out for the default.`,
      },
    );
  }
}

/** Errors that another attempt cannot mend, or that the caller asked for. */
const FINAL_CODES: ReadonlySet<string> = new Set([
  "ERR_CANCELLED",
  "ERR_ABORTED",
  "ERR_UNSERIALISABLE",
  "ERR_MODULE_FAILED",
  "ERR_FUNCTION_NOT_FOUND",
  "ERR_DIGEST_MISMATCH",
  "ERR_EXECUTOR_CLOSED",
  "ERR_WORKER_GONE",
  "ERR_QUEUE_FULL",
]);

/** True when the call has attempts left and the error is not final. */
export function mayRetry(call: Call, code: string): boolean {
  return call.state !== "settled" && !call.isCancelled && !call.isLastAttempt && !FINAL_CODES.has(code);
}

/** The wait before the next attempt, in ms: doubled each time, up to BACKOFF_MS_MAX. */
export function backoffOf(call: Call): number {
  return Math.min((call.options.backoffMs ?? 0) * 2 ** (call.attempt - 1), BACKOFF_MS_MAX);
}
