// The scheduler under any order of events: every split's work is used exactly once, whatever dies, fails or was cut wrong.
import fc from "fast-check";
import { expect, test } from "vitest";
import { advance, createSchedule } from "../../src/job/schedule.ts";
import { tries } from "../support/cases.ts";
import { expectExactlyOnce, modelsOf } from "../support/schedule-model.ts";

for (const commit of [false, true]) {
  test(`every byte is folded exactly once under any order of events (${commit ? "commit per split" : "held by workers"})`, () => {
    fc.assert(
      fc.property(modelsOf(12), fc.integer(), (model, seed) => expectExactlyOnce(model, seed, commit)),
      tries(300),
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

test.each([false, true])("a result of a stale partial is no result (commit per split: %s)", (commitPerSplit) => {
  const schedule = createSchedule({ slots: 1, retries: 0, commitPerSplit });
  advance(schedule, { type: "SplitsFound", splits: [{ id: 0, source: 0, start: 0, end: 9, first: true }], last: true });
  const stale = { type: "SplitFinished", split: 0, worker: 1, epoch: -1, endedAt: 0, complete: false } as const;
  expect(advance(schedule, stale)).toMatchObject([{ type: "StartSplit", split: { id: 0 } }]);
});
