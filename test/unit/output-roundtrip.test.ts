/** What DuckDB reads from our csv, json and parquet is what was written, to the last digit. */
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ResultColumn } from "../../src/output/output.ts";
import { writeParquet } from "../../src/output/parquet.ts";
import { fileSink } from "../../src/output/sink.ts";
import { writeResult } from "../../src/output/write.ts";
import { columns, resultOf, rows } from "../golden/output/awkward.ts";

let folder: string;
let duck: DuckDBInstance;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "threadmill-test-"));
  duck = await DuckDBInstance.create(":memory:");
});
afterAll(async () => {
  duck.closeSync();
  await rm(folder, { recursive: true });
});

async function ask(sql: string): Promise<unknown[][]> {
  const connection = await duck.connect();
  try {
    await connection.run("SET TimeZone='UTC'");
    return (await (await connection.runAndReadAll(sql)).getRowsJS()) as unknown[][];
  } finally {
    connection.closeSync();
  }
}

/** Everything as text, in SQL: no driver between the value and the comparison. */
const asText = columns.map(({ name }) => `"${name.replaceAll('"', '""')}"::VARCHAR`).join(", ");

test("csv: texts, integers of any size, times", async () => {
  const path = join(folder, "a.csv");
  await writeResult(resultOf(columns, rows), { format: "csv", path, timeZone: "UTC" });
  const read = await ask(
    `SELECT * FROM read_csv('${path}', header=true, all_varchar=true, allow_quoted_nulls=false, strict_mode=true)`,
  );
  expect(read.map((row) => row.slice(0, 2))).toEqual(rows.map((row) => row.slice(0, 2)));
  const digits = (value: unknown) => (value === null ? null : String(value));
  expect(read.map((row) => row.slice(2, 4))).toEqual(rows.map((row) => row.slice(2, 4).map(digits)));
  expect(read.map((row) => row[6])).toEqual([
    "2019-09-14T23:00:00Z",
    "2019-09-14T23:00:00.123456Z",
    "2019-09-14T23:00:00.500Z",
    null,
    "1970-01-01T00:00:00Z",
    "1969-12-31T23:59:59Z",
    null,
  ]);
});

test("csv: rows of one null are not lost", async () => {
  const path = join(folder, "one.csv");
  const one: ResultColumn[] = [{ name: "x", type: "text" }];
  await writeResult(resultOf(one, [["a"], [null], ["b"], [null]]), { format: "csv", path, timeZone: "UTC" });
  expect(await ask(`SELECT count(*)::INT FROM read_csv('${path}', header=true, all_varchar=true)`)).toEqual([[4]]);
});

describe.each(["json", "ndjson"] as const)("%s", (format) => {
  test("texts, numbers and times", async () => {
    const path = join(folder, `a.${format}`);
    await writeResult(resultOf(columns, rows), { format, path, timeZone: "UTC" });
    const types =
      "{text:'VARCHAR','na\"me, |':'VARCHAR',int:'VARCHAR',big:'HUGEINT',float:'DOUBLE',ok:'BOOLEAN','at':'TIMESTAMP','any':'JSON'}";
    const layout = format === "json" ? "array" : "newline_delimited";
    const read = await ask(`SELECT * FROM read_json('${path}', format='${layout}', columns=${types})`);
    expect(read.map((row) => row.slice(0, 2))).toEqual(rows.map((row) => row.slice(0, 2)));
    expect(read.map((row) => row[3])).toEqual(rows.map((row) => row[3]));
    // DuckDB's JSON reader drops the sign of -0; ours keeps it.
    expect(read.map((row) => row[4])).toEqual([0.5, 1 / 3, null, null, 0, 1e21, null]);
    expect(read.map((row) => row[5])).toEqual(rows.map((row) => row[5]));
  });

  test("no rows", async () => {
    const path = join(folder, `empty.${format}`);
    await writeResult(resultOf(columns, []), { format, path, timeZone: "UTC" });
    expect(await ask(`SELECT count(*)::INT FROM read_json('${path}', columns={text:'VARCHAR'})`)).toEqual([[0]]);
  });
});

