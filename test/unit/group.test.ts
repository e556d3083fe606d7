/** The group-by where a property test would not look: hash quality, growth, exactness, errors, odd values. */
import { beforeEach, describe, expect, test } from "vitest";
import { hashBytes, hashNumber } from "../../src/base/hash.ts";
import { HeapArrays } from "../../src/kernel/group/arrays.ts";
import { Dictionary } from "../../src/kernel/group/dictionary.ts";
import { ExactSums, ratio } from "../../src/kernel/group/exact.ts";
import { createGrouping, type GroupingOptions } from "../../src/kernel/group/grouping.ts";
import { heapTables, type Members } from "../../src/kernel/group/tables.ts";
import type { AggregateSpec, Grouping } from "../../src/kernel/kernel.ts";
import { SimdDictionary } from "../../src/kernel/simd/dictionary.ts";
import { createSimdGrouping, simdTables } from "../../src/kernel/simd/grouping.ts";
import { KernelInstance } from "../../src/kernel/simd/instance.ts";
import { SimdPairTable } from "../../src/kernel/simd/pair-table.ts";
import { Space } from "../../src/kernel/simd/space.ts";
import type { Vector } from "../../src/kernel/vector.ts";
import { textVector, vectorOf } from "../support/vectors.ts";

const instance = new KernelInstance();
const space = new Space(instance);
/** Of both kernels. */
const kernels = [
  { name: "scalar", tables: heapTables, create: (setup: GroupingOptions) => createGrouping(setup) },
  {
    name: "simd",
    tables: () => simdTables(space),
    create: (setup: GroupingOptions) => createSimdGrouping(instance, setup),
  },
];
let { create } = kernels[0];

function grouping(keys: number, ...ops: (AggregateSpec["op"] | AggregateSpec)[]): Grouping {
  const aggregates = ops.map((op) => (typeof op === "string" ? { op, options: {} } : op));
  return create({ keys, aggregates, user: [] });
}

function fold(target: Grouping, n: number, keys: Vector[], inputs: Vector[][]): void {
  target.fold(n, keys, inputs, { file: 0, offsets: Float64Array.from({ length: n }, (_, i) => i) });
}

function xs(...values: number[]): Vector {
  return vectorOf("float", values);
}

function one(op: AggregateSpec["op"] | AggregateSpec, input: Vector, n: number): unknown {
  const target = grouping(0, op);
  fold(target, n, [], [[input]]);
  return target.finish().columns[0][0];
}

