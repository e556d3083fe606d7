/** Rows of typed columns: sorting, taking and formatting in WebAssembly equal the scalar twin's. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type ResultVector, valuesOf, vectorOf } from "../../src/kernel/columns.ts";
import { compareRows, type OrderColumn } from "../../src/kernel/order.ts";
import { type ResultTable, ScalarTable } from "../../src/kernel/result-table.ts";
import { formatTable } from "../../src/kernel/simd/format.ts";
import { SimdTable } from "../../src/kernel/simd/result-table.ts";
import type { ResultColumn, ResultType } from "../../src/output/output.ts";
import { cellWriter, csvStyle, jsonStyle, lineWriter } from "../../src/output/row-style.ts";
import { tries } from "../support/cases.ts";

const common = "https://example.org/a/long/beginning/";
const texts = [
  "",
  "a",
  "ab",
  "ab\0",
  "\0",
  "ä",
  "😀",
  "\uFFFD",
  'say "hi"',
  "a,b",
  "a\tb",
  "line\nend\r",
  "\\",
  "\u001f\b\f",
];
const text = fc.oneof(
  fc.constantFrom(...texts),
  fc.string({ unit: "grapheme", maxLength: 20 }),
  fc.nat(500).map((n) => `${common}${n}`),
  fc.nat(40).map((n) => `${"x".repeat(n * 3)}y`),
);
const cells: Record<ResultType, fc.Arbitrary<unknown>> = {
  text,
  int: fc.oneof(fc.integer({ min: -3, max: 3 }), fc.maxSafeInteger()),
  float: fc.oneof(fc.constantFrom(0.1, -0, 0, 1e308, Number.NaN, Number.POSITIVE_INFINITY), fc.double()),
  bool: fc.boolean(),
  bigint: fc.oneof(fc.bigInt(-3n, 3n), fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n)),
  timestamp: fc.oneof(
    fc.integer({ min: -20_000, max: 20_000 }).map((hour) => hour * 3_600_000_000),
    fc.integer({ min: -62_167_219_200_000, max: 8_000_000_000_000 }).map((ms) => ms * 1000),
    fc.maxSafeInteger(),
  ),
  any: fc.oneof(text, fc.integer(), fc.constantFrom(1n, 2n ** 70n, true), fc.array(fc.nat(3), { maxLength: 2 })),
};
const kindOf = { int: "int", timestamp: "timestamp" } as Partial<Record<ResultType, "int" | "timestamp">>;

interface Case {
  types: ResultType[];
  rows: unknown[][];
  order: OrderColumn[];
  cuts: number[];
}

const cases: fc.Arbitrary<Case> = fc
  .array(fc.constantFrom<ResultType>("text", "int", "float", "bool", "bigint", "timestamp", "any"), {
    minLength: 1,
    maxLength: 4,
  })
  .chain((types) =>
    fc.record({
      types: fc.constant(types),
      rows: fc.array(fc.tuple(...types.map((type) => fc.option(cells[type], { freq: 8 }))), { maxLength: 150 }),
      order: fc.array(fc.record({ column: fc.nat(types.length - 1), descending: fc.boolean() }), { maxLength: 4 }),
      cuts: fc.array(fc.nat(150), { maxLength: 4 }),
    }),
  );

/** The rows, added in several calls whose kinds of columns may differ. */
function fill(table: ResultTable, { types, rows, cuts }: Case): void {
  const borders = [0, ...cuts.filter((cut) => cut < rows.length).sort((a, b) => a - b), rows.length];
  for (let i = 0; i + 1 < borders.length; i++) {
    const some = rows.slice(borders[i], borders[i + 1]);
    const vectors = types.map((type, c) =>
      vectorOf(
        some.map((row) => row[c]),
        kindOf[type],
      ),
    );
    table.add(vectors, 0, some.length);
  }
}

function rowsOf(vectors: ResultVector[], n: number): unknown[][] {
  const columns = vectors.map((vector) => valuesOf(vector, 0, n));
  return Array.from({ length: n }, (_, i) => columns.map((values) => values[i]));
}

describe("a result table", () => {
  test("in WebAssembly gives what the scalar one gives, in the same order", () => {
    const [simd, scalar] = [new SimdTable(), new ScalarTable()];
    const run = (each: Case): void => {
      for (const table of [simd, scalar]) {
        table.clear();
        fill(table, each);
      }
      const n = each.rows.length;
      expect(rowsOf(simd.take(0, n), n)).toEqual(each.rows);
      simd.sort(each.order);
      scalar.sort(each.order);
      const sorted = scalar.take(0, n);
      expect(rowsOf(simd.take(0, n), n)).toEqual(rowsOf(sorted, n));
      for (let i = 1; i < n; i++) expect(compareRows(sorted, i - 1, sorted, i, each.order)).toBeLessThanOrEqual(0);
    };
    fc.assert(fc.property(cases, run), tries(300));
  });

  test("sorts many texts with long common beginnings", () => {
    const table = new SimdTable();
    const random = fc.sample(fc.tuple(text, fc.integer({ min: 0, max: 3 })), { numRuns: 5000, seed: 7 });
    const vectors = [
      vectorOf(random.map(([value]) => value)),
      vectorOf(
        random.map(([, value]) => value),
        "int",
      ),
    ];
    table.add(vectors, 0, random.length);
    const order = [0, 1].map((column) => ({ column, descending: false }));
    table.sort(order);
    const sorted = table.take(0, random.length);
    for (let i = 1; i < random.length; i++) expect(compareRows(sorted, i - 1, sorted, i, order)).toBeLessThanOrEqual(0);
  });

  test("in WebAssembly writes the lines of the writers", () => {
    const table = new SimdTable();
    const run = (each: Case, timeZone: string): void => {
      table.clear();
      fill(table, each);
      if (each.rows.length === 0) return;
      table.sort(each.order);
      const n = each.rows.length;
      const columns: ResultColumn[] = each.types.map((type, c) => ({ name: `c${c}"`, type }));
      const taken = table.take(0, n).map((vector) => valuesOf(vector, 0, n));
      for (const style of [
        csvStyle(columns, ",", timeZone),
        csvStyle(columns, "\t", timeZone),
        jsonStyle(columns, true, timeZone),
      ]) {
        const ready = columns.map((column) => cellWriter(style, column));
        const isTime = each.types.map((type) => type === "timestamp");
        const canWriteTimes = timeZone === "UTC";
        const pieces = formatTable(table, n, { ...style, isTime, canWriteTimes, ready: (c, value) => ready[c](value) });
        const line = lineWriter(style, columns);
        const expected = Array.from({ length: n }, (_, row) => line(taken, row)).join("");
        expect(Buffer.concat(pieces).toString()).toBe(expected);
      }
    };
    fc.assert(fc.property(cases, fc.constantFrom("UTC", "Europe/Berlin"), run), tries(300));
  });

  test("writes rows that are larger than a piece of text", () => {
    const table = new SimdTable();
    const values = ["a", `${"\u0001".repeat(3_000_000)}`, "b"];
    table.add([vectorOf(values)], 0, 3);
    const style = jsonStyle([{ name: "x", type: "text" }], true, "UTC");
    const form = { ...style, isTime: [false], canWriteTimes: true, ready: () => null };
    const written = Buffer.concat(formatTable(table, 3, form)).toString();
    expect(written === values.map((x) => `${JSON.stringify({ x })}\n`).join("")).toBe(true);
  });
});
