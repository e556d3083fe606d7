/** The two kernels' group-by side by side: the same answers to the last bit, whatever comes in, in whatever memory, after whatever came before. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { valuesOf } from "../../src/kernel/columns.ts";
import { createGrouping, type GroupingOptions } from "../../src/kernel/group/grouping.ts";
import type { AggregateSpec, PartitionableGrouping } from "../../src/kernel/kernel.ts";
import { createSimdGrouping } from "../../src/kernel/simd/grouping.ts";
import { KernelInstance } from "../../src/kernel/simd/instance.ts";
import { Space } from "../../src/kernel/simd/space.ts";
import type { RowOrder, Vector } from "../../src/kernel/vector.ts";
import { tries } from "../support/cases.ts";
import type { Value } from "../support/naive-group.ts";
import { type Kind, vectorOf } from "../support/vectors.ts";

const instance = new KernelInstance();
const space = new Space(instance);

const ops: AggregateSpec[] = [
  { op: "count", options: {} },
  { op: "distinct", options: {} },
  { op: "approxDistinct", options: {} },
  { op: "min", options: {} },
  { op: "max", options: {} },
  { op: "topK", options: { k: 2 } },
  { op: "any", options: {} },
  { op: "last", options: {} },
];
const numeric: AggregateSpec[] = [
  { op: "sum", options: {} },
  { op: "mean", options: {} },
  { op: "variance", options: {} },
  { op: "stddev", options: {} },
  { op: "quantile", options: { q: [0.1, 0.5, 1] } },
  { op: "histogram", options: { width: 0.25 } },
];

const texts = ["", "a", "a\0", "ä", "x".repeat(15), "x".repeat(16), "x".repeat(17), "y".repeat(32), "y".repeat(33)];
const values: Record<Kind, fc.Arbitrary<Value>> = {
  text: fc.oneof(fc.constantFrom(...texts), fc.string({ maxLength: 40 })),
  int: fc.oneof(fc.integer({ min: -2, max: 2 }), fc.maxSafeInteger()),
  float: fc.oneof(fc.constantFrom(0.1, 0.2, -0, 0, 2 ** 901, -(2 ** 901), 2 ** -460, 1e-300), fc.double()),
  bool: fc.boolean(),
  timestamp: fc.integer({ min: -1e12, max: 4e12 }).map((ms) => new Date(ms)),
  bigint: fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n),
  values: fc.oneof(fc.constantFrom<Value>("a", true, 1, 2n ** 70n, new Date(0)), fc.double()),
};
const kinds = Object.keys(values) as Kind[];

/** Columns of rows: the first ones are keys, the last is every aggregate's input. */
const batches = fc.array(fc.constantFrom(...kinds), { minLength: 1, maxLength: 3 }).chain((columns) =>
  fc.record({
    columns: fc.constant(columns),
    rows: fc.array(
      fc.array(fc.tuple(...columns.map((kind) => fc.option(values[kind], { nil: null, freq: 8 }))), {
        minLength: 1,
        maxLength: 30,
      }),
      { minLength: 1, maxLength: 4 },
    ),
  }),
);

/** The same vector in the kernel's memory. */
function inside(vector: Vector): Vector {
  const moved = <List extends Uint8Array | Int32Array | Float64Array>(list: List, made: List): List => {
    made.set(list);
    return made;
  };
  const { arrays } = space;
  if (vector.kind === "values" || vector.kind === "bigint") return vector;
  if (vector.kind === "text") {
    return {
      kind: "text",
      bytes: moved(vector.bytes, arrays.bytes(vector.bytes.length)),
      starts: moved(vector.starts, arrays.ints(vector.starts.length)),
      ends: moved(vector.ends, arrays.ints(vector.ends.length)),
    };
  }
  const nulls = vector.nulls && moved(vector.nulls, arrays.bytes(vector.nulls.length));
  return { kind: vector.kind, values: moved(vector.values, arrays.floats(vector.values.length)), nulls };
}

function setupOf(columns: Kind[]): GroupingOptions {
  const isNumeric = ["int", "float", "bool", "timestamp", "bigint"].includes(columns.at(-1) ?? "");
  return { keys: columns.length - 1, aggregates: isNumeric ? [...ops, ...numeric] : ops, user: [] };
}

interface Prepared {
  n: number;
  keys: Vector[];
  inputs: Vector[][];
  order: RowOrder;
}