describe("hash quality", () => {
  const count = 10_000;
  const patterns: Record<string, (i: number) => string> = {
    users: (i) => `user-${String(i).padStart(3, "0")}`,
    urls: (i) => `http://example.com/?url=${String(i).padStart(3, "0")}`,
    numbers: (i) => String(i),
    hex: (i) => i.toString(16).padStart(32, "0"),
    tens: (i) => String(i * 10),
  };
  test.each(Object.keys(patterns))("patterned keys probe as random ones do: %s", (name) => {
    const dictionary = new Dictionary();
    const vector = textVector(Array.from({ length: count }, (_, i) => patterns[name](i)));
    dictionary.intern(vector, count, new Int32Array(count), "key");
    expect(dictionary.size).toBe(count);
    // Linear probing, at most half full: 1.5 for a perfect hash.
    expect(dictionary.probeLength()).toBeLessThan(1.6);
  });

  const numbers: Record<string, (i: number) => number> = {
    sequential: (i) => i,
    "from a million": (i) => 1e6 + i,
    tenths: (i) => i / 10,
    hours: (i) => 1.7e15 + i * 3.6e9,
    days: (i) => i * 86.4e9,
    thousands: (i) => i * 1000,
    "powers of two": (i) => (i % 100) * 2 ** (i / 100),
  };
  /** Values of one partition out of 64, as a partition's table gets them: cut by the other hash. */
  const partition = (values: Vector, n: number): number[] => {
    const hashes = new Int32Array(n);
    create({ keys: 1, aggregates: [], user: [] }).hashes(n, [values], hashes);
    return Array.from({ length: n }, (_, i) => i).filter((i) => hashes[i] >>> 26 === 5);
  };

  test.each(Object.keys(patterns))("the SIMD kernel's too, also within a partition: %s", (name) => {
    const values = Array.from({ length: count * 8 }, (_, i) => patterns[name](i));
    const some = partition(textVector(values), values.length).map((i) => values[i]);
    expect(some.length).toBeGreaterThan(count / 16);
    for (const list of [values.slice(0, count), some]) {
      const dictionary = new SimdDictionary(space);
      dictionary.intern(textVector(list), list.length, new Int32Array(list.length), "key");
      expect(dictionary.size).toBe(list.length);
      expect(dictionary.probeLengths().text).toBeLessThan(1.6);
    }
  });

  test.each(Object.keys(numbers))("the SIMD kernel's for numbers: %s", (name) => {
    const values = [...new Set(Array.from({ length: count * 8 }, (_, i) => numbers[name](i)))];
    const some = partition(vectorOf("float", values), values.length).map((i) => values[i]);
    for (const list of [values.slice(0, count), some]) {
      const dictionary = new SimdDictionary(space);
      dictionary.intern(vectorOf("float", list), list.length, new Int32Array(list.length), "key");
      expect(dictionary.size).toBe(list.length);
      expect(dictionary.probeLengths().number).toBeLessThan(1.6);
    }
  });

  test("pairs of small numbers spread", () => {
    for (const [a, b] of [
      [100, 100],
      [10_000, 1],
      [1, 10_000],
      [5000, 2],
    ]) {
      const table = new SimdPairTable(space);
      const lefts = Int32Array.from({ length: a * b }, (_, i) => i % a);
      const rights = Int32Array.from({ length: a * b }, (_, i) => Math.floor(i / a));
      table.intern(lefts, rights, a * b, new Int32Array(a * b), Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY);
      expect(table.size).toBe(a * b);
      expect(table.probeLength()).toBeLessThan(1.6);
    }
  });

  test("equal numbers hash alike; high bits spread over sequential numbers and hours", () => {
    expect(hashNumber(-0)).toBe(hashNumber(0));
    expect(hashNumber(Number.NaN)).toBe(hashNumber(-Number.NaN));
    for (const step of [1, 3600e6, 0.25, 1000]) {
      const seen = new Set(Array.from({ length: 4096 }, (_, i) => hashNumber(1.5e15 + i * step) >>> 20));
      // 4096 balls into 4096 boxes fill 63 % of them.
      expect(seen.size).toBeGreaterThan(2400);
    }
  });

  test("is murmur3 for whole words", () => {
    expect(hashBytes(Buffer.from("test"), 0, 4) >>> 0).toBe(0xba6bd213);
  });
});

describe.each(kernels)("tables, $name", ({ tables }) => {
  test("a dictionary keeps ids while it grows, and text equal but for its length apart", () => {
    const dictionary = tables().values();
    const values = Array.from({ length: 20_000 }, (_, i) => "ab".repeat(i % 40) + i);
    const ids = new Int32Array(values.length);
    dictionary.intern(textVector(values), values.length, ids, "key");
    const again = new Int32Array(values.length);
    dictionary.intern({ kind: "values", values }, values.length, again, "key");
    expect(again).toEqual(ids);
    expect(values.every((value, i) => dictionary.value(ids[i]) === value)).toBe(true);
    const zeros = textVector(["a", "a\0", "a\0\0", "a\0\0\0", ""]);
    dictionary.intern(zeros, 5, ids, "key");
    expect(new Set(ids.subarray(0, 5)).size).toBe(5);
  });

  test("a pair table gives the same ids as a grid and as slots", () => {
    const table = tables().pairs();
    const n = 5000;
    const lefts = Int32Array.from({ length: n }, (_, i) => i % 70);
    const rights = Int32Array.from({ length: n }, (_, i) => i % 60);
    const first = new Int32Array(n);
    const second = new Int32Array(n);
    table.intern(lefts, rights, n, first, 70, 60);
    table.intern(lefts, rights, n, second, Number.POSITIVE_INFINITY, 60);
    expect(second).toEqual(first);
    expect(table.size).toBe(420);
  });

  test("a pair set counts the same with bits and without", () => {
    const kernel = tables();
    const set = kernel.members();
    const counts = kernel.arrays.floats(3000);
    const model = new Set<string>();
    for (let round = 0; round < 6; round++) {
      const groupCount = 10 + round * 500;
      const idCount = 100 * 10 ** Math.min(round, 4);
      const groups = Int32Array.from({ length: 3000 }, (_, i) => (i * 7) % groupCount);
      const ids = Int32Array.from({ length: 3000 }, (_, i) => (i * 131) % idCount);
      for (let i = 0; i < 3000; i++) model.add(`${groups[i]},${ids[i]}`);
      set.add(groups, ids, 3000, counts, groupCount, idCount);
      expect(pairsIn(set, counts, groupCount)).toEqual(model);
      expect(set.size).toBe(model.size);
      expect(counts.reduce((a, b) => a + b)).toBe(model.size);
    }
  });
});

