/**
 * The shell around the scheduler: it starts splits on the executor, feeds what comes back into the state machine, and
 * does what the instructions say. It decides nothing itself.
 */
import { InterruptedError, TaskError, ThreadmillError } from "../base/errors.ts";
import { PARTIALS_FOLD_COUNT, STREAM_BLOCKS_PER_WORKER } from "../base/limits.ts";
import { createLog, type Log } from "../base/log.ts";
import type { Executor, ExecutorEvent, Task } from "../executor/executor.ts";
import { checkPinned } from "../input/pin.ts";
import type { Source } from "../input/source.ts";
import type { FinishedPart } from "../job/finish.ts";
import type { MemoryPlan } from "../job/partitioned.ts";
import type { Plan } from "../job/plan.ts";
import type { RowSet } from "../job/rows.ts";
import {
  advance,
  createSchedule,
  epochOf,
  type Instruction,
  type Schedule,
  type ScheduleEvent,
  type SplitSpec,
} from "../job/schedule.ts";
import type { SplitResult, SplitTask } from "../job/worker.ts";
import { buffersOf, type Piece, partsFor, pieceOf, spilledBytes } from "../kernel/partition/piece.ts";
import { openMemory } from "../state/memory.ts";
import { linesBefore } from "./lines.ts";
import { type RejectReport, Rejects } from "./rejects.ts";
import { runName } from "./run-name.ts";
import { canRetry, unwrap } from "./split-failure.ts";

const workerModule = new URL(`../job/worker${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`, import.meta.url).href;

export function workerTask(key: string): Task {
  return { module: workerModule, key, digest: "" };
}

/** A block of a stream, with the number of lines before it. */
export interface StreamBlock {
  split: SplitSpec;
  bytes: Uint8Array;
  linesBefore: number;
}

export interface ExecuteOptions {
  plan: Plan;
  sources: Source[];
  /** Splits of files, known from the start. */
  splits: SplitSpec[];
  /** Blocks of streams, as they come. */
  blocks: AsyncIterable<StreamBlock> | undefined;
  executor: Executor;
  /** What each worker may use. */
  memory: MemoryPlan;
  retries: number;
  splitTimeoutMs: number | undefined;
  maxErrors: number;
  quarantine: ((rejected: Uint8Array) => void) | undefined;
  signal: AbortSignal | undefined;
}

export interface Totals {
  rows: number;
  bytes: number;
  retries: number;
  /** Bytes of the partials that were handed over in temporary files. */
  spilled: number;
  rejected: RejectReport;
}

/** Splits in a rows job that may be ahead of the one whose rows are being given out, per worker. */
const ROWS_WINDOW_PER_WORKER = 4;
/** More groups than this are finished in parallel, by hash parts. */
const GROUPS_PER_PART_MIN = 2_000;

export class Execution {
  readonly job: string = runName();
  #options: ExecuteOptions;
  /** What the scheduler hears and says, with THREADMILL_LOG=debug. */
  #log: Log = createLog({}, { run: this.job.slice(0, 8) });
  #schedule: Schedule;
  #slots: number;
  #results = new Map<number, SplitResult>();
  /** What the last finished attempt at each split read. */
  #done = new Map<number, Pick<SplitResult, "rows" | "bytes" | "rejectedCount">>();
  #started = new Set<number>();
  #blocks = new Map<number, StreamBlock>();
  #partials = openMemory().partials(this.job);
  #committed = 0;
  /** Partials taken from workers, cut in hash parts, by a number of their own. */
  #taken = new Map<number, Piece[][]>();
  #nextPartial = 0;
  #parts = 0;
  #groups = new Map<number, number>();
  #rejects: Rejects;
  #totals: Omit<Totals, "rejected"> = { rows: 0, bytes: 0, retries: 0, spilled: 0 };
  #end = Promise.withResolvers<void>();
  /** Rejects with the first failure, also one after the end: while the last rows wait for their consumer. */
  #failed = Promise.withResolvers<never>();
  #ended = false;
  #error: { cause: unknown } | undefined;
  #rejectedCount = 0;
  #abort = new AbortController();
  #pending = new Set<Promise<unknown>>();
  #room: PromiseWithResolvers<void> | undefined;
  /** Rows mode: the rows of confirmed splits, in input order. Waits while the consumer is behind. */
  onRows: ((set: RowSet) => Promise<void>) | undefined;
  #rowsGate: Promise<void> = Promise.resolve();

