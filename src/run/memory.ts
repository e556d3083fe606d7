/** How much memory a run may take, and the folder for what does not fit: of the whole process tree, and of each worker. */
import { UsageError } from "../base/errors.ts";
import { MEMORY_SHARE, WORKER_MEMORY_BYTES_MIN } from "../base/limits.ts";
import { nameRunFolder, removeAbandonedRuns, removeRunFolder } from "../base/run-folder.ts";
import { formatBytes, parseBytes } from "../base/units.ts";
import type { MemoryPlan } from "../job/partitioned.ts";
import type { RunOptions } from "./run.ts";

/** Of a worker's share, what rows, tables and partials may take; code, buffers and the partition at work take the rest. */
const HELD_SHARE = 0.5;

/**
 * Bytes of a run: what was asked for, or a share of what is free for this process (its control group included).
 * Throws UsageError ERR_MEMORY, ERR_BAD_SIZE.
 */
export function memoryOf(memory: number | string | undefined, workers: number): number {
  const least = WORKER_MEMORY_BYTES_MIN * Math.max(1, workers);
  if (memory === undefined) return Math.max(least, process.availableMemory() * MEMORY_SHARE);
  const bytes = typeof memory === "string" ? parseBytes(memory) : memory;
  if (bytes >= least) return bytes;
  const given = typeof memory === "string" ? memory : formatBytes(memory);
  const count = workers > 1 ? ` for ${workers} workers` : "";
  throw new UsageError(
    "ERR_MEMORY",
    `memory of ${given} is too little: it takes ${Math.ceil(least / 1e6)}MB or more${count}`,
    { hint: workers > 1 ? "Give more, or take fewer workers." : "Give more." },
  );
}

/** The memory of one run. Its folder is made by the first worker that needs it. */
export class RunMemory implements Disposable {
  readonly plan: MemoryPlan;
  readonly #remove: () => void;

  constructor({ memory, partitionLimits }: RunOptions, workers: number) {
    removeAbandonedRuns();
    const folder = nameRunFolder();
    this.plan = {
      bytes: Math.floor((memoryOf(memory, workers) * HELD_SHARE) / Math.max(1, workers)),
      folder,
      isWhole: false,
      ...(partitionLimits && { limits: partitionLimits }),
    };
    this.#remove = () => removeRunFolder(folder);
    // A program may end in the middle of a run.
    process.once("exit", this.#remove);
  }

  /** Removes what was written. */
  [Symbol.dispose](): void {
    process.off("exit", this.#remove);
    this.#remove();
  }
}
