/**
 * The task functions that run in workers: a job's splits, and the merge of its partials. Plain data in, plain data out.
 * A worker keeps one session per job: the compiled pipeline and the partial that it folds its splits into.
 */
import { errorToData, InputError, TaskError } from "../base/errors.ts";
import { LINE_BYTES_MAX, REJECTED_RAW_BYTES_MAX, REJECTED_SHOWN } from "../base/limits.ts";
import type { Parser, Rejected } from "../input/batch.ts";
import { readChunks, scanFileDecompressed } from "../input/codec.ts";
import type { Source } from "../input/source.ts";
import { kernelFailure } from "../kernel/failure.ts";
import type { Grouping } from "../kernel/kernel.ts";
import { openKernel } from "../kernel/open.ts";
import { eachPartition } from "../kernel/partition/each-partition.ts";
import { buffersOf, type Piece } from "../kernel/partition/piece.ts";
import { transferable } from "../shared/transfer.ts";
import { currentWorker, type WorkerContext } from "../shared/worker-context.ts";
import { type FinishedPart, finishPart } from "./finish.ts";
import { findJob, functionsOf } from "./job.ts";
import { type MemoryPlan, PartitionedKernel } from "./partitioned.ts";
import { type JobFunctions, Pipeline } from "./pipeline.ts";
import type { Plan } from "./plan.ts";
import type { RowSet } from "./rows.ts";
import type { SplitSpec } from "./schedule.ts";

export interface SplitTask {
  /** Unique per run. */
  job: string;
  plan: Plan;
  memory: MemoryPlan;
  split: SplitSpec;
  attempt: number;
  source: Source;
  /** A block of a stream: its bytes, already read by the coordinator. */
  block: Uint8Array | undefined;
  /** By worker id: the epoch of the partial that it may fold into. */
  epochs: [number, number][];
  /** Give the partial (or the rows) back with the result instead of holding it. */
  commit: boolean;
  /** Give back every rejected row's bytes, for the quarantine file. */
  keepRejected: boolean;
}

export interface SplitResult {
  worker: number;
  epoch: number;
  endedAt: number;
  /** False: cut short by a limit. */
  complete: boolean;
  /** Rows read, without the rejected ones. */
  rows: number;
  /** Bytes of the source consumed (decompressed). */
  bytes: number;
  lines: number;
  rejectedCount: number;
  /** The first few. `line` counts from the split's first line. */
  rejected: Rejected[];
  /** All rejected rows' bytes, each ended by a newline, where they are kept. */
  quarantine: Uint8Array | undefined;
  /** Groups that the worker holds by now. */
  groups: number;
  partial: Uint8Array | undefined;
  rowSet: RowSet | undefined;
}

interface Session {
  job: string;
  /** It holds a partial: it may not be dropped before that is taken. */
  isHolding: boolean;
  /** Tasks that work with it now: more than one where tasks of several jobs run in one thread. */
  busy: number;
  /** Closed while a task worked with it. */
  isClosed: boolean;
  kernel: PartitionedKernel;
  pipeline: Pipeline;
  parser: Parser;
  epoch: number;
}

/** A worker of a shared executor may serve several jobs at a time. More than these are kept only where they hold a partial. */
const SESSIONS_MAX = 4;
const sessions: Session[] = [];

function thisWorker(): WorkerContext {
  const worker = currentWorker();
  if (!worker) throw new TaskError("ERR_NOT_A_WORKER", "a job's task was called outside of a worker");
  return worker;
}

async function openSession(job: string, plan: Plan, memory: MemoryPlan): Promise<Session> {
  const known = sessions.find((session) => session.job === job);
  if (known) return known;
  const kernel = new PartitionedKernel(openKernel(), memory, thisWorker().name);
  const pipeline = new Pipeline(plan, await findFunctions(plan), kernel);
  const parser = kernel.parser({
    format: plan.format,
    schema: plan.schema,
    wanted: pipeline.wanted,
    lineBytesMax: plan.lineBytesMax ?? LINE_BYTES_MAX,
  });
  const session = { job, isHolding: false, busy: 0, isClosed: false, kernel, pipeline, parser, epoch: 0 };
  sessions.push(session);
  const idle = sessions.filter((each) => !each.isHolding && each.busy === 0 && each !== session);
  for (const each of idle.slice(0, Math.max(0, sessions.length - SESSIONS_MAX))) closeSession(each.job);
  return session;
}

/** Forgets what this worker holds for a job. */
export function closeSession(job: string): void {
  const at = sessions.findIndex((session) => session.job === job);
  if (at < 0) return;
  const [session] = sessions.splice(at, 1);
  session.isClosed = true;
  if (session.busy === 0) session.kernel.close();
}

