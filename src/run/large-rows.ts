/**
 * The rows of a large result of groups: sorted pieces in shared memory, merged range by range in the workers while
 * somebody reads. So the run's executor outlives the scan, under these rules:
 *
 *   - a few ranges are in flight, taken in order; a reader who stops leaves no task behind: what waits is dropped, what
 *     runs is waited for. The first reader's end gives the workers up;
 *   - so does reading nothing for a while (IDLE_MS), before the first row or between two. Nothing keeps the program
 *     alive meanwhile: the timer does not, and neither do resting workers;
 *   - rows that are read after that, or after the executor was closed by its owner, are merged in this thread.
 *
 * Pieces in memory live as long as the result, so it can be read again. Pieces on disk end with the first reader, or with
 * the program: whoever comes later is told so.
 */
import { TaskError } from "../base/errors.ts";
import type { Executor, Future, Task } from "../executor/executor.ts";
import { bytesOf, isOnDisk, type SortedPiece } from "../job/sorted-piece.ts";
import { type ResultVector, sliceVector } from "../kernel/columns.ts";
import type { OrderColumn } from "../kernel/order.ts";
import { release } from "../kernel/partition/piece.ts";
import type { LinePiece, ResultColumn, RowStyle } from "../output/output.ts";
import { interrupted } from "./execute.ts";
import { formatRange, mergeRange, type RangeTask, releaseRanges, type Slice } from "./range-task.ts";
import { cutRanges } from "./ranges.ts";

const rangeModule = new URL(`./range-task${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`, import.meta.url).href;

function rangeTask(key: string): Task {
  return { module: rangeModule, key, digest: "" };
}

/** Rows of one task, and bytes of its columns: worth their start, and so few that they are sorted and written in a cache. */
const RANGE_ROWS = 32 * 1024;
const RANGE_BYTES = 8 * 1024 * 1024;
/** Of a worker's memory, where that is little: its rows are there as they come, sorted, and as lines, and arrays double when they grow. */
const RANGE_SHARE = 1 / 10;
/** Ranges in flight per worker: one is made while one waits to be taken. */
const RANGES_PER_WORKER = 2;
/** Workers that serve nobody for so long are given up. */
const IDLE_MS = 1000;

export interface LargeRowsOptions {
  pieces: SortedPiece[];
  order: OrderColumn[];
  limit: number | undefined;
  columns: ResultColumn[];
  listsTimes: boolean[];
  /** Rows of one task at most. */
  rangeRows?: number;
  /** What a worker may hold. */
  memoryBytes?: number;
  executor: Executor;
  /** The executor ends with the rows. */
  isOwn: boolean;
  signal: AbortSignal | undefined;
  /** Called once, when the executor is no longer needed. */
  onIdle: () => Promise<void>;
  /** Called when the files of the pieces are no longer needed. */
  onRead: () => void;
}

export class LargeRows {
  readonly rows: number;
  readonly #options: LargeRowsOptions;
  readonly #tasks: RangeTask[] = [];
  #closing: Promise<void> | undefined;
  #idle: NodeJS.Timeout | undefined;
  readonly #hasFiles: boolean;
  #isRead = false;