function prepare(
  columns: Kind[],
  rows: Value[][],
  setup: GroupingOptions,
  place: (vector: Vector) => Vector,
): Prepared {
  const vectors = columns.map((kind, c) =>
    place(
      vectorOf(
        kind,
        rows.map((row) => row[c]),
      ),
    ),
  ); // prettier-ignore
  const order = { file: 0, offsets: Float64Array.from(rows, (_, i) => i * 10) };
  const input = vectors.at(-1) as Vector;
  return { n: rows.length, keys: vectors.slice(0, -1), inputs: setup.aggregates.map(() => [input]), order };
}

function fold(grouping: PartitionableGrouping, { n, keys, inputs, order }: Prepared): void {
  grouping.fold(n, keys, inputs, order);
}

function vectorsAsValues(grouping: PartitionableGrouping, sorted: boolean): unknown[][] {
  const { rows, vectors } = grouping.finishVectors(sorted);
  return vectors.map((vector) => valuesOf(vector, 0, rows));
}

describe("scalar and SIMD", () => {
  test("give the same answers, finished as values and as vectors, also after a reset and from each other's partials", () => {
    fc.assert(
      fc.property(batches, fc.boolean(), ({ columns, rows }, isInside) => {
        const setup = setupOf(columns);
        const scalar = createGrouping(setup);
        const simd = createSimdGrouping(instance, setup);
        for (let round = 0; round < 2; round++) {
          for (const batch of rows) {
            fold(
              scalar,
              prepare(columns, batch, setup, (vector) => vector),
            );
            fold(simd, prepare(columns, batch, setup, isInside ? inside : (vector) => vector));
          }
          const expected = scalar.finish();
          expect(simd.finish()).toEqual(expected);
          expect(vectorsAsValues(simd, true)).toEqual(expected.columns);
          expect(vectorsAsValues(scalar, true)).toEqual(expected.columns);
          const other = createSimdGrouping(instance, setup);
          for (const part of scalar.export(2)) other.merge(part);
          expect(other.finish()).toEqual(expected);
          const back = createGrouping(setup);
          for (const part of simd.export(2)) back.merge(part);
          expect(back.finish()).toEqual(expected);
          scalar.reset();
          simd.reset();
        }
      }),
      tries(150),
    );
  });

  test("hash keys alike, and fold only known groups alike", () => {
    fc.assert(
      fc.property(batches, ({ columns, rows }) => {
        const setup = setupOf(columns);
        const groupings = [createGrouping(setup), createSimdGrouping(instance, setup)];
        const reports = groupings.map((grouping, k) => {
          const all = rows.map((batch) => prepare(columns, batch, setup, k === 1 ? inside : (vector) => vector));
          fold(grouping, all[0]);
          const before = grouping.groups;
          const missing = all.slice(1).map((batch) => {
            const places = new Int32Array(batch.n);
            const hashes = new Int32Array(batch.n);
            const every = new Int32Array(batch.n);
            const { n, keys, inputs, order } = batch;
            const count = grouping.foldKnown(n, keys, inputs, order, places, hashes);
            grouping.hashes(n, keys, every);
            for (let i = 0; i < count; i++) expect(hashes[i]).toBe(every[places[i]]);
            return { count, places: [...places.subarray(0, count)], every: [...every] };
          });
          expect(grouping.groups).toBe(before);
          return { missing, answer: grouping.finish() };
        });
        expect(reports[1]).toEqual(reports[0]);
        // What is missing is missing for a reason: folded with the rest, every group is there.
        const [known] = groupings;
        for (const batch of rows)
          fold(
            known,
            prepare(columns, batch, setup, (vector) => vector),
          );
        const left = prepare(columns, rows.at(-1) as Value[][], setup, (vector) => vector);
        const none = new Int32Array(left.n);
        expect(known.foldKnown(left.n, left.keys, left.inputs, left.order, none, none)).toBe(0);
      }),
      tries(100),
    );
  });
});

