/** What user functions must not do, and what is said when one fails. Not for: calling them (pipeline.ts). */
import { TaskError } from "../base/errors.ts";

export function functionFailed(name: string, error: unknown, offset: number): TaskError {
  if (error instanceof TaskError) return error;
  const what = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return new TaskError("ERR_FUNCTION_FAILED", `${name} threw ${what}`, { cause: error, place: { offset } });
}

/** The value, unless it is a promise: nobody would wait for it. */
export function synchronous(value: unknown, name: string): unknown {
  if (!(value instanceof Promise)) return value;
  // Its failure is not ours to report, nor reason enough to end the worker.
  value.catch(() => {});
  throw asyncFunction(name);
}

function asyncFunction(name: string): TaskError {
  return new TaskError("ERR_ASYNC_FUNCTION", `${name} returned a promise; functions over records must be synchronous`, {
    hint: "Do asynchronous work before or after the job, or in a background function.",
  });
}

export function iterableOf(value: unknown, name: string): Iterable<unknown> {
  if (value !== null && typeof value === "object" && Symbol.iterator in value) return value as Iterable<unknown>;
  throw new TaskError("ERR_NOT_ITERABLE", `${name} must return an array or another iterable, not ${typeof value}`);
}
