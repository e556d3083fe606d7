// Users' aggregates over records: only what they look at can reject a row, and never after it was folded.
import { expect, test } from "vitest";
import type { Rejected } from "../../src/input/batch.ts";
import { count, defineAggregate } from "../../src/job/aggregate.ts";
import { from, functionsOf, type Job } from "../../src/job/job.ts";
import { Pipeline } from "../../src/job/pipeline.ts";
import { planOf } from "../../src/job/plan-of.ts";
import { csv, int, text } from "../../src/job/source-format.ts";
import { scalarKernel } from "../../src/kernel/scalar-kernel.ts";

interface Row {
  k: string | null;
  a: number | null;
  b: number | null;
}

const format = { kind: "csv" as const, delimiter: ",", quote: '"', header: false };
const columns = [
  { name: "k", type: "text" as const },
  { name: "a", type: "int" as const },
  { name: "b", type: "int" as const },
];
const rows = "x,1,1\nx,2,bad\nx,bad,3\ny,bad,bad\nx,4,4\n";

function fold(job: Job<unknown>): { answer: unknown[][]; rejected: string[] } {
  const options = { module: import.meta.url, timeZone: "UTC", onError: "skip" as const, lineBytesMax: 1000 };
  const plan = planOf(job, { format, schema: { columns, fields: 3 } }, options);
  const pipeline = new Pipeline(plan, functionsOf(job), scalarKernel);
  const rejected: Rejected[] = [];
  pipeline.onReject = (each) => rejected.push(each);
  const parser = scalarKernel.parser({
    format,
    schema: { columns, fields: 3 },
    wanted: pipeline.wanted,
    lineBytesMax: 1000,
  });
  parser.begin({ start: 0, end: rows.length, first: true });
  pipeline.begin(0);
  pipeline.push(parser.push(Buffer.from(rows), true));
  return {
    answer: pipeline.grouping!.finish().columns,
    rejected: rejected.map(({ line, message }) => `${line}: ${message}`),
  };
}

const summing = (step: (sum: number, row: Row) => number) =>
  defineAggregate<Row, number, number>({ zero: () => 0, step, merge: (a, b) => a + b, finish: (sum) => sum });
const events = from<Row, Row>("a.csv", csv({ columns: { k: text, a: int, b: int } }) as never);

test("a bad field that the aggregate does not look at rejects nothing", () => {
  const job = events.groupBy("k").aggregate({ n: count(), s: summing((sum, { a }) => sum + (a ?? 0)) });
  const { answer, rejected } = fold(job);
  expect(answer).toEqual([["x"], [3], [7]]);
  expect(rejected.map((each) => each.slice(0, 12))).toEqual(["2: column a:", "3: column a:"]);
});

test("two aggregates look at what either looks at; a caught error rejects all the same", () => {
  const caught = summing((sum, row) => {
    try {
      return sum + (row.b ?? 0);
    } catch {
      return sum + 1000;
    }
  });
  const job = events.aggregate({ n: count(), s: summing((sum, { a }) => sum + (a ?? 0)), c: caught });
  const { answer, rejected } = fold(job);
  expect(answer).toEqual([[2], [5], [5]]);
  expect(rejected).toHaveLength(3);
});

test("one that looks at nothing folds every row, and one that copies the record all that are whole", () => {
  expect(fold(events.aggregate({ s: summing((sum) => sum + 1) }))).toEqual({ answer: [[5]], rejected: [] });
  const { answer, rejected } = fold(events.aggregate({ s: summing((sum, row) => sum + ({ ...row }.a ?? 0)) }));
  expect(answer).toEqual([[5]]);
  expect(rejected).toHaveLength(3);
});
