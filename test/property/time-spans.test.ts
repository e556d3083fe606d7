/** Times of a column are answered by spans of a quarter of an hour: the answer of each is what truncating it by itself gives. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compileExpression } from "../../src/job/evaluate.ts";
import { parseExpression } from "../../src/job/parse.ts";
import { parter, type TimePart, type TimeUnit, truncater } from "../../src/job/zone.ts";
import type { NumberVector } from "../../src/kernel/vector.ts";

// Clocks that jump at one minute past midnight, by half an hour, over a whole day, and at odd seconds long ago.
const zones = ["UTC", "Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "Pacific/Apia", "Africa/Monrovia"];
const units: TimeUnit[] = ["minute", "hour", "day", "week", "month", "year"];
const parts: TimePart[] = ["hour_of_day", "day_of_week", "day_of_month", "month_of_year"];
/** Around the jumps of St. John's (2009-11-01), Lord Howe (2019-04-07), Apia (2011-12-30), Monrovia (1972-01-07). */
const jumps = [
  "2009-11-01T02:31Z",
  "2019-04-06T15:00Z",
  "2011-12-30T10:00Z",
  "1972-01-07T00:44:30Z",
  "2019-10-27T01:00Z",
];

const near = fc
  .tuple(fc.constantFrom(...jumps), fc.integer({ min: -7200, max: 7200 }))
  .map(([jump, seconds]) => (Date.parse(jump) + seconds * 1000) * 1000);
const anywhere = fc.integer({ min: -3e15, max: 5e15 });
const steady = fc
  .tuple(near, fc.nat(90))
  .map(([from, step]) => Array.from({ length: 20 }, (_, i) => from + i * step * 1e6));
const times = fc.array(fc.oneof(near, anywhere), { minLength: 1, maxLength: 20 });

describe.each(zones)("%s", (zone) => {
  const cases = [
    ...units.map((name) => [name, truncater(name, zone)] as const),
    ...parts.map((name) => [name, parter(name, zone)] as const),
  ];
  test.each(cases)("%s", (name, expected) => {
    const compiled = compileExpression(parseExpression(`${name}(t, '${zone}')`), [{ name: "t", type: "timestamp" }]);
    fc.assert(
      fc.property(fc.oneof(times, steady), (micros) => {
        const column: NumberVector = { kind: "timestamp", values: Float64Array.from(micros), nulls: undefined };
        const vector = compiled.evaluate({ n: micros.length, column: () => column }) as NumberVector;
        expect(Array.from(vector.values.subarray(0, micros.length))).toEqual(micros.map((each) => expected(each)));
      }),
      { numRuns: 60 },
    );
  });
});