/** Works with a session that is not closed meanwhile. */
async function withSession<T>(session: Session, work: () => T | Promise<T>): Promise<T> {
  session.busy++;
  try {
    return await work();
  } finally {
    session.busy--;
    if (session.isClosed && session.busy === 0) session.kernel.close();
  }
}

/** The same job with another kernel, since the one that failed is in no known state. What counts its partials goes on. */
async function renewSession({ job, plan, memory }: SplitTask, { isHolding, epoch }: Session): Promise<void> {
  closeSession(job);
  Object.assign(await openSession(job, plan, memory), { isHolding, epoch });
}

async function findFunctions(plan: Plan): Promise<JobFunctions> {
  if (!plan.functions) return { steps: [], aggregates: [] };
  return functionsOf(
    await findJob({ module: plan.functions.module, reference: plan.functions.job, digest: plan.functions.digest }),
  );
}

/** Does one split. Throws InputError (the row or file at fault) or TaskError (the user's function), with line and offset. */
export async function runSplit(task: SplitTask): Promise<SplitResult> {
  const session = await openSession(task.job, task.plan, task.memory);
  const worker = thisWorker();
  const epoch = new Map(task.epochs).get(worker.id) ?? 0;
  session.isHolding = !task.commit;
  // Where each split's work comes back with its result nothing is held, and nobody counts epochs.
  if (session.isHolding) {
    // Sent before the partial that it knows of was given up: whoever sent it will send it again.
    if (session.epoch > epoch) return staleResult(worker.id);
    if (session.epoch < epoch) {
      session.pipeline.grouping?.reset();
      session.epoch = epoch;
    }
  }
  try {
    return await withSession(session, () => foldSplit(task, session));
  } catch (error) {
    // Some rows of this split may be folded already: the partial is of no use any more.
    if (session.isHolding) session.epoch = epoch + 1;
    const failure = kernelFailure(error);
    // Told before the memory serves another kernel.
    const placed = withPlace(failure ?? error, task, session);
    if (failure) await renewSession(task, session);
    else if (!session.isClosed) session.pipeline.grouping?.reset();
    throw placed;
  }
}

/** No epoch is -1: the scheduler takes the split as not done. */
function staleResult(worker: number): SplitResult {
  const nothing = { rows: 0, bytes: 0, lines: 0, rejectedCount: 0, rejected: [], quarantine: undefined, groups: 0 };
  return { worker, epoch: -1, endedAt: 0, complete: false, ...nothing, partial: undefined, rowSet: undefined };
}

async function foldSplit(task: SplitTask, session: Session): Promise<SplitResult> {
  const { split } = task;
  const { pipeline, parser } = session;
  const { row } = thisWorker();
  row.split = split.id;
  const rejects = new RejectList(task);
  pipeline.onReject = (rejected) => rejects.add(rejected);
  parser.begin({ start: split.start, end: split.end, first: split.first });
  pipeline.begin(split.source);
  let rows = 0;
  const isDone = () => parser.done || pipeline.isFull;
  const push = (chunk: Uint8Array, last: boolean) => {
    const batch = parser.push(chunk, last);
    pipeline.push(batch);
    rows += batch.rows;
    row.addRows(batch.rows);
    row.addBytes(chunk.length);
    row.addRejected(batch.rejected.length);
    if (row.isCancelled) throw new TaskError("ERR_CANCELLED", "the run was cancelled");
  };
  await readSplit(task, parser, push, isDone);
  const held = rejects.take();
  const result: SplitResult = {
    worker: thisWorker().id,
    epoch: session.epoch,
    endedAt: parser.position,
    complete: parser.done,
    rows: rows - rejects.late,
    bytes: parser.position - split.start,
    lines: parser.lines,
    rejectedCount: held.count,
    rejected: held.rejected,
    quarantine: held.quarantine,
    groups: pipeline.grouping?.groups ?? 0,
    partial: undefined,
    rowSet: pipeline.grouping ? undefined : pipeline.takeRows(),
  };
  if (task.commit && pipeline.grouping) result.partial = takeBytes(pipeline.grouping, 1)[0];
  return result;
}

async function readSplit(
  task: SplitTask,
  parser: Parser,
  push: (chunk: Uint8Array, last: boolean) => void,
  isDone: () => boolean,
): Promise<void> {
  const { source, split, block } = task;
  if (block) {
    push(block, true);
  } else if (source.codec === "none") {
    for (const { bytes, last } of readChunks(source, split, (room) => parser.reserve(room))) {
      push(bytes, last);
      if (isDone()) return;
    }
  } else {
    for await (const chunk of scanFileDecompressed(source)) {
      push(chunk, false);
      if (isDone()) return;
    }
    push(new Uint8Array(0), true);
  }
}

