import fc from "fast-check";
import { expect, test } from "vitest";
import { mix, random } from "../../src/base/prng.ts";
import { mean, median, quantile, stddev } from "../../src/base/statistics.ts";

test("the same seed and stream give the same numbers, for good", () => {
  const numbers = random(7, 3);
  expect([numbers.next(), numbers.next(), numbers.next()]).toEqual([0, 1, 2].map((k) => random(7, 3).at(k)));
  expect(random(7, 3).next()).toBe(random(7, 3).next());
  // Pinned: generated files and recorded seeds depend on these.
  expect([0, 1, 2].map((k) => random(1).at(k))).toMatchInlineSnapshot(`
    [
      3177323536,
      1136323877,
      1298512241,
    ]
  `);
});

test("jumping to a position equals walking there", () => {
  fc.assert(
    fc.property(fc.maxSafeInteger(), fc.nat(), fc.nat(500), (seed, stream, steps) => {
      const walker = random(seed, stream);
      for (let k = 0; k < steps; k++) walker.next();
      const jumper = random(seed, stream);
      jumper.position = steps;
      expect(jumper.next()).toBe(walker.next());
    }),
  );
});

test("seeds, streams and children differ from each other", () => {
  const firsts = new Set<string>();
  for (let seed = -500; seed < 500; seed++) {
    for (const source of [
      random(seed),
      random(seed, 1),
      random(seed + 2 ** 40),
      random(seed).split(0),
      random(seed).split(1),
    ]) {
      firsts.add(`${source.next()},${source.next()}`);
    }
  }
  expect(firsts.size).toBe(5000);
});

test("a child does not depend on how far its parent went", () => {
  const parent = random(9);
  const before = parent.split(4).next();
  parent.next();
  expect(parent.split(4).next()).toBe(before);
});

test("numbers are spread evenly: chi-squared of 64 cells, high and low bits", () => {
  for (const shift of [0, 13, 26]) {
    const cells = new Array<number>(64).fill(0);
    const numbers = random(11, shift);
    const draws = 64_000;
    for (let k = 0; k < draws; k++) cells[(numbers.next() >>> shift) & 63]++;
    const chi = cells.reduce((sum, count) => sum + (count - draws / 64) ** 2 / (draws / 64), 0);
    // 63 degrees of freedom: above 120 has a chance of 1 in 50,000.
    expect(chi).toBeLessThan(120);
  }
});

test("below and float stay in their bounds", () => {
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 1, max: 2 ** 32 }), (seed, limit) => {
      const numbers = random(seed);
      const drawn = numbers.below(limit);
      expect(Number.isInteger(drawn) && drawn >= 0 && drawn < limit).toBe(true);
      const share = numbers.float();
      expect(share >= 0 && share < 1).toBe(true);
    }),
  );
});

test("mix is a bijection on a sample", () => {
  const seen = new Set<number>();
  for (let k = 0; k < 100_000; k++) seen.add(mix(k * 42_949));
  expect(seen.size).toBe(100_000);
});

test("statistics of a few numbers", () => {
  expect(mean([1, 2, 6])).toBe(3);
  expect(median([5, 1, 3])).toBe(3);
  expect(median([4, 1, 3, 2])).toBe(2.5);
  expect(quantile([10, 20, 30, 40, 50], 0.9)).toBeCloseTo(46, 12);
  expect([quantile([3], 0), quantile([3, 4], 1), quantile([3, 4], 2)]).toEqual([3, 4, 4]);
  expect(stddev([2, 4, 4, 4, 5, 5, 7, 9])).toBeCloseTo(Math.sqrt(32 / 7), 12);
  expect(stddev([1e9 + 1, 1e9 + 2, 1e9 + 3])).toBeCloseTo(1, 9);
  for (const none of [mean([]), median([]), stddev([1])]) expect(none).toBeNaN();
});
