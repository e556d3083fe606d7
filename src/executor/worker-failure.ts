/** What a worker's death means for the task that it was running. */
import type { TaskError } from "../base/errors.ts";
import type { Call } from "./call.ts";
import { messageOf, taskFailure } from "./failure.ts";
import type { PoolWorker } from "./pool-worker.ts";

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