  constructor(options: LargeRowsOptions) {
    const { pieces, order, limit = Number.POSITIVE_INFINITY, columns, listsTimes, rangeRows = RANGE_ROWS } = options;
    this.#options = options;
    const rows = pieces.reduce((sum, piece) => sum + piece.rows, 0);
    const bytes = pieces.reduce((sum, piece) => sum + bytesOf(piece), 0);
    this.rows = Math.min(rows, limit);
    this.#hasFiles = pieces.some(isOnDisk);
    const rangeBytes = Math.min(RANGE_BYTES, (options.memoryBytes ?? Number.POSITIVE_INFINITY) * RANGE_SHARE);
    const fitting = Math.ceil(rangeBytes / Math.max(1, bytes / rows));
    for (const slices of cutRanges(pieces, order, Math.min(rangeRows, fitting))) {
      this.#tasks.push({ slices, order, rows: Number.POSITIVE_INFINITY, columns, listsTimes });
    }
    if (!this.#hasFiles) options.onRead();
    this.#rest();
  }

  /** Gives the workers up; rows that are read from now on are merged in this thread. */
  close(): Promise<void> {
    clearTimeout(this.#idle);
    if (!this.#closing) {
      const { executor, isOwn } = this.#options;
      // Workers of others live on: they need not keep the memory. Nobody waits for that.
      if (!isOwn) executor.broadcast(rangeTask("releaseRanges"), []).catch(() => {});
      this.#closing = this.#options.onIdle();
    }
    return this.#closing;
  }

  #rest(): void {
    if (this.#closing) return;
    this.#idle = setTimeout(() => this.close().catch(() => {}), IDLE_MS).unref();
  }

  /** All rows in order, as typed columns. */
  vectors(): AsyncGenerator<{ rows: number; vectors: ResultVector[] }> {
    return this.#each(async (task) => mergeRange(task), rangeTask("mergeRange"), []);
  }

  /** All rows in order, as lines. */
  async *lines(style: RowStyle): AsyncGenerator<LinePiece> {
    const task = rangeTask("formatRange");
    for await (const piece of this.#each(async (range) => formatRange(range, style), task, [style])) {
      yield piece;
      // Megabytes each: they do not wait for the garbage collector.
      release(piece.bytes);
    }
  }

  async *#each<T extends { rows: number }>(
    inline: (range: RangeTask) => Promise<T>,
    task: Task,
    more: unknown[],
  ): AsyncGenerator<T> {
    if (this.#isRead && this.#hasFiles) throw readBefore();
    const { executor, signal } = this.#options;
    // With a limit it is known only range by range how many more are wanted.
    const inFlight = this.#options.limit === undefined ? Math.max(1, executor.workers * RANGES_PER_WORKER) : 1;
    const pending: { range: RangeTask; future: Future<T> | undefined }[] = [];
    let next = 0;
    let left = this.rows;
    clearTimeout(this.#idle);
    try {
      while (left > 0) {
        while (next < this.#tasks.length && pending.length < inFlight) {
          const range = { ...this.#tasks[next++], rows: left };
          const future = this.#closing ? undefined : executor.submit<T>(task, [sliced(range), ...more], { signal });
          // Whoever leaves early does not hear of it.
          future?.catch(() => {});
          pending.push({ range, future });
        }
        const first = pending.shift();
        if (!first) break;
        const { range, future } = first;
        const result = await this.#unlessClosed(future, () => inline(range));
        left -= result.rows;
        this.#rest();
        yield result;
        clearTimeout(this.#idle);
      }
    } finally {
      for (const { future } of pending) if (future && !future.running) future.cancel();
      await Promise.allSettled(pending.map(({ future }) => future));
      await this.close();
      releaseRanges();
      this.#isRead = true;
      this.#options.onRead();
    }
  }

  /** An executor that was closed leaves the rest to this thread. */
  async #unlessClosed<T>(future: Future<T> | undefined, inline: () => Promise<T>): Promise<T> {
    const { signal } = this.#options;
    try {
      if (future) return await future;
    } catch (error) {
      if (signal?.aborted) throw interrupted(signal);
      if (!(error instanceof TaskError && closedCodes.includes(error.code))) throw error;
    }
    if (signal?.aborted) throw interrupted(signal);
    return inline();
  }
}

function readBefore(): TaskError {
  return new TaskError("ERR_RESULT_READ", "a result that was too large for the memory can be read once", {
    hint: "Keep what you read, write it to a file, or give the run more memory.",
  });
}

const closedCodes = ["ERR_EXECUTOR_CLOSED", "ERR_CANCELLED"];

/** Values are copied to the worker: only those of the range are. */
function sliced(range: RangeTask): RangeTask {
  const slices = range.slices.map((slice): Slice => {
    if ("blocks" in slice || slice.vectors.every(({ kind }) => kind !== "values")) return slice;
    const rows = slice.to - slice.from;
    return { vectors: slice.vectors.map((vector) => sliceVector(vector, slice.from, slice.to)), from: 0, to: rows };
  });
  return { ...range, slices };
}
