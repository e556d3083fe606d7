/**
 * What user functions see of records, whichever columns they look at and how often: the same as when every field is decoded by
 * itself. Several batches, since what a function looks at is learned from the ones before.
 */
import { describe, expect, test } from "vitest";
import type { ColumnType, Rejected } from "../../src/input/batch.ts";
import { from, functionsOf, type Job } from "../../src/job/job.ts";
import { Pipeline } from "../../src/job/pipeline.ts";
import { planOf } from "../../src/job/plan-of.ts";
import { bigint, bool, csv, float, int, text, timestamp } from "../../src/job/source-format.ts";
import { openKernel } from "../../src/kernel/open.ts";
import { BAD, decodeField } from "../../src/kernel/scalar/decode.ts";

const types: Record<string, ColumnType> = {
  few: "text",
  many: "text",
  i: "int",
  f: "float",
  b: "bool",
  t: "timestamp",
  g: "bigint",
};
const names = Object.keys(types);
const format = { kind: "csv" as const, delimiter: ",", quote: '"', header: false };
const schema = { columns: names.map((name) => ({ name, type: types[name] })), fields: names.length };
const BATCHES = 6;
const ROWS = 700;

/** A row of a batch: mostly plain; some fields empty, odd or bad; the later batches have more of them. */
function rowOf(batch: number, row: number): string[] {
  const odd = (every: number, plain: string, other: string) =>
    (row + batch) % every === 3 && batch > 1 ? other : plain;
  return [
    odd(11, ["red", "green", "blüe", "😀"][row % 4], ""),
    `user-${batch}-${row}-${"x".repeat(row % 40)}`,
    odd(7, String(row - 100), ["", "no", " 12 ", "1e3"][row % 4]),
    odd(5, `${row}.${batch}5`, ["nan", "", "1e5", "x", "123456789012345678"][row % 5]),
    odd(13, ["true", "f", "1"][row % 3], ["", "perhaps"][row % 2]),
    odd(9, new Date(1.5e12 + row * 37_123).toISOString(), ["", "2019-09-14", "1568505418.5", "soon"][row % 4]),
    odd(6, String(BigInt(row) ** 5n * 1000n), ["", "9223372036854775807", "big"][row % 3]),
  ];
}

const batches = Array.from({ length: BATCHES }, (_, batch) =>
  Array.from({ length: ROWS }, (_, row) => rowOf(batch, row)),
);

type Row = Record<string, never>;
type Call = (record: Row) => unknown;

/** Each field by itself, when it is looked at. */
function naive(call: Call): { kept: unknown[]; rejected: string[] } {
  const kept: unknown[] = [];
  const rejected: string[] = [];
  batches.flat().forEach((fields, line) => {
    let bad: string | undefined;
    const record: Record<string, unknown> = {};
    fields.forEach((field, at) => {
      const get = () => {
        const bytes = Buffer.from(field);
        const value = field === "" ? null : decodeField(bytes, 0, bytes.length, types[names[at]]);
        if (value !== BAD) return value;
        bad = `${line} bad-${types[names[at]]}`;
        throw new Error(bad);
      };
      Object.defineProperty(record, names[at], { enumerable: true, get });
    });
    let result: unknown;
    try {
      result = call(record as Row);
      if (result === record) result = { ...record };
    } catch (error) {
      if (bad === undefined) throw error;
    }
    if (bad !== undefined) rejected.push(bad);
    else kept.push(result);
  });
  return { kept, rejected };
}

const events = from<Row, Row>(
  "a.csv",
  csv({ columns: { few: text, many: text, i: int, f: float, b: bool, t: timestamp, g: bigint } }) as never,
);

function engine(job: Job<unknown>, kernelName: "simd" | "scalar"): { kept: unknown[]; rejected: string[] } {
  const kernel = openKernel(kernelName);
  const options = { module: import.meta.url, timeZone: "UTC", onError: "skip" as const, lineBytesMax: 10_000 };
  const pipeline = new Pipeline(planOf(job, { format, schema }, options), functionsOf(job), kernel);
  const rejected: Rejected[] = [];
  pipeline.onReject = (each) => rejected.push(each);
  const parser = kernel.parser({ format, schema, wanted: pipeline.wanted, lineBytesMax: 10_000 });
  const bytes = batches.map((rows) => Buffer.from(rows.map((row) => `${row.join(",")}\n`).join("")));
  parser.begin({ start: 0, end: Number.POSITIVE_INFINITY, first: true });
  pipeline.begin(0);
  bytes.forEach((chunk, at) => {
    pipeline.push(parser.push(chunk, at === bytes.length - 1));
  });
  return {
    kept: pipeline.takeRows().objects ?? [],
    rejected: rejected.map(({ line, reason }) => `${line} ${reason}`),
  };
}

// biome-ignore-start lint/suspicious/noExplicitAny: what a record's fields are is what is tested
const calls: Record<string, (record: any) => unknown> = {
  "two columns": (r) => [r.few, r.i],
  "a column of texts that do not repeat": (r) => r.many,
  "all, spread": (r) => ({ ...r }),
  "the record itself": (r) => r,
  destructuring: ({ few, t, ...rest }) => [few, t, Object.keys(rest).length],
  "a bad field that is caught": (r) => {
    try {
      return r.i;
    } catch {
      return "caught";
    }
  },
  "one column always, one now and then": (r) => (r.few === "red" && r.i % 50 === 0 ? r.many : r.few),
  "a column that is first looked at late": (r) => (r.many.startsWith("user-4") ? [r.f, r.g] : r.b),
  "every kind": (r) => [r.few, r.many.length, r.i, r.f, r.b, r.t, r.g],
  "twice the same": (r) => [r.t, r.t, r.b, r.b, r.f, r.f],
  "names and values": (r) => Object.entries(r).length,
  none: () => 1,
};
// biome-ignore-end lint/suspicious/noExplicitAny: see above

const jobs = Object.entries(calls).map(([name, call]) => ({ name, call, job: events.map(call as Call) }));
const filtered = events.filter((r) => r.few !== "green").map(({ few, i }) => [few, i]);

describe.each(["simd", "scalar"] as const)("%s", (kernel) => {
  test.each(jobs)("$name", ({ call, job }) => {
    expect(engine(job as Job<unknown>, kernel)).toEqual(naive(call as Call));
  });

  test("a function behind a filter sees the rows that are left", () => {
    const { kept } = naive((r) => [r.few, r.many]);
    const wanted = (kept as [string | null, string][]).filter(([few]) => few !== "green").length;
    const { kept: actual, rejected } = engine(filtered as Job<unknown>, kernel);
    expect(actual.length + rejected.length).toBe(wanted);
    expect((actual as [string][]).every(([few]) => few !== "green")).toBe(true);
  });
});
