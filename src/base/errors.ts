/**
 * Every error that Threadmill throws on purpose. Few classes, each with a stable `code`, what happened, and what to try.
 * Not for: formatting for the terminal (that is the CLI's) or reporting (that is debug's).
 */

/** Facts about where an error happened. All optional; only what is known is set. */
export interface ErrorPlace {
  file?: string;
  /** 1-based physical line. */
  line?: number;
  /** 0-based byte offset in the (decompressed) input. */
  offset?: number;
  /** Byte range of the split, end exclusive. */
  split?: { start: number; end: number };
  worker?: string;
  task?: string;
  /** 1-based. */
  attempt?: number;
  exitCode?: number;
  signal?: string;
}

export interface ErrorOptionsWithHint {
  /** What to try next, one sentence. */
  hint?: string;
  place?: ErrorPlace;
  cause?: unknown;
}

/** Base of all errors of the package. `code` is stable (`ERR_…`); `exitCode` is what the CLI exits with. */
export class ThreadmillError extends Error {
  readonly code: string;
  readonly hint: string | undefined;
  readonly place: ErrorPlace;
  readonly exitCode: number = 1;
  constructor(code: string, message: string, options: ErrorOptionsWithHint = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    this.hint = options.hint;
    this.place = options.place ?? {};
  }
}

/** Wrong options, flags, columns, expressions: the user's question is at fault. Exit code 2. */
export class UsageError extends ThreadmillError {
  override readonly exitCode: number = 2;
}

/** The input is at fault: missing, unreadable, binary, truncated, changed under the run, or a row that does not parse. */
export class InputError extends ThreadmillError {}

/** More rows were rejected than `--max-errors` allows. Exit code 3. */
export class RejectedError extends ThreadmillError {
  override readonly exitCode: number = 3;
}

/** A task failed: the user's function threw, timed out, was cancelled, or its worker died. */
export class TaskError extends ThreadmillError {}

/** The run was interrupted (Ctrl-C, AbortSignal). Exit code 130. */
export class InterruptedError extends ThreadmillError {
  override readonly exitCode: number = 130;
}

/** An error as plain data, to cross a thread or process border without losing its code, hint, place, stack or cause. */
export interface ErrorData {
  name: string;
  code?: string;
  message: string;
  stack?: string;
  hint?: string;
  place?: ErrorPlace;
  cause?: ErrorData;
  /** Set when something that is no Error was thrown: its printed form. */
  thrown?: string;
}

const classes = { UsageError, InputError, RejectedError, TaskError, InterruptedError, ThreadmillError };

export function errorToData(error: unknown, depth = 0): ErrorData {
  if (!(error instanceof Error)) {
    let thrown: string;
    try {
      thrown = typeof error === "string" ? JSON.stringify(error) : String(error);
    } catch {
      thrown = Object.prototype.toString.call(error);
    }
    return { name: "Error", message: `a value that is no Error was thrown: ${thrown}`, thrown };
  }
  const source = error as Partial<ThreadmillError> & Error;
  return {
    name: error.name,
    ...(typeof source.code === "string" && { code: source.code }),
    message: error.message,
    ...(typeof error.stack === "string" && { stack: error.stack }),
    ...(source.hint !== undefined && { hint: source.hint }),
    ...(source.place !== undefined && { place: source.place }),
    ...(error.cause !== undefined && depth < 8 && { cause: errorToData(error.cause, depth + 1) }),
  };
}

export function errorFromData(data: ErrorData): Error {
  const cause = data.cause && errorFromData(data.cause);
  const known = classes[data.name as keyof typeof classes];
  const error = known
    ? new known(data.code ?? "ERR_UNKNOWN", data.message, { hint: data.hint, place: data.place, cause })
    : Object.assign(new Error(data.message, cause && { cause }), data.code !== undefined && { code: data.code });
  if (!known) error.name = data.name;
  if (data.stack !== undefined) error.stack = data.stack;
  return error;
}