describe("parquet", () => {
  async function parquet(of: ResultColumn[], data: unknown[][], groupRows?: number): Promise<string> {
    const path = join(folder, "a.parquet");
    const sink = await fileSink(path);
    expect(await writeParquet(resultOf(of, data), sink, { timeZone: "UTC", groupRows })).toBe(data.length);
    await sink.commit();
    return path;
  }
  const types = (path: string) =>
    ask(`SELECT column_type FROM (DESCRIBE SELECT * FROM '${path}')`).then((read) => read.flat());

  test("awkward values, types and nulls", async () => {
    // Two row groups and more: the integers go through the spool, and the widest value decides for the whole file.
    for (const groupRows of [undefined, 2]) {
      const path = await parquet(columns, rows, groupRows);
      // 2^127 has 39 digits: more than any decimal, so the column is text.
      expect(await types(path)).toEqual([
        "VARCHAR",
        "VARCHAR",
        "VARCHAR",
        "BIGINT",
        "DOUBLE",
        "BOOLEAN",
        "TIMESTAMP WITH TIME ZONE",
        "JSON",
      ]);
      const read = await ask(`SELECT ${asText} FROM '${path}'`);
      expect(read.map((row) => row.slice(0, 2))).toEqual(rows.map((row) => row.slice(0, 2)));
      const digits = (value: unknown) => (value === null ? null : String(value));
      expect(read.map((row) => row.slice(2, 4))).toEqual(rows.map((row) => row.slice(2, 4).map(digits)));
      expect(read.map((row) => row[4])).toEqual(["0.5", "0.3333333333333333", "nan", "inf", "-0.0", "1e+21", null]);
      expect(read.map((row) => row[5])).toEqual(rows.map((row) => row[5]?.toString() ?? null));
      const micros = (await ask(`SELECT epoch_us("at")::DOUBLE FROM '${path}'`)).flat();
      expect(micros).toEqual(rows.map((row) => row[6]));
      expect(read.map((row) => row[7])).toEqual([
        '[1,"two",null]',
        '{"a":{"b":[]}}',
        '[["x",3]]',
        '"text"',
        '[["k",1180591620717411303424]]',
        null,
        null,
      ]);
    }
  });

  test("sums beyond 64 bits are decimals, also when the last row group has the first of them", async () => {
    const of: ResultColumn[] = [{ name: "sum", type: "int" }];
    const data: unknown[][] = Array.from({ length: 10 }, (_, i) => [i - 5]);
    data.push([-(2n ** 100n)], [null], [10n ** 38n - 1n]);
    for (const groupRows of [undefined, 3, 1]) {
      const path = await parquet(of, data, groupRows);
      expect(await types(path)).toEqual(["DECIMAL(38,0)"]);
      const read = await ask(`SELECT sum::VARCHAR FROM '${path}'`);
      expect(read.flat()).toEqual(data.map(([value]) => value?.toString() ?? null));
      // The statistics must not hide rows from a filter.
      expect(await ask(`SELECT count(*)::INT FROM '${path}' WHERE sum < -5`)).toEqual([[1]]);
      expect(await ask(`SELECT count(*)::INT FROM '${path}' WHERE sum > 4`)).toEqual([[1]]);
    }
    expect((await readdir(tmpdir())).filter((name) => name.startsWith(`threadmill-spool.${process.pid}-`))).toEqual([]);
  });

  test("no rows keeps the columns", async () => {
    const path = await parquet(columns, []);
    expect((await types(path)).length).toBe(columns.length);
    expect(await ask(`SELECT count(*)::INT FROM '${path}'`)).toEqual([[0]]);
  });

  test("many rows in many groups, metadata", async () => {
    const of: ResultColumn[] = [
      { name: "url", type: "text" },
      { name: "clicks", type: "int" },
    ];
    const data = Array.from({ length: 5000 }, (_, i) => [`http://example.com/?url=${i % 97}`, i]);
    const path = join(folder, "meta.parquet");
    await writeResult(resultOf(of, data, 512), { format: "parquet", path, timeZone: "UTC", meta: { question: "é?" } });
    expect(await ask(`SELECT count(DISTINCT url)::INT, sum(clicks)::BIGINT FROM '${path}'`)).toEqual([[97, 12497500n]]);
    const kept = await ask(`SELECT decode(key), decode(value) FROM parquet_kv_metadata('${path}')`);
    expect(kept).toContainEqual(["question", "é?"]);
    const grouped = await parquet(of, data, 700);
    expect(await ask(`SELECT sum(clicks)::BIGINT, count(*)::INT FROM '${grouped}' WHERE clicks >= 4200`)).toEqual([
      [3679600n, 800],
    ]);
  });
});
