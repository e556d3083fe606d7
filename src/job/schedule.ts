/**
 * Who does what next: a pure state machine, events in, instructions out. No clock, no I/O; the shell in run/ obeys.
 *
 * The life of a split:
 *
 *     pending ──StartSplit──▶ running ──SplitFinished──▶ held ──PartialTaken──▶ taken
 *        ▲                       │                        │                       │
 *        └── SplitFailed, retry ─┴── WorkerGone ──────────┴── DropPartial ────────┘   (what was folded is done again)
 *
 * Workers fold every split that they finish into one partial of their own ("held"), which is taken at the end, or, once
 * work has been lost with a worker, every few splits. In commit mode (rows, streams, stores) each split's result comes
 * back by itself, and the split is taken at once.
 *
 * Borders between the splits of a file are guesses (they may lie inside quotes). The chain proves them: a split is
 * confirmed when the one before it is confirmed and ended exactly where it starts. A split that turns out to start at
 * the wrong place is moved and run again, and the partial that it had been folded into is dropped: in its worker (whose
 * epoch goes up, and with an older one nothing counts), or among those that were taken.
 */

import { CHECKPOINT_SPLITS } from "../base/limits.ts";

export interface SplitSpec {
  id: number;
  source: number;
  start: number;
  /** Infinity: to the end of the source. */
  end: number;
  first: boolean;
  /** Its start is no guess: a block of a stream. */
  exact?: boolean;
}

type Status = "pending" | "running" | "held" | "taken";

interface SplitState extends SplitSpec {
  status: Status;
  /** Failures that count against the retries: its own, at a proven start. */
  failures: number;
  worker: number | undefined;
  /** Taken: the partial that it is in. */
  partial: number | undefined;
  /** Where the next record starts, as the worker that did this split found. */
  endedAt: number | undefined;
  /** The start is proven. */
  confirmed: boolean;
  /** The run in flight has a wrong start: its result is thrown away. */
  stale: boolean;
  /** It failed at an unproven start: it waits for the proof before it runs again. */
  waitsForProof: boolean;
}

export type ScheduleEvent =
  | { type: "SplitsFound"; splits: SplitSpec[]; last: boolean }
  | { type: "SplitStarted"; split: number; worker: number }
  | { type: "SplitFinished"; split: number; worker: number; epoch: number; endedAt: number; complete: boolean }
  | { type: "SplitFailed"; split: number; error: unknown; canRetry: boolean }
  | { type: "WorkerGone"; worker: number }
  /** `partial`: a number of its own for what was taken. */
  | { type: "PartialTaken"; worker: number; epoch: number; partial: number }
  /** Enough rows are there, or the run is cancelled: start nothing more. */
  | { type: "Stopped" };

export type Instruction =
  | { type: "StartSplit"; split: SplitSpec; attempt: number }
  /** The result of this split is final and proven: use it (rows, rejected rows, statistics). */
  | { type: "ConfirmSplit"; split: SplitSpec }
  /** Take the partial of each of these workers: all is done, or enough that its loss would hurt. */
  | { type: "TakePartials"; workers: { worker: number; epoch: number }[] }
  /** This partial, which was taken, has rows of a split that began at a wrong place: forget it. */
  | { type: "DropPartial"; partial: number }
  /** Everything is taken and proven. */
  | { type: "Finish" }
  | { type: "Fail"; split: SplitSpec; attempt: number; error: unknown };

export interface ScheduleOptions {
  /** Splits that may run at a time. */
  slots: number;
  /** Further attempts at one split. */
  retries: number;
  /** Each split's partial comes back with its result. */
  commitPerSplit: boolean;
  /** Once work was lost: a worker's partial is taken when it holds so many splits. Default CHECKPOINT_SPLITS. */
  checkpointSplits?: number;
  /** How far ahead of the first unconfirmed split one may start: bounds what waits to be put in order. Default: no bound. */
  window?: number;
}

export interface Schedule {
  readonly options: ScheduleOptions;
  readonly splits: Map<number, SplitState>;
  /** Ids by source in byte order: the chains. */
  readonly chains: Map<number, number[]>;
  /** All ids in input order. */
  readonly order: number[];
  /** Position in `order` of the first split that is not yet reported as confirmed and done. */
  reported: number;
  /** Position in `order` before which nothing is pending. */
  scan: number;
  running: number;
  complete: boolean;
  stopped: boolean;
  ended: boolean;
  taking: boolean;
  /** Splits that were done and had to be done again. */
  lost: number;
  /** Workers whose partial is being taken before the end. */
  readonly checkpoints: Set<number>;
  readonly epochs: Map<number, number>;
}

export function createSchedule(options: ScheduleOptions): Schedule {
  return {
    options,
    splits: new Map(),
    chains: new Map(),
    order: [],
    reported: 0,
    scan: 0,
    running: 0,
    complete: false,
    stopped: false,
    ended: false,
    taking: false,
    lost: 0,
    checkpoints: new Set(),
    epochs: new Map(),
  };
}

