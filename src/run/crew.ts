/** The workers of a run: the caller's executor, or one of its own, whose threads start while the run still looks at its input. */
import { availableParallelism } from "node:os";
import { UsageError } from "../base/errors.ts";
import { INLINE_BYTES_MAX, WARM_BYTES_PER_WORKER, WORKER_MEMORY_MB_MIN } from "../base/limits.ts";
import type { Executor } from "../executor/executor.ts";
import { InlineExecutor } from "../executor/inline.ts";
import { ThreadExecutor } from "../executor/threads.ts";
import type { Source } from "../input/source.ts";
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

/** How many threads the options ask for. Throws UsageError ERR_WORKERS, ERR_MEMORY. */
export function checkCrew(options: RunOptions): number {
  const workers = options.workers ?? options.executor?.workers ?? availableParallelism();
  if (!Number.isInteger(workers) || workers < 0) {
    throw new UsageError("ERR_WORKERS", `workers must be a whole number of 0 or more, not ${workers}`);
  }
  checkMemory(options.memoryMb);
  memoryOf(options.memory, workers);
  return workers;
}

/**
 * Opens it for these sources. Where nobody asked for threads, and no function of the user could hang or kill its thread,
 * little input is read inline: it is done before a thread has started.
 */
export function openCrew(sources: readonly Source[], options: RunOptions, hasFunctions: boolean): Crew {
  const workers = checkCrew(options);
  const { executor, memoryMb } = options;
  const table = ThreadTable.create(Math.max(1, workers));
  if (executor) return { executor, isOwn: false, workers, table };
  const bytes = sources.reduce((sum, { size }) => sum + size, 0);
  const isLittle = bytes <= INLINE_BYTES_MAX && sources.every(({ kind, codec }) => kind === "file" && codec === "none");
  const isFree = options.workers === undefined && memoryMb === undefined && options.splitTimeoutMs === undefined;
  if (workers === 0 || (isLittle && isFree && !hasFunctions)) {
    return { executor: new InlineExecutor({ name: "job", table }), isOwn: true, workers: 0, table };
  }
  const threads = new ThreadExecutor({ workers, name: "job", table, memoryMb });
  // As many as so many bytes will keep busy. Nobody waits for them: one that cannot start says so in the first task that matters.
  threads.start(Math.min(workers, Math.max(1, Math.ceil(bytes / WARM_BYTES_PER_WORKER))), [
    workerTask("runSplit").module,
  ]);
  return { executor: threads, isOwn: true, workers, table };
}

function checkMemory(memoryMb: number | undefined): void {
  if (memoryMb === undefined || (Number.isInteger(memoryMb) && memoryMb >= WORKER_MEMORY_MB_MIN)) return;
  throw new UsageError(
    "ERR_MEMORY",
    `memoryMb must be a whole number of ${WORKER_MEMORY_MB_MIN} or more, not ${memoryMb}`,
    { hint: "leave it out for Node's own limit" },
  );
}
