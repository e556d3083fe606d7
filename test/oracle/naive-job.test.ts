/** The engine against the naive reader, which parses, filters and groups in one plain loop: every value is the same, bit for bit. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { Column, CsvFormat } from "../../src/input/batch.ts";
import { eventColumns, makeEvents } from "../support/events.ts";
import { type NaiveJob, naiveJob, type PlainRecord } from "../support/naive-job.ts";
import { bytesOf, type Question, useOracle, type Way } from "../support/oracle.ts";

const oracle = useOracle([0, 1, 2, 3]);
const csv: CsvFormat = { kind: "csv", delimiter: ",", quote: '"', header: false };
const ways: Way[] = [
  { workers: 0 },
  { workers: 1, splitBytes: 4000 },
  { workers: 2, splitBytes: 30_000 },
  { workers: 3 },
];

function columnsOf(text: string): Column[] {
  return text.split(",").map((column) => {
    const [name, type = "text"] = column.split(":");
    return { name, type: type as Column["type"] };
  });
}

const of = (name: string) => (record: PlainRecord) => record[name];
const hourOf = (record: PlainRecord) => {
  const time = record.ts as Date;
  return new Date(Math.floor(time.getTime() / 3_600_000) * 3_600_000);
};

async function expectSame(files: string[], question: Question, job: NaiveJob): Promise<void> {
  const expected = bytesOf({
    names: [],
    rows: naiveJob(
      files.map((file) => readFileSync(file)),
      job,
    ),
  });
  for (const { workers, splitBytes } of ways) {
    const actual = await oracle.ask(files, question, workers, splitBytes ? { splitBytes } : {});
    expect(bytesOf(actual), `${workers} workers, splits of ${splitBytes} bytes`).toBe(expected);
  }
}

test.each(["csv", "ndjson"] as const)("event logs as %s", async (format) => {
  const files = await makeEvents(oracle, {
    format,
    files: 2,
    lines: 500,
    urls: 8,
    users: 30,
    hours: 3,
    duplicates: 0.05,
  });
  const schema = { columns: columnsOf(eventColumns), fields: format === "csv" ? 9 : 0 };
  const sorted = format === "csv" ? schema.columns : [...schema.columns];
  await expectSame(
    files,
    {
      format,
      columns: eventColumns,
      where: ["status < 500"],
      by: "url, hour=hour(ts)",
      aggregate: `n=count(), ids=distinct(id), s=sum(ttfb), m=mean(ttfb), v=variance(ttfb), d=stddev(status), low=min(ttfb),
        high=max(id), top=top(status, 3), h=histogram(ttfb, 0.5), f=first(user, ts), l=last(user, ts), a=any(os), c=collect(browser, 4)`,
    },
    {
      format: format === "csv" ? csv : { kind: "ndjson" },
      schema: { ...schema, columns: sorted },
      filter: (record) => (record.status as number) < 500,
      keys: [of("url"), hourOf],
      aggregates: [
        { spec: { op: "count", options: {} }, inputs: [] },
        { spec: { op: "distinct", options: {} }, inputs: [of("id")] },
        { spec: { op: "sum", options: {} }, inputs: [of("ttfb")], isFloat: true },
        { spec: { op: "mean", options: {} }, inputs: [of("ttfb")], isFloat: true },
        { spec: { op: "variance", options: {} }, inputs: [of("ttfb")], isFloat: true },
        { spec: { op: "stddev", options: {} }, inputs: [of("status")] },
        { spec: { op: "min", options: {} }, inputs: [of("ttfb")] },
        { spec: { op: "max", options: {} }, inputs: [of("id")] },
        { spec: { op: "topK", options: { k: 3 } }, inputs: [of("status")] },
        { spec: { op: "histogram", options: { width: 0.5 } }, inputs: [of("ttfb")] },
        { spec: { op: "first", options: {} }, inputs: [of("user"), of("ts")] },
        { spec: { op: "last", options: {} }, inputs: [of("user"), of("ts")] },
        { spec: { op: "any", options: {} }, inputs: [of("os")] },
        { spec: { op: "collect", options: { limit: 4 } }, inputs: [of("browser")] },
      ],
    },
  );
});

test("quotes, newlines, nulls, CRLF and a BOM", async () => {
  const lines = Array.from({ length: 300 }, (_, i) => {
    const name = ['"a,b"', "plain", '"two\nlines"', '"say ""x"""', "", "ü"][i % 6];
    return `${name},${i % 4 === 1 ? "" : i * 1e12},${i % 3 === 0 ? "" : i / 7}`;
  });
  const file = oracle.write("naive.csv", `\uFEFF${lines.join("\r\n")}`);
  const columns = "name:text,n:int,x:float";
  await expectSame(
    [file],
    { columns, by: "name", aggregate: "n=count(n), s=sum(n), x=sum(x), c=collect(x, 100), h=max(n)" },
    {
      format: csv,
      schema: { columns: columnsOf(columns), fields: 3 },
      keys: [of("name")],
      aggregates: [
        { spec: { op: "count", options: {} }, inputs: [of("n")] },
        { spec: { op: "sum", options: {} }, inputs: [of("n")] },
        { spec: { op: "sum", options: {} }, inputs: [of("x")], isFloat: true },
        { spec: { op: "collect", options: { limit: 100 } }, inputs: [of("x")] },
        { spec: { op: "max", options: {} }, inputs: [of("n")] },
      ],
    },
  );
});
