/** Group-bys of random keys and aggregates over random rows, for property tests: generated, folded, compared with the naive answer. */
import fc from "fast-check";
import { expect } from "vitest";
import type { AggregateSpec, Grouping, UserAggregate } from "../../src/kernel/kernel.ts";
import type { Vector } from "../../src/kernel/vector.ts";
import { type NaiveRow, naiveGroup, type Value } from "./naive-group.ts";
import { type Kind, vectorOf } from "./vectors.ts";

const long = "x".repeat(300);
const strings = ["", "a", "b", "ab", "abcd", "abcde", "ä", "😀", "\uFEFFa", "\uFFFD", "\0", `${long}1`, `${long}2`];
const arbitraries: Record<Kind, fc.Arbitrary<Value>> = {
  text: fc.oneof(fc.constantFrom(...strings), fc.string({ unit: "grapheme", maxLength: 6 })),
  int: fc.oneof(fc.integer({ min: -3, max: 3 }), fc.maxSafeInteger()),
  float: fc.oneof(fc.constantFrom(0.1, -0, 0, 1, 1e308, -1e308, 1e-300, 3.5), fc.double()),
  bool: fc.boolean(),
  timestamp: fc
    .oneof(fc.constantFrom(0, 3_600_000, -1), fc.integer({ min: -1e12, max: 4e12 }))
    .map((ms) => new Date(ms)),
  bigint: fc.oneof(fc.bigInt(-3n, 3n), fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n)),
  values: fc.oneof(
    fc.constantFrom<Value>(...strings, true, false, 1, 0, -0, Number.NaN, 1n, 2n ** 70n, -(2n ** 70n), new Date(0)),
    fc.double(),
    fc.string({ unit: "grapheme", maxLength: 4 }),
  ),
};
const anyKind = fc.constantFrom<Kind>("text", "int", "float", "bool", "timestamp", "bigint", "values");
const numeric = fc.constantFrom<Kind>("int", "float", "bool", "timestamp", "bigint");

const user: UserAggregate = {
  zero: () => new Map<string, number>(),
  step: (state, value) => {
    const counts = state as Map<string, number>;
    return counts.set(String(value), (counts.get(String(value)) ?? 0) + 1);
  },
  merge: (left, right) => {
    const counts = left as Map<string, number>;
    for (const [key, count] of right as Map<string, number>) counts.set(key, (counts.get(key) ?? 0) + count);
    return counts;
  },
  finish: (state) => [...(state as Map<string, number>)].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)),
};

interface Tried {
  op: AggregateSpec["op"];
  options: Record<string, unknown>;
  kinds: Kind[];
}

const everyType = [
  "count",
  "distinct",
  "approxDistinct",
  "min",
  "max",
  "topK",
  "any",
  "collect",
  "first",
  "last",
] as const;
const numbersOnly = ["sum", "mean", "variance", "stddev", "quantile", "histogram"] as const;
const options = { q: [0, 0.5, 0.99, 1], width: 0.5, k: 3, limit: 3 };
const tried: fc.Arbitrary<Tried> = fc.oneof(
  fc.record({ op: fc.constantFrom(...everyType), options: fc.constant(options), kinds: fc.tuple(anyKind) }),
  fc.record({ op: fc.constantFrom(...numbersOnly), options: fc.constant(options), kinds: fc.tuple(numeric) }),
  fc.record({ op: fc.constantFrom("first", "last"), options: fc.constant(options), kinds: fc.tuple(anyKind, numeric) }),
  fc.constant<Tried>({ op: "user", options, kinds: ["values"] }),
  fc.constant<Tried>({ op: "count", options, kinds: [] }),
);

export interface Case {
  keyKinds: Kind[];
  aggregates: Tried[];
  rows: NaiveRow[];
}

const nullable = (kind: Kind): fc.Arbitrary<Value> => fc.option(arbitraries[kind], { nil: null, freq: 6 });