  constructor(options: ExecuteOptions) {
    this.#options = options;
    this.#slots = Math.max(1, options.executor.workers);
    this.#schedule = createSchedule({
      slots: this.#slots,
      retries: options.retries,
      commitPerSplit: this.#commits,
      ...(!options.plan.group && { window: this.#slots * ROWS_WINDOW_PER_WORKER }),
    });
    this.#rejects = new Rejects(options.maxErrors, options.quarantine);
    this.#failed.promise.catch(() => {});
  }

  /** Streams cannot be read again, so what was folded must not be lost with a worker; rows come back anyway. */
  get #commits(): boolean {
    return !this.#options.plan.group || this.#options.blocks !== undefined;
  }

  /** Runs all splits. Resolves when every one is done and proven; rejects with the first failure. */
  async run(): Promise<Totals> {
    const { executor, signal, splits, blocks } = this.#options;
    const unsubscribe = executor.on((event) => this.#onExecutor(event));
    const onAbort = () => this.#fail(interrupted(signal!));
    signal?.addEventListener("abort", onAbort, { once: true });
    try {
      if (signal?.aborted) onAbort();
      this.#on({ type: "SplitsFound", splits, last: blocks === undefined });
      // Not waited for at the end: a silent stdin or pipe may never give another byte.
      if (blocks) this.#readBlocks(blocks).catch((error) => this.#fail(error));
      await this.#end.promise;
      await Promise.race([this.#rowsGate, this.#failed.promise]);
      for (const source of this.#options.sources) if (source.kind === "file") checkPinned(source);
      return { ...this.#totals, rejected: this.#rejects.report() };
    } finally {
      this.#ended = true;
      unsubscribe();
      signal?.removeEventListener("abort", onAbort);
      this.#abort.abort();
      this.#room?.resolve();
      await Promise.allSettled(this.#pending);
    }
  }

  /** What the finished splits read: also of a run whose workers serve others too, and whose rows in the table are not its own. */
  get done(): { rows: number; bytes: number; rejected: number } {
    const sum = { rows: 0, bytes: 0, rejected: 0 };
    for (const split of this.#done.values()) {
      sum.rows += split.rows;
      sum.bytes += split.bytes;
      sum.rejected += split.rejectedCount;
    }
    return sum;
  }

  /** Merges and finishes what all workers hold, part by part, in the workers. Once, after `run`. */
  async finish(signal: AbortSignal | undefined): Promise<FinishedPart[]> {
    // A commit may fail after the last split was done.
    if (this.#error) throw this.#error.cause;
    const parts: Piece[][] = Array.from({ length: Math.max(1, this.#parts) }, () => []);
    for (const taken of this.#taken.values()) for (const [part, pieces] of taken.entries()) parts[part].push(...pieces);
    this.#taken.clear();
    for await (const { bytes } of this.#partials.entries()) parts[0].push(pieceOf(bytes));
    const { executor, plan } = this.#options;
    return Promise.all(
      parts.map((pieces) =>
        executor.submit<FinishedPart>(workerTask("finishPieces"), [this.job, plan, this.#memory, pieces], {
          transfer: buffersOf(pieces),
          signal,
        }),
      ),
    );
  }

  get #memory(): MemoryPlan {
    return { ...this.#options.memory, isWhole: this.#commits };
  }

  #on(event: ScheduleEvent): void {
    if (this.#ended) return;
    if (this.#log.level === "debug") this.#log.debug(event.type, withoutSplits(event));
    for (const instruction of advance(this.#schedule, event)) {
      if (this.#log.level === "debug") this.#log.debug(instruction.type, { ...instruction, type: undefined });
      this.#obey(instruction);
    }
    if (this.#schedule.running < this.#slots * STREAM_BLOCKS_PER_WORKER) this.#room?.resolve();
  }

  #obey(instruction: Instruction): void {
    switch (instruction.type) {
      case "StartSplit":
        return this.#track(this.#start(instruction.split, instruction.attempt));
      case "ConfirmSplit":
        return this.#confirm(instruction.split);
      case "TakePartials":
        return this.#takePartials(instruction.workers);
      case "DropPartial":
        this.#taken.delete(instruction.partial);
        return;
      case "Finish":
        return this.#finish();
      case "Fail":
        return this.#track(this.#explain(instruction));
    }
  }

  #track(work: Promise<void>): void {
    const tracked = work.catch((error) => this.#fail(error)).finally(() => this.#pending.delete(tracked));
    this.#pending.add(tracked);
  }

  #fail(error: unknown): void {
    this.#ended = true;
    this.#error ??= { cause: error };
    this.#failed.reject(error);
    this.#end.reject(error);
  }

  #finish(): void {
    if (!this.#ended) this.#end.resolve();
  }

  async #start(split: SplitSpec, attempt: number): Promise<void> {
    const { executor, plan, sources, splitTimeoutMs, quarantine } = this.#options;
    // An end must not wait for a consumer of rows that has gone away.
    await Promise.race([this.#rowsGate, this.#failed.promise]);
    if (this.#ended) return;
    if (this.#started.has(split.id)) this.#totals.retries++;
    this.#started.add(split.id);
    const task: SplitTask = {
      job: this.job,
      plan,
      memory: this.#memory,
      split,
      attempt,
      source: sources[split.source],
      block: this.#blocks.get(split.id)?.bytes,
      epochs: [...this.#schedule.epochs],
      commit: this.#commits,
      keepRejected: quarantine !== undefined,
    };
    const future = executor.submit<SplitResult>(workerTask("runSplit"), [task], {
      name: `split ${split.id}`,
      signal: this.#abort.signal,
      ...(splitTimeoutMs !== undefined && { timeoutMs: splitTimeoutMs }),
    });
    let result: SplitResult;
    try {
      result = await future;
    } catch (failure) {
      const error = unwrap(failure);
      if (future.worker !== undefined) this.#on({ type: "SplitStarted", split: split.id, worker: future.worker });
      return this.#on({ type: "SplitFailed", split: split.id, error, canRetry: canRetry(error) });
    }
    this.#results.set(split.id, result);
    const { rows, bytes, rejectedCount } = result;
    this.#rejectedCount += rejectedCount - (this.#done.get(split.id)?.rejectedCount ?? 0);
    this.#done.set(split.id, { rows, bytes, rejectedCount });
    this.#groups.set(result.worker, result.groups);
    const { worker, epoch, endedAt, complete } = result;
    this.#on({ type: "SplitFinished", split: split.id, worker, epoch, endedAt, complete });
    if (this.#rejectedCount > this.#options.maxErrors) this.#stopEarly();
  }

  /** More rows were rejected than allowed, in splits that are proven: no need to read on. */
  #stopEarly(): void {
    if (this.#ended || this.#schedule.ended) return;
    const proven = this.#schedule.order.filter(
      (id) => this.#results.has(id) && this.#schedule.splits.get(id)!.confirmed,
    );
    const count = proven.reduce((sum, id) => sum + this.#results.get(id)!.rejectedCount, this.#rejects.count);
    if (count <= this.#options.maxErrors) return;
    for (const id of proven) this.#reject(this.#schedule.splits.get(id)!, this.#results.get(id)!);
    this.#refuse();
  }

  #reject(split: SplitSpec, result: SplitResult): void {
    this.#rejects.add(split, this.#options.sources[split.source], result, this.#blocks.get(split.id)?.linesBefore);
  }

  #refuse(): void {
    const tooMany = this.#rejects.excess();
    if (!tooMany) return;
    this.#ended = true;
    this.#track(this.#rejects.explain(tooMany));
  }

  #onExecutor(event: ExecutorEvent): void {
    if (event.type === "WorkerExited" || event.type === "WorkerLost") {
      this.#groups.delete(event.worker);
      this.#on({ type: "WorkerGone", worker: event.worker });
    }
  }

  #confirm(split: SplitSpec): void {
    const result = this.#results.get(split.id);
    if (!result) return;
    this.#results.delete(split.id);
    this.#totals.rows += result.rows;
    this.#totals.bytes += result.bytes;
    this.#reject(split, result);
    this.#blocks.delete(split.id);
    this.#refuse();
    if (this.#ended) return;
    if (result.partial) this.#track(this.#commit(split, result.partial));
    if (result.rowSet && this.onRows) {
      const { rowSet } = result;
      this.#rowsGate = this.#rowsGate.then(() => (this.#isOver ? undefined : this.onRows!(rowSet)));
      this.#rowsGate.catch((error) => this.#fail(error));
    }
  }

  get #isOver(): boolean {
    return this.#ended && !this.#schedule.ended;
  }

  async #commit(split: SplitSpec, bytes: Uint8Array): Promise<void> {
    await this.#partials.put(String(split.id), this.job, bytes);
    if (++this.#committed % PARTIALS_FOLD_COUNT !== 0) return;
    const { executor, plan } = this.#options;
    const { signal } = this.#abort;
    await this.#partials.fold((partials) =>
      executor.submit<Uint8Array>(workerTask("mergePartials"), [plan, partials], { signal }),
    );
  }

  #takePartials(workers: { worker: number; epoch: number }[]): void {
    const total = [...this.#groups.values()].reduce((sum, groups) => sum + groups, 0);
    this.#parts ||= this.#commits || total < GROUPS_PER_PART_MIN ? 1 : partsFor(this.#slots);
    for (const { worker, epoch } of workers) this.#track(this.#takePartial(worker, epoch));
  }

  async #takePartial(worker: number, epoch: number): Promise<void> {
    const { executor } = this.#options;
    const partial = this.#nextPartial++;
    try {
      const args = [this.job, epoch, this.#parts];
      const parts = await executor.submit<Piece[][]>(workerTask("takePartial"), args, {
        ...(executor.kind !== "inline" && { worker }),
        signal: this.#abort.signal,
      });
      this.#totals.spilled += parts.flat().reduce((sum, piece) => sum + spilledBytes(piece), 0);
      if (epoch === epochOf(this.#schedule, worker)) this.#taken.set(partial, parts);
      this.#on({ type: "PartialTaken", worker, epoch, partial });
    } catch (error) {
      if (!(error instanceof TaskError)) throw error;
      this.#on({ type: "WorkerGone", worker });
    }
  }

  async #readBlocks(blocks: AsyncIterable<StreamBlock>): Promise<void> {
    for await (const block of blocks) {
      if (this.#ended || this.#schedule.stopped) return;
      this.#blocks.set(block.split.id, block);
      this.#on({ type: "SplitsFound", splits: [block.split], last: false });
      if (this.#blocks.size >= this.#slots * STREAM_BLOCKS_PER_WORKER) {
        this.#room = Promise.withResolvers();
        if (this.#schedule.running > 0) await this.#room.promise;
      }
    }
    this.#on({ type: "SplitsFound", splits: [], last: true });
  }

  /** Enough rows: nothing more is started, and the run ends when what is running has. */
  stop(): void {
    this.#on({ type: "Stopped" });
  }

  /** Turns a failure into the error that the user sees, with the line counted from the file's first. */
  async #explain({ split, attempt, error }: Extract<Instruction, { type: "Fail" }>): Promise<void> {
    const source = this.#options.sources[split.source];
    if (source.kind === "file") checkPinned(source);
    if (error instanceof ThreadmillError) {
      const before = this.#blocks.get(split.id)?.linesBefore ?? (await linesBefore(source, split.start));
      const place = { file: source.path, split: { start: split.start, end: split.end }, ...error.place, attempt };
      if (place.line !== undefined && place.file === source.path) place.line += before + 1;
      Object.assign(error.place, place);
    }
    throw error;
  }
}

/** An event's facts for the log: how many splits, not each. */
function withoutSplits({ type: _, ...event }: ScheduleEvent): Record<string, unknown> {
  return "splits" in event ? { ...event, splits: event.splits.length } : event;
}

/** The error of a run whose signal was aborted. */
export function interrupted(signal: AbortSignal): InterruptedError {
  return new InterruptedError("ERR_INTERRUPTED", "the run was interrupted", { cause: signal.reason });
}
