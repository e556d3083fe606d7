/** The three questions about event logs, on logs of the project's own generator. */
import { beforeAll, expect, test } from "vitest";
import { generate } from "../../src/run/generate.ts";
import { quoted } from "../support/duckdb.ts";
import { useOracle, type Way } from "../support/oracle.ts";

const oracle = useOracle([0, 1, 2, 3]);
const columns = "id,ts:timestamp,url,user,country,browser,os,status:int,ttfb:float";
const ways: Way[] = [
  { workers: 0 },
  { workers: 0, splitBytes: 40_000 },
  { workers: 1, splitBytes: 70_001 },
  { workers: 2 },
  { workers: 3, splitBytes: 100_003 },
];
let files: string[];

beforeAll(async () => {
  const options = { files: 3, lines: 4000, urls: 30, users: 40, hours: 6, skew: 1, duplicates: 0.03 };
  const generated = await generate(oracle.folder, options, { executor: oracle.executors.get(2)! });
  files = generated.files;
  const types = ["id", "ts", "url", "user", "country", "browser", "os", "status", "ttfb"].map((name) => {
    const type = { ts: "TIMESTAMP", status: "BIGINT", ttfb: "DOUBLE" }[name] ?? "VARCHAR";
    return `${quoted(name)}: ${quoted(type)}`;
  });
  const list = files.map(quoted).join(", ");
  await oracle.duck.run(
    `create view events as from read_csv([${list}], header = false, auto_detect = false, columns = {${types}})`,
  );
  expect((await oracle.duck.query("select count(*) from events")).rows).toEqual([[12_000]]);
});

test("how many different URLs per hour", () =>
  oracle.agree(
    files,
    { columns, by: "hour=hour(ts)", aggregate: "urls=distinct(url)" },
    "select date_trunc('hour', ts) h, count(distinct url) from events group by all order by all",
    ways,
  ));

test("how many different visitors per URL and hour", () =>
  oracle.agree(
    files,
    { columns, by: "url, hour=hour(ts)", aggregate: "visitors=distinct(user)" },
    "select url, date_trunc('hour', ts) h, count(distinct \"user\") from events group by all order by all",
    ways,
  ));

test("how many clicks, and how many different clicks, per URL and hour", () =>
  oracle.agree(
    files,
    { columns, by: "url, hour=hour(ts)", aggregate: "clicks=count(), different=distinct(id)" },
    "select url, date_trunc('hour', ts) h, count(*), count(distinct id) from events group by all order by all",
    ways,
  ));

test("sorted and cut", () =>
  oracle.agree(
    files,
    { columns, by: "url", aggregate: "clicks=count(), slow=max(ttfb)", sort: "clicks desc, url", limit: 7 },
    "select url, count(*) c, max(ttfb) from events group by all order by c desc, url limit 7",
    ways,
  ));

test("rows, in the order of the input", () =>
  oracle.agree(
    files,
    {
      columns,
      where: ["status >= 500 and country in ('DE', 'FR', 'GB', 'US')"],
      select: "ts, url, status, ms=ttfb * 1000",
    },
    `select ts, url, status, ttfb * 1000 from events where status >= 500 and country in ('DE', 'FR', 'GB', 'US')`,
    ways,
  ));
