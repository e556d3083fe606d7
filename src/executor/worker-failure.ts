/** The errors of the pool: what a worker's reply, silence, stop or death means for the task that it was running. */
import { errorFromData, type TaskError } from "../base/errors.ts";
import { WORKER_START_MS_MAX } from "../base/limits.ts";
import type { Call } from "./call.ts";
import { foundByEntry, messageOf, taskFailure } from "./failure.ts";
import type { PoolWorker } from "./pool-worker.ts";
import type { WorkerReply } from "./protocol.ts";

export interface ExitFacts {
  code: number | undefined;
  /** It died while it started or while it imported the task's module. */
  isLoading: boolean;
  memoryMb: number | undefined;
}

/** The error of a call whose worker ended by itself. */
export function exitFailure(call: Call, worker: PoolWorker, facts: ExitFacts): TaskError {
  const { code, isLoading, memoryMb } = facts;
  const cause = worker.fault?.error;
  const details = { worker: worker.name, cause, exitCode: code };
  if ((cause as { code?: unknown } | undefined)?.code === "ERR_WORKER_OUT_OF_MEMORY") {
    const limit = memoryMb === undefined ? "Node's default heap limit" : `its heap limit, memoryMb ${memoryMb}`;
    return taskFailure("ERR_OUT_OF_MEMORY", call, `ran out of memory: the worker reached ${limit}`, {
      ...details,
      hint: "Raise memoryMb, or let the task hold less at a time.",
    });
  }
  const how = worker.fault
    ? `an error outside of the task's own promise: ${messageOf(cause)}`
    : `an exit with code ${code ?? "unknown"}`;
  if (isLoading) {
    return taskFailure(
      "ERR_MODULE_FAILED",
      call,
      `did not start: the worker ended while loading ${call.task.module}, by ${how}`,
      {
        ...details,
        hint: "Import the module by itself to see the error; it must load in a worker without side effects.",
      },
    );
  }
  return taskFailure("ERR_WORKER_EXITED", call, `lost its worker by ${how}`, {
    ...details,
    hint: worker.fault ? "Await every promise that a task starts." : "A task must not call process.exit().",
  });
}

/** The worker replied that the task failed. */
export function replyError(call: Call, worker: PoolWorker, reply: WorkerReply & { type: "failed" }): TaskError {
  const found = errorFromData(reply.error) as Error & { hint?: string };
  if (reply.code === "ERR_TASK_FAILED") {
    return taskFailure(reply.code, call, `failed: ${found.message}`, { worker: worker.name, cause: found });
  }
  // What the entry found is this error itself; its own cause (a syntax error, say) is what helps.
  const details = { worker: worker.name, cause: found.cause ?? found, hint: found.hint };
  return taskFailure(reply.code, call, foundByEntry(reply.code, found.message), details);
}

export function timeoutError(call: Call, worker: PoolWorker): TaskError {
  const what = `took longer than ${call.options.timeoutMs} ms and was stopped with its worker`;
  const hint = "Raise timeoutMs, or give the task less to do.";
  return taskFailure("ERR_TIMEOUT", call, what, { worker: worker.name, hint });
}

export function startError(call: Call, worker: PoolWorker): TaskError {
  const what = `did not start: its worker was not ready within ${WORKER_START_MS_MAX} ms`;
  return taskFailure("ERR_MODULE_FAILED", call, what, { worker: worker.name });
}

export function lostError(call: Call, worker: PoolWorker, waiting: string): TaskError {
  const what = `cannot be stopped: its worker is blocked (${waiting}) and was given up as lost`;
  const hint = "Workers should read regular files only; leave the process with exitNow(), process.exit() would hang.";
  return taskFailure("ERR_WORKER_LOST", call, what, { worker: worker.name, cause: worker.stopError, hint });
}

export function goneError(call: Call): TaskError {
  return taskFailure("ERR_WORKER_GONE", call, `wants worker ${call.options.worker}, which is gone`, {
    hint: "A replacement has another id; listen to WorkerExited to prepare it.",
  });
}

export function unserialisable(call: Call, cause: unknown): TaskError {
  return taskFailure("ERR_UNSERIALISABLE", call, `has arguments that cannot be sent to a worker: ${messageOf(cause)}`, {
    cause,
    hint: "Pass plain data, buffers, maps and sets; no functions, symbols, sockets or class instances with them inside.",
  });
}

/** Why the call is not even queued; undefined: it is welcome. */
export function refusalError(
  call: Call,
  facts: { isClosed: boolean; isFull: boolean; waitingMax: number },
): TaskError | undefined {
  const { signal } = call.options;
  if (facts.isClosed) {
    return taskFailure("ERR_EXECUTOR_CLOSED", call, "was submitted after shutdown", { hint: "Make a new executor." });
  }
  if (signal?.aborted)
    return taskFailure("ERR_ABORTED", call, "was aborted before it started", { cause: signal.reason });
  if (!facts.isFull) return undefined;
  return taskFailure("ERR_QUEUE_FULL", call, `was refused: ${facts.waitingMax} tasks already wait`, {
    hint: "Submit through map(), which keeps a window of tasks, or await results before submitting more.",
  });
}

/** The worker died before it took the call up, and the call's moved buffers were with it. */
export function buffersGoneError(call: Call): TaskError {
  return taskFailure("ERR_WORKER_EXITED", call, "was sent to a worker that had died, with its buffers", {
    hint: "Submit it again with new buffers.",
  });
}

/** cancel() or the caller's signal; reason: what the caller gave. */
export function stopError(
  call: Call,
  code: "ERR_CANCELLED" | "ERR_ABORTED",
  facts: { reason: unknown; worker: string | undefined },
): TaskError {
  const verb = code === "ERR_ABORTED" ? "was aborted" : "was cancelled";
  const what = facts.reason === undefined ? verb : `${verb}: ${messageOf(facts.reason)}`;
  return taskFailure(code, call, what, { cause: facts.reason, worker: facts.worker });
}