/** Texts "group,id" of all pairs. */
function pairsIn(set: Members, counts: Float64Array, groups: number): Set<string> {
  const next = new Int32Array(groups);
  for (let g = 1; g < groups; g++) next[g] = next[g - 1] + counts[g - 1];
  const starts = next.slice();
  const ids = new Int32Array(set.size);
  set.collect(next, ids);
  const found = new Set<string>();
  for (let g = 0; g < groups; g++) {
    for (let i = starts[g]; i < starts[g] + counts[g]; i++) found.add(`${g},${ids[i]}`);
  }
  return found;
}

describe.each(kernels)("exact sums, $name", (kernel) => {
  beforeEach(() => {
    create = kernel.create;
  });

  test("cancellation, overflow in between and tiny rests leave no trace", () => {
    expect(one("sum", xs(1e308, 1e308, -1e308), 3)).toBe(1e308);
    expect(one("sum", xs(1, 1e100, 1, -1e100), 4)).toBe(2);
    expect(one("sum", xs(1e300, 1, 1e-300, -1e300, -1), 5)).toBe(1e-300);
    expect(one("sum", xs(...new Array(10).fill(0.1)), 10)).toBe(1);
    expect(one("mean", xs(1.7e308, 1.7e308), 2)).toBe(1.7e308);
    expect(one("variance", xs(1e9 + 4, 1e9 + 7, 1e9 + 13, 1e9 + 16), 4)).toBe(30);
    expect(one("variance", xs(1e-200, 3e-200), 2)).toBe(0);
    expect(one("stddev", xs(5), 1)).toBe(null);
  });

  test("integers beyond 2^53 come out as bigint, and bigint stays bigint", () => {
    const max = Number.MAX_SAFE_INTEGER;
    expect(one("sum", vectorOf("int", [max, max, 2]), 3)).toBe(2n * BigInt(max) + 2n);
    expect(one("sum", vectorOf("int", [max, max, -max]), 3)).toBe(max);
    expect(one("sum", vectorOf("bigint", [2n ** 63n - 1n, 2n ** 63n - 1n]), 2)).toBe(2n ** 64n - 2n);
    expect(one("sum", vectorOf("int", [null]), 1)).toBe(null);
  });

  test("infinities and NaN", () => {
    expect(one("sum", xs(1, Number.POSITIVE_INFINITY), 2)).toBe(Number.POSITIVE_INFINITY);
    expect(one("sum", xs(Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY), 2)).toBe(Number.NaN);
    expect(one("max", xs(1, Number.NaN, 2), 3)).toBe(Number.NaN);
    expect(one("min", xs(Number.NaN, 2), 2)).toBe(2);
  });

  test("ratio rounds once, ties to even, down to the smallest double", () => {
    expect(ratio(1n, 3n, 0)).toBe(1 / 3);
    expect(ratio(2n ** 53n + 1n, 1n, 0)).toBe(2 ** 53);
    expect(ratio(2n ** 53n + 3n, 1n, 0)).toBe(2 ** 53 + 4);
    expect(ratio(-1n, 1n, -1074)).toBe(-Number.MIN_VALUE);
    expect(ratio(1n, 1n, -1075)).toBe(0);
    expect(ratio(3n, 1n, -1076)).toBe(Number.MIN_VALUE);
    expect(ratio(2n ** 1024n, 1n, 0)).toBe(Number.POSITIVE_INFINITY);
    const sums = new ExactSums(new HeapArrays());
    sums.grow(1);
    for (const x of [2 ** 53, 1, 2 ** -60]) sums.add(0, x);
    expect(sums.round(0)).toBe(2 ** 53 + 2);
  });
});

