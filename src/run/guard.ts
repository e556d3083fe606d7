/** Starting a job in a worker at import time means that the `import.meta.main` guard is missing. */
import { isMainThread, workerData } from "node:worker_threads";
import { UsageError } from "../base/errors.ts";

export function refuseUnguarded(): void {
  if (isMainThread || !(workerData && typeof workerData === "object" && "threadmill" in workerData)) return;
  throw new UsageError("ERR_NOT_GUARDED", "run() was called in a worker while it imported the job's module", {
    hint: "Guard the script part of the module: if (import.meta.main) { await run(job, { meta: import.meta }); }",
  });
}
