/** The result of a run: typed rows, batches for the writers, and a summary once it has ended. */
import { TaskError } from "../base/errors.ts";
import type { Executor } from "../executor/executor.ts";
import { type FinishedPart, orderOf, pieceOfValues } from "../job/finish.ts";
import type { Plan } from "../job/plan.ts";
import { cutRows, type RowSet } from "../job/rows.ts";
import { valuesOf } from "../kernel/columns.ts";
import { kernelName } from "../kernel/open.ts";
import type { Result, ResultColumn, ResultType } from "../output/output.ts";
import type { ThreadTable } from "../shared/thread-table.ts";
import { type Execution, interrupted, type Totals, workerTask } from "./execute.ts";
import { LargeRows } from "./large-rows.ts";
import { withDates } from "./range-task.ts";
import type { RejectedRow } from "./rejects.ts";
import { BATCH_ROWS, concat, mergeSorted, objectColumns, toBatches } from "./row-sets.ts";
import type { Progress, RunOptions } from "./run.ts";

/** What a run did, for people and machines (`--json`). */
export interface Summary {
  rows: number;
  rejected: number;
  bytes: number;
  /** Result rows. */
  groups: number;
  seconds: number;
  workers: number;
  /** Which kernel ran. */
  parser: "simd" | "scalar";
  /** Splits that were begun again: after a failure, with a lost worker, or since they had been cut at a wrong place. */
  retries: number;
  /** Bytes that workers put into temporary files, since memory had no room for so many groups. */
  spilled: number;
}

interface Parts {
  plan: Plan;
  execution: Execution;
  executor: Executor;
  isOwn: boolean;
  started: number;
  options: RunOptions;
  table: ThreadTable;
  bytesTotal: number;
  /** What each worker may hold. */
  memoryBytes: number;
}

const PROGRESS_MS = 100;
/** Row sets that may wait for a consumer. */
const ROW_SETS_WAITING_MAX = 4;

