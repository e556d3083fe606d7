/** A model of workers that hold ranges of a file, die and fail in a seeded order: what the scheduler is tried on. */
import fc from "fast-check";
import { expect } from "vitest";
import {
  advance,
  createSchedule,
  epochOf,
  type Instruction,
  type ScheduleEvent,
  type SplitSpec,
} from "../../src/job/schedule.ts";

/** A small seeded generator: the seed is all that a failing case needs to show. */
function mulberry(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A file of `records` records, one byte each, some of which cannot be cut before. */
export interface Model {
  size: number;
  /** Guessed borders; those in `wrong` are no record starts: the true one is one further. */
  borders: number[];
  wrong: Set<number>;
}

/** Where a chain that really starts at `start` ends: the first true record start at or after `end`. */
function trueEnd(model: Model, end: number): number {
  return model.wrong.has(end) ? Math.min(end + 1, model.size) : end;
}

class Simulation {
  readonly model: Model;
  readonly random: () => number;
  readonly schedule: ReturnType<typeof createSchedule>;
  readonly running: { split: SplitSpec; worker: number }[] = [];
  /** What each worker holds: byte ranges. */
  held: Map<number, { epoch: number; ranges: [number, number][] }> = new Map();
  /** What was taken: by its number in held mode, by split where each is committed. */
  partials: Map<number, [number, number][]> = new Map();
  nextPartial = 0;
  takes: { worker: number; epoch: number }[] = [];
  workers: number[];
  nextWorker: number;
  finished = false;
  failed = false;
  commit: boolean;
  results: Map<number, [number, number]> = new Map();

  constructor(model: Model, random: () => number, commit: boolean, slots = 3) {
    this.model = model;
    this.random = random;
    this.commit = commit;
    this.workers = Array.from({ length: slots }, (_, i) => i);
    this.nextWorker = slots;
    this.schedule = createSchedule({ slots, retries: 1_000_000, commitPerSplit: commit, checkpointSplits: 2 });
  }

  on(event: ScheduleEvent): void {
    for (const instruction of advance(this.schedule, event)) this.obey(instruction);
  }

  obey(instruction: Instruction): void {
    if (instruction.type === "StartSplit") {
      const free = this.workers.find((worker) => !this.running.some((run) => run.worker === worker))!;
      this.running.push({ split: instruction.split, worker: free });
    } else if (instruction.type === "TakePartials") this.takes.push(...instruction.workers);
    else if (instruction.type === "Finish") this.finished = true;
    else if (instruction.type === "Fail") this.failed = true;
    else if (instruction.type === "DropPartial") this.partials.delete(instruction.partial);
    else if (this.commit) this.partials.set(this.nextPartial++, [this.results.get(instruction.split.id) ?? [0, 0]]);
  }

  /** The byte ranges that the answer is made of. */
  get taken(): [number, number][] {
    return [...this.partials.values()].flat();
  }

  hold(worker: number): { epoch: number; ranges: [number, number][] } {
    const epoch = epochOf(this.schedule, worker);
    const held = this.held.get(worker);
    if (held?.epoch === epoch) return held;
    const fresh = { epoch, ranges: [] };
    this.held.set(worker, fresh);
    return fresh;
  }

  step(): void {
    const dice = this.random();
    const at = Math.floor(this.random() * this.running.length);
    if (this.takes.length > 0 && dice < 0.2) return this.take();
    if (this.running.length > 0 && dice < 0.7) return this.end(at);
    if (this.running.length > 0 && dice < 0.8) return this.fail(at);
    if (dice < 0.85) return this.kill(Math.floor(this.random() * this.workers.length));
    if (this.takes.length > 0) return this.take();
    if (this.running.length > 0) this.end(at);
  }

  end(at: number): void {
    const [{ split, worker }] = this.running.splice(at, 1);
    const endedAt = trueEnd(this.model, split.end);
    const held = this.hold(worker);
    held.ranges.push([split.start, endedAt]);
    this.results.set(split.id, [split.start, endedAt]);
    this.on({ type: "SplitFinished", split: split.id, worker, epoch: held.epoch, endedAt, complete: true });
  }

  fail(at: number): void {
    const [{ split, worker }] = this.running.splice(at, 1);
    this.on({ type: "SplitStarted", split: split.id, worker });
    this.on({ type: "SplitFailed", split: split.id, error: new Error("planned"), canRetry: true });
  }

  kill(index: number): void {
    const worker = this.workers[index];
    const at = this.running.findIndex((run) => run.worker === worker);
    this.workers[index] = this.nextWorker++;
    this.held.delete(worker);
    this.takes = this.takes.filter((take) => take.worker !== worker);
    if (at >= 0) {
      const [{ split }] = this.running.splice(at, 1);
      this.on({ type: "SplitStarted", split: split.id, worker });
      this.on({ type: "SplitFailed", split: split.id, error: new Error("died"), canRetry: true });
    }
    this.on({ type: "WorkerGone", worker });
  }

  take(): void {
    const { worker, epoch } = this.takes.shift()!;
    const partial = this.nextPartial++;
    if (epoch === epochOf(this.schedule, worker)) this.partials.set(partial, this.hold(worker).ranges.splice(0));
    this.on({ type: "PartialTaken", worker, epoch, partial });
  }
}

/** Files of up to `splits` splits, with wrong guesses in them. */
export function modelsOf(splits: number): fc.Arbitrary<Model> {
  return fc
    .record({
      sizes: fc.array(fc.integer({ min: 2, max: 5 }), { minLength: 1, maxLength: splits }),
      wrong: fc.array(fc.nat(splits - 1)),
    })
    .map(({ sizes, wrong }): Model => {
      const borders = [0];
      for (const size of sizes) borders.push(borders.at(-1)! + size);
      const inner = borders.slice(1, -1);
      return {
        size: borders.at(-1)!,
        borders,
        wrong: new Set(wrong.map((at) => inner[at % inner.length]).filter((b) => b !== undefined)),
      };
    });
}

/** Runs the scheduler over the model in an order that the seed says: every byte must be folded exactly once. */
export function expectExactlyOnce(model: Model, seed: number, commit: boolean, slots = 3): void {
  const simulation = new Simulation(model, mulberry(seed), commit, slots);
  const splits = model.borders
    .slice(0, -1)
    .map((start, id) => ({ id, source: 0, start, end: model.borders[id + 1], first: id === 0 }));
  // Splits may come late, when those before them are done: as the blocks of a stream do.
  const late = simulation.random() < 0.5 ? splits.splice(1) : [];
  simulation.on({ type: "SplitsFound", splits, last: late.length === 0 });
  for (let steps = 0; !simulation.finished && steps < 20_000 * slots; steps++) {
    if (late.length > 0 && (simulation.running.length === 0 || simulation.random() < 0.3)) {
      const found = late.splice(0, 1 + Math.floor(simulation.random() * 3));
      simulation.on({ type: "SplitsFound", splits: found, last: late.length === 0 });
    } else simulation.step();
  }
  expect(simulation.failed).toBe(false);
  expect(simulation.finished).toBe(true);
  const covered = new Array(model.size).fill(0);
  for (const [start, end] of simulation.taken) for (let i = start; i < end; i++) covered[i]++;
  expect(covered).toEqual(new Array(model.size).fill(1));
}
