/** What a failed attempt at a split says, and whether another one may help. */
import { TaskError, ThreadmillError } from "../base/errors.ts";

/** The executor wraps what a task threw; an error of ours says more than its wrapping, which adds the worker. */
export function unwrap(error: unknown): unknown {
  if (error instanceof TaskError && error.code === "ERR_TIMEOUT") {
    Object.assign(error, { hint: "Raise splitTimeoutMs, or look for a function that does not return." });
  }
  if (!(error instanceof TaskError && error.cause instanceof ThreadmillError)) return error;
  if (error.code !== "ERR_TASK_FAILED" && error.code !== error.cause.code) return error;
  Object.assign(error.cause.place, { worker: error.place.worker, ...error.cause.place });
  return error.cause;
}

/** Input that is wrong stays wrong; functions, timeouts and workers that die are tried again. */
export function canRetry(error: unknown): boolean {
  return (
    error instanceof TaskError &&
    error.code !== "ERR_ASYNC_FUNCTION" &&
    error.code !== "ERR_MODULE_FAILED" &&
    error.code !== "ERR_JOB_NOT_FOUND"
  );
}
