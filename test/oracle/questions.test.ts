/** The three questions about event logs, on logs of the project's own generator. */
import { beforeAll, expect, test } from "vitest";
import { eventColumns, makeEvents } from "../support/events.ts";
import { useOracle, type Way } from "../support/oracle.ts";

const oracle = useOracle([0, 1, 2, 3]);
const columns = eventColumns;
const ways: Way[] = [
  { workers: 0 },
  { workers: 0, splitBytes: 15_000 },
  { workers: 1, splitBytes: 27_001 },
  { workers: 2 },
  { workers: 3, splitBytes: 33_003 },
];
let files: string[];

beforeAll(async () => {
  const options = { files: 3, lines: 1500, urls: 30, users: 40, hours: 6, skew: 1, duplicates: 0.03 };
  files = await makeEvents(oracle, options);
  expect((await oracle.duck.query("select count(*) from events")).rows).toEqual([[4500]]);
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