describe.each(kernels)("grouping, $name", (kernel) => {
  beforeEach(() => {
    create = kernel.create;
  });

  test("one key from bytes, strings, numbers and null; sorted, null last", () => {
    const target = grouping(1, "count");
    fold(target, 3, [textVector(["b", "é", null])], [[]]);
    fold(target, 4, [vectorOf("values", ["é", null, "a", 7])], [[]]);
    fold(target, 2, [vectorOf("int", [7, 8])], [[]]);
    expect(target.finish()).toEqual({
      rows: 6,
      columns: [
        [7, 8, "a", "b", "é", null],
        [2, 1, 1, 1, 2, 2],
      ],
    });
  });

  test("text sorts by bytes: U+FFFD before U+1F600, unlike UTF-16", () => {
    const target = grouping(1);
    fold(target, 2, [textVector(["😀", "\uFFFD"])], []);
    expect(target.finish().columns[0]).toEqual(["\uFFFD", "😀"]);
  });

  test("without keys there is one group, even of no rows", () => {
    expect(grouping(0, "count", "sum", "distinct", "collect").finish()).toEqual({
      rows: 1,
      columns: [[0], [null], [0], [[]]],
    });
    expect(grouping(1, "count").finish()).toEqual({ rows: 0, columns: [[], []] });
  });

  test("reset forgets", () => {
    const target = grouping(1, "count", "distinct");
    fold(target, 1, [textVector(["a"])], [[], [xs(1)]]);
    target.reset();
    expect(target.groups).toBe(0);
    fold(target, 1, [textVector(["b"])], [[], [xs(1)]]);
    expect(target.finish().columns).toEqual([["b"], [1], [1]]);
  });

  test("objects are values too", () => {
    const values = [{ a: 1 }, { a: 1 }, [2]];
    expect(one("distinct", { kind: "values", values }, 3)).toBe(2);
    expect(one("any", { kind: "values", values }, 3)).toEqual({ a: 1 });
  });

  test("wrong input, wrong options, wrong and cut partials are named", () => {
    expect(() => one("sum", textVector(["a"]), 1)).toThrow(expect.objectContaining({ code: "ERR_AGGREGATE_INPUT" }));
    expect(() => grouping(0, { op: "topK", options: { k: 0 } })).toThrow(
      expect.objectContaining({ code: "ERR_AGGREGATE_OPTION" }),
    );
    expect(() => grouping(0, { op: "quantile", options: { q: 2 } })).toThrow(
      expect.objectContaining({ code: "ERR_AGGREGATE_OPTION" }),
    );
    expect(() => grouping(0, "user")).toThrow(expect.objectContaining({ code: "ERR_AGGREGATE_MISSING" }));
    const source = grouping(1, "count", "topK", "distinct", "sum", "collect");
    const input = [textVector(["a", "b"])];
    fold(source, 2, input, [[], input, input, [xs(1, 2)], input]);
    const [partial] = source.export(1);
    expect(() => grouping(1, "count").merge(partial)).toThrow(
      expect.objectContaining({ code: "ERR_PARTIAL_MISMATCH" }),
    );
    for (let size = 0; size < partial.length; size++) {
      const target = grouping(1, "count", "topK", "distinct", "sum", "collect");
      expect(() => target.merge(partial.subarray(0, size))).toThrow(
        expect.objectContaining({ code: "ERR_PARTIAL_CORRUPT" }),
      );
    }
  });

  test("an accumulator that is no data is an error with a way out", () => {
    const user = {
      zero: () => () => 0,
      step: (state: unknown) => state,
      merge: (a: unknown) => a,
      finish: (a: unknown) => a,
    };
    const target = create({ keys: 0, aggregates: [{ op: "user", options: {} }], user: [user] });
    fold(target, 1, [], [[xs(1)]]);
    expect(() => target.export(1)).toThrow(expect.objectContaining({ code: "ERR_AGGREGATE_NOT_DATA" }));
  });
});