/** The epoch of a worker's partial: a worker whose own is older drops what it holds. */
export function epochOf(schedule: Schedule, worker: number): number {
  return schedule.epochs.get(worker) ?? 0;
}

/** Applies one event. The state is changed in place (it is one owner's); the instructions say what to do now. */
export function advance(schedule: Schedule, event: ScheduleEvent): Instruction[] {
  if (schedule.ended) return [];
  const out: Instruction[] = [];
  apply(schedule, event, out);
  if (schedule.ended) return out;
  if (schedule.options.commitPerSplit) report(schedule, out);
  checkpoint(schedule, out);
  start(schedule, out);
  finish(schedule, out);
  return out;
}

function apply(schedule: Schedule, event: ScheduleEvent, out: Instruction[]): void {
  switch (event.type) {
    case "SplitsFound":
      return found(schedule, event.splits, event.last, out);
    case "SplitStarted":
      schedule.splits.get(event.split)!.worker = event.worker;
      return;
    case "SplitFinished":
      return finished(schedule, event, out);
    case "SplitFailed":
      return failed(schedule, event, out);
    case "WorkerGone":
      schedule.checkpoints.delete(event.worker);
      return dropPartial(schedule, event.worker);
    case "PartialTaken":
      return taken(schedule, event);
    case "Stopped":
      schedule.stopped = true;
  }
}

function found(schedule: Schedule, splits: SplitSpec[], last: boolean, out: Instruction[]): void {
  for (const spec of splits) {
    const chain = schedule.chains.get(spec.source) ?? [];
    const before = schedule.splits.get(chain.at(-1) ?? -1);
    schedule.chains.set(spec.source, chain);
    schedule.splits.set(spec.id, {
      ...spec,
      status: "pending",
      failures: 0,
      worker: undefined,
      partial: undefined,
      endedAt: undefined,
      confirmed: chain.length === 0 || spec.exact === true,
      stale: false,
      waitsForProof: false,
    });
    chain.push(spec.id);
    schedule.order.push(spec.id);
    // The one before it may be done already: then nothing else would prove this one.
    if (before && isDone(before)) confirmAfter(schedule, before, out);
  }
  if (last) schedule.complete = true;
}

function finished(
  schedule: Schedule,
  event: Extract<ScheduleEvent, { type: "SplitFinished" }>,
  out: Instruction[],
): void {
  const split = schedule.splits.get(event.split)!;
  schedule.running--;
  if (split.stale) {
    split.stale = false;
    // The worker folded rows that are not this split's: whatever it holds is mixed with them.
    if (!schedule.options.commitPerSplit) dropPartial(schedule, event.worker);
    return requeue(schedule, split);
  }
  // Folded into a partial that was given up meanwhile, or not at all.
  const isStale =
    event.epoch < 0 || (!schedule.options.commitPerSplit && event.epoch !== epochOf(schedule, event.worker));
  if (isStale) return requeue(schedule, split);
  split.status = schedule.options.commitPerSplit ? "taken" : "held";
  split.worker = event.worker;
  // A split cut short by a limit proves nothing about the next one, and needs to prove nothing.
  split.endedAt = event.complete ? event.endedAt : split.end;
  confirmAfter(schedule, split, out);
}

/** Walks the chain from a split that is done, as far as it is proven. */
function confirmAfter(schedule: Schedule, from: SplitState, out: Instruction[]): void {
  const chain = schedule.chains.get(from.source)!;
  let at = chain.indexOf(from.id);
  while (at + 1 < chain.length) {
    const done = schedule.splits.get(chain[at])!;
    if (!done.confirmed || done.endedAt === undefined) return;
    const next = schedule.splits.get(chain[++at])!;
    if (!next.confirmed) {
      if (next.start !== done.endedAt) moveStart(schedule, next, done.endedAt, out);
      next.confirmed = true;
    }
    if (next.endedAt === undefined) return;
  }
}

function moveStart(schedule: Schedule, split: SplitState, start: number, out: Instruction[]): void {
  split.start = start;
  split.endedAt = undefined;
  if (split.status === "running") split.stale = true;
  else if (split.status === "held") dropPartial(schedule, split.worker!);
  else if (split.partial !== undefined) dropTaken(schedule, split.partial, out);
  else if (split.status === "taken") requeue(schedule, split);
  if (start < split.end) return;
  // Nothing of the record chain begins in this split: it is done, with no rows.
  if (split.status === "pending") {
    split.status = "taken";
    split.endedAt = start;
  }
}

/** Whatever a worker had folded into its own partial must be done again. */
function dropPartial(schedule: Schedule, worker: number): void {
  schedule.epochs.set(worker, epochOf(schedule, worker) + 1);
  for (const split of schedule.splits.values()) {
    if (split.status === "held" && split.worker === worker) requeue(schedule, split);
  }
}

/** The same for a partial that was taken. */
function dropTaken(schedule: Schedule, partial: number, out: Instruction[]): void {
  out.push({ type: "DropPartial", partial });
  for (const split of schedule.splits.values()) if (split.partial === partial) requeue(schedule, split);
}

