/**
 * Who does what next: a pure state machine, events in, instructions out. No clock, no I/O; the shell in run/ obeys.
 *
 * The life of a split:
 *
 *     pending ──StartSplit──▶ running ──SplitFinished──▶ held ──PartialTaken──▶ taken
 *        ▲                       │                        │
 *        └── SplitFailed, retry ─┴── WorkerGone ──────────┘   (whatever a worker held in memory is done again)
 *
 * Workers fold every split that they finish into one partial of their own ("held"), which is taken at the end; in
 * commit mode (streams, stores) each split's partial comes back with its result, and the split is taken at once.
 *
 * Borders between the splits of a file are guesses (they may lie inside quotes). The chain proves them: a split is
 * confirmed when the one before it is confirmed and ended exactly where it starts. A split that turns out to start at
 * the wrong place is moved and run again, and the partial that it had been folded into is dropped (its epoch goes up).
 */

export interface SplitSpec {
  id: number;
  source: number;
  start: number;
  /** Infinity: to the end of the source. */
  end: number;
  first: boolean;
}

type Status = "pending" | "running" | "held" | "taken";

interface SplitState extends SplitSpec {
  status: Status;
  attempts: number;
  worker: number | undefined;
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
  | { type: "PartialTaken"; worker: number; epoch: number }
  /** Enough rows are there, or the run is cancelled: start nothing more. */
  | { type: "Stopped" };

export type Instruction =
  | { type: "StartSplit"; split: SplitSpec; attempt: number }
  /** The result of this split is final and proven: use it (rows, rejected rows, statistics). */
  | { type: "ConfirmSplit"; split: SplitSpec }
  /** All splits are held or taken: take the partial of each of these workers. */
  | { type: "TakePartials"; workers: { worker: number; epoch: number }[] }
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
  report(schedule, out);
  start(schedule, out);
  finish(schedule, out);
  return out;
}

function apply(schedule: Schedule, event: ScheduleEvent, out: Instruction[]): void {
  switch (event.type) {
    case "SplitsFound":
      return found(schedule, event.splits, event.last);
    case "SplitStarted":
      schedule.splits.get(event.split)!.worker = event.worker;
      return;
    case "SplitFinished":
      return finished(schedule, event);
    case "SplitFailed":
      return failed(schedule, event, out);
    case "WorkerGone":
      return dropPartial(schedule, event.worker);
    case "PartialTaken":
      return taken(schedule, event);
    case "Stopped":
      schedule.stopped = true;
  }
}

function found(schedule: Schedule, splits: SplitSpec[], last: boolean): void {
  for (const spec of splits) {
    const chain = schedule.chains.get(spec.source) ?? [];
    schedule.chains.set(spec.source, chain);
    schedule.splits.set(spec.id, {
      ...spec,
      status: "pending",
      attempts: 0,
      worker: undefined,
      endedAt: undefined,
      confirmed: chain.length === 0,
      stale: false,
      waitsForProof: false,
    });
    chain.push(spec.id);
    schedule.order.push(spec.id);
  }
  if (last) schedule.complete = true;
}

function finished(schedule: Schedule, event: Extract<ScheduleEvent, { type: "SplitFinished" }>): void {
  const split = schedule.splits.get(event.split)!;
  schedule.running--;
  if (split.stale) {
    split.stale = false;
    // The worker folded rows that are not this split's: whatever it holds is mixed with them.
    if (!schedule.options.commitPerSplit) dropPartial(schedule, event.worker);
    return requeue(schedule, split);
  }
  // Folded into a partial that was given up meanwhile.
  if (!schedule.options.commitPerSplit && event.epoch !== epochOf(schedule, event.worker))
    return requeue(schedule, split);
  split.status = schedule.options.commitPerSplit ? "taken" : "held";
  split.worker = event.worker;
  // A split cut short by a limit proves nothing about the next one, and needs to prove nothing.
  split.endedAt = event.complete ? event.endedAt : split.end;
  confirmAfter(schedule, split);
}

/** Walks the chain from a split that is done, as far as it is proven. */
function confirmAfter(schedule: Schedule, from: SplitState): void {
  const chain = schedule.chains.get(from.source)!;
  let at = chain.indexOf(from.id);
  while (at + 1 < chain.length) {
    const done = schedule.splits.get(chain[at])!;
    if (!done.confirmed || done.endedAt === undefined) return;
    const next = schedule.splits.get(chain[++at])!;
    if (!next.confirmed) {
      if (next.start !== done.endedAt) moveStart(schedule, next, done.endedAt);
      next.confirmed = true;
    }
    if (next.endedAt === undefined) return;
  }
}

function moveStart(schedule: Schedule, split: SplitState, start: number): void {
  const wasHeld = split.status === "held";
  split.start = start;
  split.endedAt = undefined;
  if (split.status === "running") split.stale = true;
  else if (wasHeld) dropPartial(schedule, split.worker!);
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

function requeue(schedule: Schedule, split: SplitState): void {
  split.status = "pending";
  split.worker = undefined;
  if (split.confirmed && split.start >= split.end) {
    split.status = "taken";
    split.endedAt = split.start;
    confirmAfter(schedule, split);
    return;
  }
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
  if (event.canRetry && split.attempts <= schedule.options.retries && !schedule.stopped)
    return requeue(schedule, split);
  // Nobody waits for this split any more: whether it was begun at all was chance, and chance must not decide what a run says.
  if (schedule.stopped) return;
  schedule.ended = true;
  out.push({ type: "Fail", split: specOf(split), attempt: split.attempts, error: event.error });
}

/** A failure counts only at a proven start; an unproven split that failed waits for its proof (see start). */
function isPlausible(split: SplitState): boolean {
  if (split.confirmed) return true;
  split.attempts = Math.max(0, split.attempts - 1);
  split.waitsForProof = true;
  return false;
}

function taken(schedule: Schedule, event: Extract<ScheduleEvent, { type: "PartialTaken" }>): void {
  if (event.epoch !== epochOf(schedule, event.worker)) return;
  for (const split of schedule.splits.values()) {
    if (split.status === "held" && split.worker === event.worker) split.status = "taken";
  }
}

function isDone(split: SplitState): boolean {
  return split.status === "held" || split.status === "taken";
}

/** Tells, in input order, which splits are final. Only splits whose rows are not lost with a worker: rows and commits. */
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
    split.attempts++;
    split.endedAt = undefined;
    schedule.running++;
    out.push({ type: "StartSplit", split: specOf(split), attempt: split.attempts });
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