describe("partials from outside", () => {
  const setup: GroupingOptions = { keys: 2, aggregates: [...ops.slice(0, 6), ...numeric], user: [] };
  const prepared = (): Prepared => {
    const n = 200;
    const keys = [
      vectorOf(
        "text",
        Array.from({ length: n }, (_, i) => `url-${i % 5}`),
      ),
      vectorOf(
        "int",
        Array.from({ length: n }, (_, i) => i % 3),
      ),
    ];
    const input = vectorOf(
      "float",
      Array.from({ length: n }, (_, i) => (i % 60) / 10),
    );
    const order = { file: 0, offsets: new Float64Array(n) };
    return { n, keys, inputs: setup.aggregates.map(() => [input]), order };
  };
  const source = createSimdGrouping(instance, setup);
  fold(source, prepared());
  const [partial] = source.export(1);

  test("that are cut or changed end in an error of ours or in an answer, never in a trap", () => {
    const changes = fc.array(fc.tuple(fc.nat(partial.length - 1), fc.integer({ min: 0, max: 255 })), { maxLength: 4 });
    fc.assert(
      fc.property(changes, fc.option(fc.nat(partial.length)), (list, cut) => {
        const bytes = partial.slice(0, cut ?? partial.length);
        for (const [at, value] of list) if (at < bytes.length) bytes[at] = value;
        const target = createSimdGrouping(instance, setup);
        try {
          target.merge(bytes);
        } catch (error) {
          expect((error as { code?: string }).code).toMatch(/^ERR_/);
        }
      }),
      tries(150),
    );
  });
});

describe("memory", () => {
  const setup: GroupingOptions = { keys: 1, aggregates: ops.slice(0, 2), user: [] };
  const many = (n: number, from: number): Prepared => {
    const keys = [
      vectorOf(
        "text",
        Array.from({ length: n }, (_, i) => `http://example.com/?url=${from + i}`),
      ),
    ];
    const input = vectorOf(
      "text",
      Array.from({ length: n }, (_, i) => `user-${(from + i) % 777}`),
    );
    const order = { file: 0, offsets: new Float64Array(n) };
    return { n, keys, inputs: [[], [input]], order };
  };

  test("is kept and not added to by rounds of folding and resetting, and what it holds is told", () => {
    for (const grouping of [createGrouping(setup), createSimdGrouping(instance, setup)]) {
      const before = grouping.bytes;
      fold(grouping, many(5000, 0));
      expect(grouping.bytes - before).toBeGreaterThan(5000 * 40);
      grouping.reset();
      fold(grouping, many(5000, 5000));
      const { bytes } = grouping;
      const { size } = instance;
      for (let round = 0; round < 20; round++) {
        grouping.reset();
        fold(grouping, many(5000, round * 100));
        expect(grouping.groups).toBe(5000);
      }
      expect(grouping.bytes).toBeLessThanOrEqual(bytes * 1.1);
      expect(instance.size).toBeLessThanOrEqual(size + 2 ** 20);
    }
  });

  test("a large table that is cleared for few groups becomes a small one", () => {
    const grouping = createSimdGrouping(instance, setup);
    fold(grouping, many(50_000, 0));
    const { bytes } = grouping;
    for (let round = 0; round < 3; round++) {
      grouping.reset();
      fold(grouping, many(10, 0));
    }
    expect(grouping.bytes).toBeLessThan(bytes);
    expect(grouping.finish().rows).toBe(10);
  });

  test("text up to the very end of memory is read, and not what lies behind it", () => {
    const grouping = createSimdGrouping(instance, { keys: 1, aggregates: [], user: [] });
    const bytes = instance.claim(new Uint8Array(instance.memory.buffer));
    const end = bytes.length;
    for (const length of [0, 1, 7, 15, 16, 17, 31, 32, 33, 40]) {
      const there = { kind: "text" as const, bytes, starts: Int32Array.of(end - length), ends: Int32Array.of(end) };
      const copy = bytes.slice(end - length);
      const here = { kind: "text" as const, bytes: copy, starts: Int32Array.of(0), ends: Int32Array.of(length) };
      const before = grouping.groups;
      for (const keys of [[there], [here]]) grouping.fold(1, keys, [], { file: 0, offsets: new Float64Array(1) });
      expect(grouping.groups).toBe(before + 1);
    }
  });

  test("a key of megabytes is a key", () => {
    const grouping = createSimdGrouping(instance, { keys: 1, aggregates: ops.slice(0, 1), user: [] });
    const long = "0123456789".repeat(300_000);
    for (const text of [long, `${long}!`, long]) {
      grouping.fold(1, [vectorOf("text", [text])], [[]], { file: 0, offsets: new Float64Array(1) });
    }
    expect(grouping.finish().columns).toEqual([
      [long, `${long}!`],
      [2, 1],
    ]);
  });
});