export class RunResult<Row> implements AsyncIterable<Row> {
  readonly columns: ResultColumn[];
  #parts: Parts;
  #summary = Promise.withResolvers<Summary>();
  #totals: Totals | undefined;
  #groups: RowSet | undefined;
  /** In place of them, where they are many. */
  #large: LargeRows | undefined;
  #released = Promise.withResolvers<void>();
  #queue: RowSet[] = [];
  #rowsGiven = 0;
  #ended = false;
  /** No more rows are wanted. */
  #isDropped = false;
  #error: unknown;
  #wake = Promise.withResolvers<void>();
  #room = Promise.withResolvers<void>();
  #timer: NodeJS.Timeout | undefined;
  #scan: Promise<void> | undefined;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.columns = columnsOf(parts.plan);
    this.#summary.promise.catch(() => {});
  }

  /** Resolves when the answer is known (groups, sorted rows) or rows begin to flow. */
  async start(): Promise<void> {
    const { execution, plan, options } = this.#parts;
    if (options.onProgress) this.#timer = setInterval(() => options.onProgress!(this.#progress()), PROGRESS_MS);
    if (!plan.group) execution.onRows = (set) => this.#offer(set);
    this.#scan = this.#run();
    if (plan.group) await this.#scan;
    else this.#scan.catch(() => {});
  }

  async #run(): Promise<void> {
    try {
      this.#totals = await this.#parts.execution.run();
      if (this.#parts.plan.group) await this.#finishGroups();
    } catch (error) {
      const { signal } = this.#parts.options;
      this.#error = signal?.aborted && error instanceof TaskError ? interrupted(signal) : error;
      throw this.#error;
    } finally {
      clearInterval(this.#timer);
      if (this.#error === undefined) this.#parts.options.onProgress?.(this.#progress());
      // Many rows are merged by the workers while they are read.
      if (!this.#large) {
        await this.#close();
        this.#released.resolve();
      }
      this.#ended = true;
      this.#wake.resolve();
      if (this.#error === undefined) this.#summary.resolve(this.#summarise());
      else this.#summary.reject(this.#error);
    }
  }

  async #close(): Promise<void> {
    const { executor, isOwn, execution } = this.#parts;
    if (!isOwn) {
      // Its workers live on and serve others: they need not keep what this run left there. Nobody waits for that.
      executor.broadcast(workerTask("closeSession"), [execution.job]).catch(() => {});
      return;
    }
    const report = await executor.shutdown({ wait: false, cancelPending: true });
    for (const lost of report.lostWorkers) {
      this.#parts.options.onNotice?.(`worker ${lost.name} could not be stopped: it waits for ${lost.waitsFor}`);
    }
  }

  async #finishGroups(): Promise<void> {
    const { execution, plan, options } = this.#parts;
    const { keys, aggregates } = plan.group!;
    const finished = await execution.finish(options.signal);
    const listsTimes = [...keys.map(() => false), ...aggregates.map((each) => each.listsTimes === true)];
    if (finished.some((part) => !part.columns)) {
      this.#large = this.#largeRows(finished, listsTimes);
      return;
    }
    const sets = finished.map(({ rows, columns }) => ({ rows, columns, objects: undefined }));
    const names = this.columns.map((column) => column.name);
    const merged = mergeSorted(sets, keys.length);
    listsTimes.forEach((isList, column) => {
      if (isList) merged.columns![column] = merged.columns![column].map(withDates);
    });
    this.#groups = cutRows(merged, names, plan);
  }

  #largeRows(finished: FinishedPart[], listsTimes: boolean[]): LargeRows {
    const { executor, isOwn, plan, options } = this.#parts;
    return new LargeRows({
      pieces: finished.flatMap(({ rows, columns, pieces }) => (columns ? pieceOfValues(plan, rows, columns) : pieces)),
      order: orderOf(plan),
      limit: plan.limit,
      columns: this.columns,
      listsTimes,
      memoryBytes: this.#parts.memoryBytes,
      executor,
      isOwn,
      signal: options.signal,
      onIdle: () => this.#close(),
      onRead: () => this.#released.resolve(),
    });
  }

  /** Rows mode: takes the rows of one split; waits while the consumer is behind. */
  async #offer(set: RowSet): Promise<void> {
    const { plan } = this.#parts;
    if (this.#ended || this.#isDropped) return;
    this.#queue.push(set);
    this.#wake.resolve();
    this.#rowsGiven += set.rows;
    if (plan.sort.length > 0) return;
    if (plan.limit !== undefined && this.#rowsGiven >= plan.limit) this.#parts.execution.stop();
    while (this.#queue.length >= ROW_SETS_WAITING_MAX && !this.#isDropped) {
      this.#room = Promise.withResolvers();
      await this.#room.promise;
    }
  }

  /** Rows in final order, as they come: columns or objects. */
  async *sets(): AsyncGenerator<RowSet> {
    const { plan } = this.#parts;
    if (plan.group) {
      await this.#scan;
      if (this.#large) yield* largeSets(this.#large);
      else yield this.#groups!;
      return;
    }
    if (plan.sort.length > 0) {
      await this.#scan;
      yield cutRows(
        concat(this.#queue.splice(0)),
        this.columns.map((column) => column.name),
        plan,
      );
      return;
    }
    let left = plan.limit ?? Number.POSITIVE_INFINITY;
    try {
      while (left > 0) {
        const set = this.#queue.shift();
        this.#room.resolve();
        if (set) {
          const cut = cutRows(set, [], { sort: [], limit: left });
          left -= cut.rows;
          yield cut;
        } else if (this.#ended) break;
        else {
          this.#wake = Promise.withResolvers();
          if (this.#queue.length === 0 && !this.#ended) await this.#wake.promise;
        }
      }
    } finally {
      // Enough, or nobody wants more: what still comes is dropped, and nothing waits for a reader any more.
      this.#isDropped = true;
      this.#parts.execution.stop();
      this.#queue.length = 0;
      this.#room.resolve();
      await this.#scan?.catch(() => {});
    }
    await this.#scan;
  }

  /** For the writers: columns of values, in batches. Columns of objects are taken from the first rows. */
  async result(): Promise<Result> {
    const { columns: typed } = this;
    if (this.#parts.plan.group) await this.#scan;
    const large = this.#large;
    if (large) {
      return { columns: typed, batches: largeSets(large), lines: (style) => large.lines(style) };
    }
    const sets = this.sets();
    let first = await sets.next();
    while (!first.done && first.value.rows === 0) first = await sets.next();
    const { value, done } = first;
    const columns = done ? this.#columnsOfNothing() : value.objects ? objectColumns(value.objects) : this.columns;
    async function* batches() {
      if (done) return;
      try {
        yield* toBatches(value, columns);
        for await (const set of sets) yield* toBatches(set, columns);
      } finally {
        // A writer that leaves early ends the run, also while it is still at the first set.
        await sets.return(undefined);
      }
    }
    return { columns, batches: batches() };
  }

  /** Nobody knows what the objects of a function would have held. */
  #columnsOfNothing(): ResultColumn[] {
    const { plan } = this.#parts;
    const makesObjects = plan.steps.some((step) => step.kind === "map" || step.kind === "flatMap");
    return makesObjects && !plan.group && !plan.select ? [{ name: "value", type: "any" }] : this.columns;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Row> {
    for await (const set of this.sets()) {
      if (set.objects) yield* set.objects as Row[];
      else if (set.columns) for (let i = 0; i < set.rows; i++) yield this.#row(set.columns, i) as Row;
    }
  }

  async toArray(): Promise<Row[]> {
    const rows: Row[] = [];
    for await (const row of this) rows.push(row);
    return rows;
  }

  /** Resolves when the run has ended and its rows are consumed or buffered. */
  get summary(): Promise<Summary> {
    return this.#summary.promise;
  }

  /** Resolves when nothing needs the temporary files of the run any more: rows may lie there until they were read. */
  get released(): Promise<void> {
    return this.#released.promise;
  }

  /** The first rejected rows, by file and line. */
  async rejected(): Promise<RejectedRow[]> {
    await this.#summary.promise;
    return this.#totals!.rejected.shown();
  }

  #row(columns: unknown[][], i: number): Record<string, unknown> {
    const row: Record<string, unknown> = {};
    this.columns.forEach(({ name, type }, at) => {
      const value = columns[at][i];
      row[name] = type === "timestamp" && typeof value === "number" ? new Date(value / 1000) : value;
    });
    return row;
  }

  #progress(): Progress {
    const seconds = (performance.now() - this.#parts.started) / 1000;
    const { rows, bytes, rejected } = this.#parts.isOwn && !this.#totals ? this.#counted() : this.#parts.execution.done;
    return { bytesDone: bytes, bytesTotal: this.#parts.bytesTotal, rows, rejected, seconds };
  }

  /** What the workers have read so far, those splits included that they are at or did twice. */
  #counted(): { rows: number; bytes: number; rejected: number } {
    const sum = { rows: 0, bytes: 0, rejected: 0 };
    for (const row of this.#parts.table.snapshot()) {
      sum.rows += row.rows;
      sum.bytes += row.bytes;
      sum.rejected += row.rejected;
    }
    return sum;
  }

  #summarise(): Summary {
    const { rows, bytes, rejected, retries, spilled } = this.#totals!;
    const { executor, plan, started } = this.#parts;
    return {
      rows,
      rejected: rejected.count,
      bytes,
      // A split may give more than the limit leaves room for.
      groups:
        this.#large?.rows ?? this.#groups?.rows ?? Math.min(this.#rowsGiven, plan.limit ?? Number.POSITIVE_INFINITY),
      seconds: Math.round(performance.now() - started) / 1000,
      workers: executor.workers,
      parser: kernelName(),
      retries,
      spilled,
    };
  }
}

function columnsOf(plan: Plan): ResultColumn[] {
  const typed = plan.group ? [...plan.group.keys, ...plan.group.aggregates] : plan.select;
  if (!typed) return plan.schema.columns.map(({ name, type }) => ({ name, type }));
  return typed.map(({ name, type }) => ({ name, type: (type === "null" ? "any" : type) as ResultType }));
}

/** Typed columns become values only as far as somebody reads. */
async function* largeSets(large: LargeRows): AsyncGenerator<RowSet & { columns: unknown[][] }> {
  for await (const { rows, vectors } of large.vectors()) {
    for (let at = 0; at < rows; at += BATCH_ROWS) {
      const end = Math.min(rows, at + BATCH_ROWS);
      yield { rows: end - at, columns: vectors.map((vector) => valuesOf(vector, at, end)), objects: undefined };
    }
  }
}
