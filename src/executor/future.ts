/**
 * The Future that submit returns: a real Promise that knows its task. `.then` and friends give plain promises
 * (Symbol.species), for a future of a future would have nothing to cancel.
 */
import { TaskError } from "../base/errors.ts";
import type { Future } from "./executor.ts";

/** What a future asks of the executor about its task. */
export interface FutureControl {
  readonly name: string;
  readonly isCancelled: boolean;
  readonly isRunning: boolean;
  readonly isDone: boolean;
  readonly workerId: number | undefined;
  cancel(reason: unknown): boolean;
}

export interface Settle<T> {
  resolve(value: T): void;
  reject(error: unknown): void;
}

export class TaskFuture<T> extends Promise<T> implements Future<T> {
  static override get [Symbol.species](): PromiseConstructor {
    return Promise;
  }
  readonly #control: FutureControl;

  constructor(control: FutureControl, start: (settle: Settle<T>) => void) {
    super((resolve, reject) => start({ resolve, reject }));
    this.#control = control;
  }
  cancel(reason?: unknown): boolean {
    return this.#control.cancel(reason);
  }
  get cancelled(): boolean {
    return this.#control.isCancelled;
  }
  get running(): boolean {
    return this.#control.isRunning;
  }
  get done(): boolean {
    return this.#control.isDone;
  }
  get worker(): number | undefined {
    return this.#control.workerId;
  }
  /** The result, waiting for it at most `timeoutMs` (then TaskError ERR_TIMEOUT; the task itself goes on). */
  async result(options: { timeoutMs?: number } = {}): Promise<T> {
    const { timeoutMs } = options;
    const settled: Promise<T> = this.then();
    if (timeoutMs === undefined) return settled;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      const give = () => reject(this.#lateError(timeoutMs));
      timer = setTimeout(give, timeoutMs);
    });
    return Promise.race([settled, late]).finally(() => clearTimeout(timer));
  }
  /** What the task rejected with, undefined if it succeeded. Rejects only with ERR_TIMEOUT, as `result` does. */
  async exception(options: { timeoutMs?: number } = {}): Promise<unknown> {
    const outcome: Promise<unknown> = this.then(
      () => undefined,
      (error: unknown) => error,
    );
    if (options.timeoutMs === undefined) return outcome;
    await this.result(options).catch(() => undefined);
    if (!this.done) throw this.#lateError(options.timeoutMs);
    return outcome;
  }
  #lateError(timeoutMs: number): TaskError {
    return new TaskError("ERR_TIMEOUT", `no result of task "${this.#control.name}" within ${timeoutMs} ms`, {
      hint: "The task still runs; wait again, or cancel() it.",
      place: { task: this.#control.name },
    });
  }
}