/** Two rows in a record, two files: rows of one record share their offset. */
export const cases: fc.Arbitrary<Case> = fc
  .record({
    keyKinds: fc.array(anyKind, { maxLength: 3 }),
    aggregates: fc.array(tried, { minLength: 1, maxLength: 4 }),
  })
  .chain(({ keyKinds, aggregates }) => {
    const pools = fc.tuple(...keyKinds.map((kind) => fc.array(nullable(kind), { minLength: 1, maxLength: 4 })));
    return pools.chain((pool) => {
      const keys = fc.tuple(...pool.map((values) => fc.constantFrom(...values)));
      const inputs = fc.tuple(...aggregates.map(({ kinds }) => fc.tuple(...kinds.map(nullable))));
      return fc.record({
        keyKinds: fc.constant(keyKinds),
        aggregates: fc.constant(aggregates),
        rows: fc.array(fc.record({ keys, inputs }), { maxLength: 50 }).map((list) =>
          list.map(
            (row, i): NaiveRow => ({
              ...(row as Omit<NaiveRow, "file" | "offset">),
              file: (i >> 1) % 2,
              offset: (i >> 2) * 100,
            }),
          ),
        ),
      });
    });
  });

/** Computed strings and parsed bytes must be one: text comes in either form from batch to batch. */
export function fold(grouping: Grouping, { keyKinds, aggregates }: Case, rows: NaiveRow[], computed: boolean): void {
  const vector = (kind: Kind, values: Value[]): Vector =>
    vectorOf(computed && kind === "text" ? "values" : kind, values);
  grouping.fold(
    rows.length,
    keyKinds.map((kind, k) => {
      const values = rows.map((row) => row.keys[k]);
      return computed ? vectorOf("values", values) : vector(kind, values);
    }),
    aggregates.map(({ kinds }, a) =>
      kinds.map((kind, i) =>
        vector(
          kind,
          rows.map((row) => row.inputs[a][i]),
        ),
      ),
    ),
    { file: rows[0].file, offsets: Float64Array.from(rows, (row) => row.offset) },
  );
}

function near(op: string, actual: unknown, expect_: unknown): boolean {
  if (op === "approxDistinct")
    return Math.abs((actual as number) - (expect_ as number)) <= 1 + 0.05 * (expect_ as number);
  if (expect_ === null || actual === null) return expect_ === actual;
  return (expect_ as unknown[]).every((value, i) => {
    const [x, y] = [(actual as number[])[i], Number(value)];
    return (
      Object.is(x + 0, y + 0) ||
      Math.abs(x - y) <= 0.01001 * Math.abs(y) ||
      (Math.abs(y) < 1e-300 && Math.abs(x - y) < 1e-302)
    );
  });
}

export function check(one: Case, actual: { rows: number; columns: unknown[][] }, expected: typeof actual): void {
  expect(actual.rows).toBe(expected.rows);
  for (let c = 0; c < expected.columns.length; c++) {
    const op = one.aggregates[c - one.keyKinds.length]?.op;
    if (op !== "approxDistinct" && op !== "quantile") expect(actual.columns[c]).toEqual(expected.columns[c]);
    else
      for (let row = 0; row < expected.rows; row++) {
        if (!near(op, actual.columns[c][row], expected.columns[c][row]))
          expect(actual.columns[c]).toEqual(expected.columns[c]);
      }
  }
}

/** What a grouping of this case is made of. */
export function setupOf(one: Case): { keys: number; aggregates: AggregateSpec[]; user: (UserAggregate | undefined)[] } {
  return {
    keys: one.keyKinds.length,
    aggregates: one.aggregates.map(({ op, options: given }) => ({ op, options: given })),
    user: one.aggregates.map(({ op }) => (op === "user" ? user : undefined)),
  };
}

export function naiveAnswer(one: Case): { rows: number; columns: unknown[][] } {
  return naiveGroup({ ...setupOf(one), float: one.aggregates.map(({ kinds }) => kinds[0] === "float") }, one.rows);
}

/** Rows of one record stay together, in order. */
export function pairsOf(rows: NaiveRow[]): NaiveRow[][] {
  return Array.from({ length: Math.ceil(rows.length / 2) }, (_, i) => rows.slice(i * 2, i * 2 + 2));
}

export function shuffled<T>(items: T[], draw: () => number): T[] {
  return items
    .map((item) => ({ item, rank: draw() }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ item }) => item);
}
