// The scheduler under any order of events: every split's work is used exactly once, whatever dies, fails or was cut wrong.
import fc from "fast-check";
import { expect, test } from "vitest";
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
interface Model {
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
  held = new Map<number, { epoch: number; ranges: [number, number][] }>();
  taken: [number, number][] = [];
  takes: { worker: number; epoch: number }[] = [];
  workers = [0, 1, 2];
  nextWorker = 3;
  finished = false;
  failed = false;
  commit: boolean;
  results = new Map<number, [number, number]>();

  constructor(model: Model, random: () => number, commit: boolean) {
    this.model = model;
    this.random = random;
    this.commit = commit;
    this.schedule = createSchedule({ slots: 3, retries: 1000, commitPerSplit: commit });
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
    else if (this.commit) this.taken.push(this.results.get(instruction.split.id) ?? [0, 0]);
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
    if (epoch !== epochOf(this.schedule, worker)) return;
    this.taken.push(...this.hold(worker).ranges.splice(0));
    this.on({ type: "PartialTaken", worker, epoch });
  }
}

const models = fc
  .record({
    sizes: fc.array(fc.integer({ min: 2, max: 5 }), { minLength: 1, maxLength: 12 }),
    wrong: fc.array(fc.nat(11)),
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

for (const commit of [false, true]) {
  test(`every byte is folded exactly once under any order of events (${commit ? "commit per split" : "held by workers"})`, () => {
    fc.assert(
      fc.property(models, fc.integer(), (model, seed) => {
        const simulation = new Simulation(model, mulberry(seed), commit);
        const splits = model.borders
          .slice(0, -1)
          .map((start, id) => ({ id, source: 0, start, end: model.borders[id + 1], first: id === 0 }));
        simulation.on({ type: "SplitsFound", splits, last: true });
        for (let steps = 0; !simulation.finished && steps < 20_000; steps++) simulation.step();
        expect(simulation.failed).toBe(false);
        expect(simulation.finished).toBe(true);
        const covered = new Array(model.size).fill(0);
        for (const [start, end] of simulation.taken) for (let i = start; i < end; i++) covered[i]++;
        expect(covered).toEqual(new Array(model.size).fill(1));
      }),
      { numRuns: 300 },
    );
  });
}

test("a split that keeps failing fails the run with its attempt", () => {
  const schedule = createSchedule({ slots: 1, retries: 2, commitPerSplit: false });
  const out = advance(schedule, {
    type: "SplitsFound",
    splits: [{ id: 0, source: 0, start: 0, end: 9, first: true }],
    last: true,
  });
  expect(out).toMatchObject([{ type: "StartSplit", attempt: 1 }]);
  const fail = () => advance(schedule, { type: "SplitFailed", split: 0, error: "x", canRetry: true });
  expect(fail()).toMatchObject([{ type: "StartSplit", attempt: 2 }]);
  expect(fail()).toMatchObject([{ type: "StartSplit", attempt: 3 }]);
  expect(fail()).toMatchObject([{ type: "Fail", attempt: 3, error: "x" }]);
});

test("input that is wrong is not tried again", () => {
  const schedule = createSchedule({ slots: 1, retries: 2, commitPerSplit: false });
  advance(schedule, { type: "SplitsFound", splits: [{ id: 0, source: 0, start: 0, end: 9, first: true }], last: true });
  expect(advance(schedule, { type: "SplitFailed", split: 0, error: "x", canRetry: false })).toMatchObject([
    { type: "Fail", attempt: 1 },
  ]);
});

test("a split that failed at an unproven start waits for the proof and does not fail the run", () => {
  const schedule = createSchedule({ slots: 2, retries: 0, commitPerSplit: false });
  const splits = [
    { id: 0, source: 0, start: 0, end: 10, first: true },
    { id: 1, source: 0, start: 10, end: 20, first: false },
  ];
  advance(schedule, { type: "SplitsFound", splits, last: true });
  expect(advance(schedule, { type: "SplitFailed", split: 1, error: "garbage", canRetry: false })).toEqual([]);
  const out = advance(schedule, { type: "SplitFinished", split: 0, worker: 1, epoch: 0, endedAt: 13, complete: true });
  expect(out).toMatchObject([{ type: "StartSplit", split: { id: 1, start: 13 } }]);
});

test("no input at all finishes at once", () => {
  expect(
    advance(createSchedule({ slots: 2, retries: 0, commitPerSplit: false }), {
      type: "SplitsFound",
      splits: [],
      last: true,
    }),
  ).toEqual([{ type: "Finish" }]);
});
