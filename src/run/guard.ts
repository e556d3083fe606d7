/**
 * A module that runs its job while it is imported would run it again in every worker, and theirs again: the
 * `import.meta.main` guard is missing. It is refused where it happens first.
 */
import { isMainThread, workerData } from "node:worker_threads";
import { callerPlace } from "../base/callsite.ts";
import { UsageError } from "../base/errors.ts";

let importing = 0;

/** Imports a job's module; a run that starts before the import is over is refused. */
export async function importGuarded(url: string): Promise<Record<string, unknown>> {
  importing++;
  try {
    return await import(url);
  } finally {
    importing--;
  }
}

/** Throws UsageError ERR_NOT_GUARDED in a worker of Threadmill, and while `threadmill run` imports the module. */
export function refuseUnguarded(): void {
  const isWorker = !isMainThread && workerData !== null && typeof workerData === "object" && "threadmill" in workerData;
  if (!isWorker && importing === 0) return;
  const place = callerPlace();
  const where = place ? `${place.file}:${place.line}: ` : "";
  throw new UsageError("ERR_NOT_GUARDED", `${where}run() was called while the job's module was imported`, {
    hint: "Every worker imports the module too. Guard its script part: if (import.meta.main) { … await run(job, { meta: import.meta }) … }",
    place: place ?? {},
  });
}