const newline = Uint8Array.of(10);

/** Rejected rows of one split: an error at once where the job says so, else counted and (the first few) kept. */
class RejectList {
  /** Rows that the parser had accepted and a later step rejected. */
  late = 0;
  #count = 0;
  #rejected: Rejected[] = [];
  #raw: Uint8Array[] = [];
  #task: SplitTask;

  constructor(task: SplitTask) {
    this.#task = task;
  }

  add(rejected: Rejected): void {
    if (this.#task.plan.onError === "fail") throw rejectedRow(rejected);
    this.#count++;
    if (isLate(rejected)) this.late++;
    if (this.#rejected.length < REJECTED_SHOWN) {
      this.#rejected.push({ ...rejected, raw: rejected.raw.slice(0, REJECTED_RAW_BYTES_MAX) });
    }
    if (this.#task.keepRejected) this.#raw.push(rejected.raw, newline);
  }

  take(): { count: number; rejected: Rejected[]; quarantine: Uint8Array | undefined } {
    const quarantine = this.#raw.length > 0 ? new Uint8Array(Buffer.concat(this.#raw)) : undefined;
    return { count: this.#count, rejected: this.#rejected, quarantine };
  }
}

/** Reasons that are found after parsing, on rows that were counted as read. */
function isLate(rejected: Rejected): boolean {
  return rejected.reason === "invalid-utf8" || /^bad-(?!json)/.test(rejected.reason);
}

function rejectedRow(rejected: Rejected): InputError {
  return new InputError("ERR_BAD_ROW", rejected.message, {
    place: { offset: rejected.offset, line: rejected.line },
    hint: "Skip such rows with --on-error skip, or keep them aside with --on-error quarantine=FILE.",
  });
}

/** Adds where it happened: file, split, line (counted from the split's first), attempt, worker. */
function withPlace(error: unknown, task: SplitTask, session: Session): unknown {
  if (!(error instanceof TaskError || error instanceof InputError)) {
    const data = errorToData(error);
    return new TaskError("ERR_SPLIT_FAILED", data.message, { cause: error, place: placeOf(task) });
  }
  Object.assign(error.place, { ...placeOf(task), ...error.place });
  if (error.place.line === undefined && error.place.offset !== undefined) {
    error.place.line = session.pipeline.lineOf(error.place.offset);
  }
  return error;
}

function placeOf(task: SplitTask) {
  return {
    file: task.source.path,
    split: { start: task.split.start, end: task.split.end },
    attempt: task.attempt,
    worker: thisWorker().name,
  };
}

function takeBytes(grouping: Grouping, parts: number): Uint8Array[] {
  const bytes = grouping.export(parts);
  grouping.reset();
  return bytes;
}

/**
 * Hands over the partial that this worker holds, by part, and starts a new one. `parts`: a power of two up to 256.
 * Throws ERR_PARTIAL_LOST when it is not there.
 */
export async function takePartial(job: string, epoch: number, parts: number): Promise<Piece[][]> {
  const session = sessions.find((each) => each.job === job);
  if (session?.epoch !== epoch) throw new TaskError("ERR_PARTIAL_LOST", "the worker no longer holds this partial");
  const pieces = session.kernel.takePieces(parts);
  session.isHolding = false;
  return transferable(pieces, buffersOf(pieces.flat()));
}

/**
 * Finishes one part, partition by partition. `pieces`: what all workers handed over of it; their memory is given back as
 * they are used up.
 */
export async function finishPieces(
  job: string,
  plan: Plan,
  memory: MemoryPlan,
  pieces: Piece[],
): Promise<FinishedPart> {
  const session = await openSession(job, plan, memory);
  // A partial that was given up may still lie there, and must not be mixed with these.
  if (session.isHolding) session.epoch = -1;
  session.isHolding = false;
  const { kernel } = session;
  try {
    return await withSession(session, () =>
      finishPart(
        plan,
        eachPartition({ pieces, grouping: kernel.emptyFront(), codec: kernel.codec, store: kernel.store }),
        { bytes: memory.bytes, store: kernel.store },
      ),
    );
  } catch (error) {
    throw kernelFailure(error) ?? error;
  } finally {
    // What comes now, rows in ranges, needs the memory; another part, which is rare, opens a new session.
    closeSession(job);
  }
}

async function mergeAll(plan: Plan, partials: Uint8Array[]): Promise<Grouping> {
  const { grouping } = new Pipeline(plan, await findFunctions(plan), openKernel());
  for (const partial of partials) grouping!.merge(partial);
  return grouping!;
}

/** Merges several partials to one. */
export async function mergePartials(plan: Plan, partials: Uint8Array[]): Promise<Uint8Array> {
  return (await mergeAll(plan, partials)).export(1)[0];
}