function requeue(schedule: Schedule, split: SplitState): void {
  if (isDone(split)) schedule.lost++;
  split.status = "pending";
  split.worker = undefined;
  split.partial = undefined;
  schedule.taking = false;
  schedule.scan = 0;
}

function failed(schedule: Schedule, event: Extract<ScheduleEvent, { type: "SplitFailed" }>, out: Instruction[]): void {
  const split = schedule.splits.get(event.split)!;
  schedule.running--;
  // A worker drops its partial when a split fails in it, since some of its rows may have been folded.
  if (split.worker !== undefined && !schedule.options.commitPerSplit) dropPartial(schedule, split.worker);
  if (split.stale || !isPlausible(split)) {
    // Not proven to begin at a record: the failure may be the guess's fault. Wait for the proof, then run again.
    split.stale = false;
    return requeue(schedule, split);
  }
  split.failures++;
  if (event.canRetry && split.failures <= schedule.options.retries && !schedule.stopped)
    return requeue(schedule, split);
  // Nobody waits for this split any more: whether it was begun at all was chance, and chance must not decide what a run says.
  if (schedule.stopped) return;
  schedule.ended = true;
  out.push({ type: "Fail", split: specOf(split), attempt: split.failures, error: event.error });
}

/** A failure counts only at a proven start; an unproven split that failed waits for its proof (see start). */
function isPlausible(split: SplitState): boolean {
  if (split.confirmed) return true;
  split.waitsForProof = true;
  return false;
}

function taken(schedule: Schedule, event: Extract<ScheduleEvent, { type: "PartialTaken" }>): void {
  schedule.checkpoints.delete(event.worker);
  if (event.epoch !== epochOf(schedule, event.worker)) return;
  for (const split of schedule.splits.values()) {
    if (split.status !== "held" || split.worker !== event.worker) continue;
    split.status = "taken";
    split.partial = event.partial;
  }
}

/** Once work was lost, no worker holds much: what one fault costs stays bounded. */
function checkpoint(schedule: Schedule, out: Instruction[]): void {
  if (schedule.lost === 0 || schedule.taking || schedule.stopped) return;
  const held = new Map<number, number>();
  for (const split of schedule.splits.values()) {
    if (split.status === "held") held.set(split.worker!, (held.get(split.worker!) ?? 0) + 1);
  }
  const { checkpointSplits = CHECKPOINT_SPLITS } = schedule.options;
  const workers: { worker: number; epoch: number }[] = [];
  for (const [worker, splits] of held) {
    if (splits < checkpointSplits || schedule.checkpoints.has(worker)) continue;
    schedule.checkpoints.add(worker);
    workers.push({ worker, epoch: epochOf(schedule, worker) });
  }
  if (workers.length > 0) out.push({ type: "TakePartials", workers });
}

function isDone(split: SplitState): boolean {
  return split.status === "held" || split.status === "taken";
}

/** Tells, in input order, which splits are final: in commit mode as they become so, else when all are. */
function report(schedule: Schedule, out: Instruction[]): void {
  while (schedule.reported < schedule.order.length) {
    const split = schedule.splits.get(schedule.order[schedule.reported])!;
    if (split.status !== "taken" || !split.confirmed) return;
    schedule.reported++;
    out.push({ type: "ConfirmSplit", split: specOf(split) });
  }
}

function start(schedule: Schedule, out: Instruction[]): void {
  const { slots, window = Number.POSITIVE_INFINITY } = schedule.options;
  if (schedule.stopped || schedule.taking) return;
  for (let at = schedule.scan; at < schedule.order.length && schedule.running < slots; at++) {
    if (at >= schedule.reported + window) break;
    const split = schedule.splits.get(schedule.order[at])!;
    if (split.status !== "pending") {
      if (at === schedule.scan) schedule.scan++;
      continue;
    }
    if (split.waitsForProof && !split.confirmed) continue;
    split.status = "running";
    split.endedAt = undefined;
    schedule.running++;
    out.push({ type: "StartSplit", split: specOf(split), attempt: split.failures + 1 });
  }
}

function finish(schedule: Schedule, out: Instruction[]): void {
  if (schedule.running > 0) return;
  if (schedule.stopped) {
    schedule.ended = true;
    out.push({ type: "Finish" });
    return;
  }
  if (!schedule.complete) return;
  const workers = new Set<number>();
  for (const split of schedule.splits.values()) {
    if (!isDone(split) || !split.confirmed) return;
    if (split.status === "held") workers.add(split.worker!);
  }
  if (workers.size === 0) {
    report(schedule, out);
    schedule.ended = true;
    out.push({ type: "Finish" });
    return;
  }
  if (schedule.taking) return;
  schedule.taking = true;
  out.push({
    type: "TakePartials",
    workers: [...workers].map((worker) => ({ worker, epoch: epochOf(schedule, worker) })),
  });
}

function specOf(split: SplitState): SplitSpec {
  return { id: split.id, source: split.source, start: split.start, end: split.end, first: split.first };
}
