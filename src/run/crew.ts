/** The workers of a run: the caller's executor, or one of its own, whose threads start while the run still looks at its input. */
import { availableParallelism } from "node:os";
import { UsageError } from "../base/errors.ts";
import { WARM_BYTES_PER_WORKER, WORKER_MEMORY_MB_MIN } from "../base/limits.ts";
import { createExecutor } from "../executor/create.ts";
import type { Executor } from "../executor/executor.ts";
import { ThreadTable } from "../shared/thread-table.ts";
import { workerTask } from "./execute.ts";
import { memoryOf } from "./memory.ts";
import type { RunOptions } from "./run.ts";

export interface Crew {
  executor: Executor;
  /** Made for this run, and shut down with it. */
  isOwn: boolean;
  workers: number;
  /** Rows of its workers; of no use where the executor is the caller's. */
  table: ThreadTable;
}

/** Throws UsageError ERR_WORKERS, ERR_MEMORY. */
export function openCrew(options: RunOptions): Crew {
  const workers = options.workers ?? options.executor?.workers ?? availableParallelism();
  if (!Number.isInteger(workers) || workers < 0) {
    throw new UsageError("ERR_WORKERS", `workers must be a whole number of 0 or more, not ${workers}`);
  }
  checkMemory(options.memoryMb);
  memoryOf(options.memory, workers);
  const table = ThreadTable.create(Math.max(1, workers));
  const { executor, memoryMb } = options;
  if (executor) return { executor, isOwn: false, workers, table };
  const kind = workers === 0 ? "inline" : "threads";
  return { executor: createExecutor(kind, { workers, name: "job", table, memoryMb }), isOwn: true, workers, table };
}

/** Starts as many threads as so many bytes will keep busy, and loads the job's code in them. Nobody waits for it. */
export function warmUp({ executor, isOwn, workers }: Crew, bytes: number): void {
  if (!isOwn || executor.kind !== "threads") return;
  const threads = Math.min(workers, Math.max(1, Math.ceil(bytes / WARM_BYTES_PER_WORKER)));
  // A worker that cannot start says so in the first task that matters.
  for (let i = 0; i < threads; i++) executor.submit(workerTask("warm"), []).catch(() => {});
}

function checkMemory(memoryMb: number | undefined): void {
  if (memoryMb === undefined || (Number.isInteger(memoryMb) && memoryMb >= WORKER_MEMORY_MB_MIN)) return;
  throw new UsageError(
    "ERR_MEMORY",
    `memoryMb must be a whole number of ${WORKER_MEMORY_MB_MIN} or more, not ${memoryMb}`,
    { hint: "leave it out for Node's own limit" },
  );
}
