/**
 * Expressions of one column of texts, whose answers are kept by text: the same answers as when each row is computed, whether texts
 * repeat, hardly repeat, or are too many to keep; as keys, as filters, inside of other expressions, and as rows.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { count, max } from "../../src/job/aggregate.ts";
import { expr } from "../../src/job/column.ts";
import { from, functionsOf, type Job } from "../../src/job/job.ts";
import { Pipeline } from "../../src/job/pipeline.ts";
import { planOf } from "../../src/job/plan-of.ts";
import { csv, int, text } from "../../src/job/source-format.ts";
import { openKernel } from "../../src/kernel/open.ts";

interface Row {
  k: string;
  i: number;
}

const format = { kind: "csv" as const, delimiter: ";", quote: "", header: false };
const columns = [
  { name: "k", type: "text" as const },
  { name: "i", type: "int" as const },
];
const events = from<Row, Row>("a.csv", csv({ columns: { k: text, i: int } }) as never);

function answer(job: Job<unknown>, chunks: readonly string[], kernelName: "simd" | "scalar"): unknown {
  const kernel = openKernel(kernelName);
  const options = { module: import.meta.url, timeZone: "UTC", onError: "skip" as const, lineBytesMax: 100_000 };
  const pipeline = new Pipeline(
    planOf(job, { format, schema: { columns, fields: 2 } }, options),
    functionsOf(job),
    kernel,
  );
  const schema = { columns, fields: 2 };
  const parser = kernel.parser({ format, schema, wanted: pipeline.wanted, lineBytesMax: 100_000 });
  parser.begin({ start: 0, end: Number.POSITIVE_INFINITY, first: true });
  pipeline.begin(0);
  chunks.forEach((chunk, at) => {
    pipeline.push(parser.push(Buffer.from(chunk), at === chunks.length - 1));
  });
  return pipeline.grouping ? pipeline.grouping.finish() : pipeline.takeRows();
}

const keys = [
  "lower(k)",
  "upper(trim(k))",
  "substr(k, 2, 3)",
  "length(k)",
  "contains(lower(k), 'a')",
  "k like '%b%'",
  "k in ('a', 'b', 'ab')",
  "concat(lower(k), i)",
  "coalesce(k, 'none')",
  "if(k = 'a', 'one', k)",
  "if(length(k) > 2, 1, 2.5)",
  "int(k)",
  "float(k) * 2",
  "host(k)",
  "replace(k, 'a', '')",
  "timestamp(k)",
  "not contains(k, 'b') or i > 50",
];
const jobs: [string, Job<unknown>][] = keys.flatMap((key): [string, Job<unknown>][] => [
  [`by ${key}`, events.groupBy({ key: expr(key) } as never).aggregate({ n: count() }) as Job<unknown>],
  [`max of ${key}`, events.aggregate({ most: max(expr(key) as never) }) as Job<unknown>],
  [`select ${key}`, events.select({ key: expr(key) } as never) as Job<unknown>],
]);
const wheres = ["contains(lower(k), 'a')", "length(k) = 2 and i > 30", "k != 'a' and lower(k) = 'b'"];
for (const where of wheres) {
  const grouped = events.filter(where).groupBy({ key: expr("upper(k)") } as never);
  jobs.push([`where ${where}`, grouped.aggregate({ n: count() }) as Job<unknown>]);
}

const field = fc.oneof(
  fc.constantFrom("a", "b", "ab", "A", "", "é", "😀x", "12", "1.5", "2019-09-14", "http://A.example/x?y=1", " b "),
  fc.string({ unit: fc.constantFrom(..."abAB1.é😀 "), maxLength: 30 }),
);
const chunk = fc
  .array(fc.tuple(field, fc.nat(100)), { maxLength: 60 })
  .map((rows) => rows.map(([k, i]) => `${k};${i}\n`).join(""));

describe("kept answers are the computed ones", () => {
  test.each(jobs)("%s", (_, job) => {
    fc.assert(
      fc.property(fc.array(chunk, { maxLength: 4 }), (chunks) => {
        expect(answer(job, [...chunks, ""], "simd")).toEqual(answer(job, [...chunks, ""], "scalar"));
      }),
      { numRuns: 25 },
    );
  });

  const lines = (n: number, keyOf: (row: number) => string) => {
    const chunks: string[] = [];
    for (let row = 0; row < n; row += 5000)
      chunks.push(Array.from({ length: 5000 }, (_, i) => `${keyOf(row + i)};${row + i}\n`).join(""));
    return [...chunks, ""];
  };
  const lower = jobs.find(([name]) => name === "by lower(k)")![1];

  test("texts that do not repeat", () => {
    const chunks = lines(20_000, (row) => `Key-${row}`);
    expect(answer(lower, chunks, "simd")).toEqual(answer(lower, chunks, "scalar"));
  });

  test("more different texts than are kept, some of them often", () => {
    const chunks = lines(400_000, (row) => (row % 5 === 0 ? `Rare-${row}` : `Often-${row % 100}`));
    expect(answer(lower, chunks, "simd")).toEqual(answer(lower, chunks, "scalar"));
  });

  test("long texts", () => {
    const chunks = lines(5000, (row) => (row % 1000 === 0 ? "X".repeat(9000) : "Y"));
    expect(answer(lower, chunks, "simd")).toEqual(answer(lower, chunks, "scalar"));
  });
});
