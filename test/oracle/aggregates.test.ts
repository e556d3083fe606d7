/** Every aggregate against DuckDB's, on logs of the generator and on numbers that do not fit a double. */
import { beforeAll, expect, test } from "vitest";
import { isNear, quoted } from "../support/duckdb.ts";
import { eventColumns, makeEvents } from "../support/events.ts";
import { useOracle, type Way } from "../support/oracle.ts";

const oracle = useOracle([0, 1, 2, 3]);
const columns = eventColumns;
const ways: Way[] = [
  { workers: 0 },
  { workers: 0, splitBytes: 9011 },
  { workers: 0, kernel: "scalar" },
  { workers: 2, splitBytes: 20_000 },
  { workers: 3 },
];
let files: string[];

beforeAll(async () => {
  const options = { files: 2, lines: 900, urls: 12, users: 300, hours: 3, skew: 1, duplicates: 0.02 };
  files = await makeEvents(oracle, options);
});

/** Ours, DuckDB's; over the events by url, and in all. */
const exact: [aggregate: string, sql: string][] = [
  ["count()", "count(*)"],
  ["count(country)", "count(country)"],
  ["distinct(user)", 'count(distinct "user")'],
  ["distinct(status)", "count(distinct status)"],
  ["distinct(ttfb)", "count(distinct ttfb)"],
  ["distinct(ts)", "count(distinct ts)"],
  ["sum(status)", "sum(status)"],
  ["sum(ttfb)", "fsum(ttfb)"],
  ["sum(status * 1000000007)", "sum(status * 1000000007)"],
  ["mean(status)", "avg(status)"],
  ["mean(ttfb)", "favg(ttfb)"],
  ["min(ttfb)", "min(ttfb)"],
  ["max(ttfb)", "max(ttfb)"],
  ["min(ts)", "min(ts)"],
  ["max(ts)", "max(ts)"],
  ["min(id)", "min(id)"],
  ["max(os)", "max(os)"],
  ["variance(ttfb)", "var_samp(ttfb)"],
  ["variance(status)", "var_samp(status)"],
  ["stddev(ttfb)", "stddev_samp(ttfb)"],
  ["first(id, ts)", "first(id order by ts, i)"],
  ["last(id, ts)", "last(id order by ts, i)"],
  ["first(id)", "first(id order by i)"],
  ["last(browser)", "last(browser order by i)"],
  ["any(user)", 'first("user" order by i)'],
  ["collect(status, 1000000)", "list(status order by i)"],
  ["collect(os, 5)", "list(os order by i)[1:5]"],
];

test.each(exact)("%s", async (aggregate, sql) => {
  const question = { columns, aggregate: `answer=${aggregate}` };
  await oracle.agree(
    files,
    { ...question, by: "url" },
    `select url, ${sql} from events group by url order by url`,
    ways,
  );
  await oracle.agree(files, question, `select ${sql} from events`, ways.slice(1));
});

test("all of them at once", () =>
  oracle.agree(
    files,
    { columns, by: "country", aggregate: exact.map(([aggregate], i) => `a${i}=${aggregate}`).join(", ") },
    `select country, ${exact.map(([, sql]) => sql).join(", ")} from events group by country order by country`,
    ways,
  ));

test("histogram", () =>
  oracle.agree(
    files,
    { columns, by: "url", aggregate: "h=histogram(ttfb, 0.25)" },
    `select url, list([b, c::double] order by b) from
     (select url, floor(ttfb / 0.25) * 0.25 b, count(*) c from events group by all) group by url order by url`,
    ways,
  ));

test("the most frequent values, ties by value", () =>
  oracle.agree(
    files,
    { columns, by: "url", aggregate: "t=top(status, 4)" },
    `select url, list([status, c] order by c desc, status)[1:4] from
     (select url, status, count(*) c from events group by all) group by url order by url`,
    ways,
  ));

test("quantiles lie within their relative error", async () => {
  const qs = [0, 0.01, 0.25, 0.5, 0.75, 0.9, 0.99, 1];
  const found = await oracle.ask(files, { columns, by: "url", aggregate: `q=quantile(ttfb, ${qs.join(", ")})` }, 2);
  const expected = await oracle.duck.query(
    `select url, quantile_cont(ttfb, [${qs}]), list_sort(list(ttfb)) from events group by url order by url`,
  );
  for (const [i, [url, continuous, sorted]] of expected.rows.entries()) {
    const values = sorted as number[];
    expect(found.rows[i][0]).toBe(url);
    for (const [at, q] of qs.entries()) {
      // quantile_cont interpolates between these two neighbours; a sketch may answer with either of them.
      const rank = q * (values.length - 1);
      const [low, high] = [values[Math.floor(rank)], values[Math.ceil(rank)]];
      const sketched = (found.rows[i][1] as number[])[at];
      const place = `q ${q} of ${url}: ${sketched}; ${low} … ${(continuous as number[])[at]} … ${high}`;
      expect(sketched, place).toBeGreaterThanOrEqual(low * 0.99 - 1e-12);
      expect(sketched, place).toBeLessThanOrEqual(high * 1.01 + 1e-12);
    }
  }
});

test("approximate counts lie within their error", async () => {
  const question = { columns, by: "url", aggregate: "ids=approx_distinct(id), users=approx_distinct(user)" };
  const found = await oracle.ask(files, question, 3, { splitBytes: 14_444 });
  const { rows } = await oracle.duck.query(
    'select url, count(distinct id), count(distinct "user") from events group by url order by url',
  );
  for (const [i, [url, ...counts]] of rows.entries()) {
    expect(found.rows[i][0]).toBe(url);
    counts.forEach((count, c) => {
      expect(
        isNear(found.rows[i][c + 1] as number, count as number, 0.05),
        `${url} ${count} ${found.rows[i][c + 1]}`,
      ).toBe(true);
    });
  }
});

test("integers beyond 2^53, up to 128 bits, and floats that cancel", async () => {
  const big = ["9223372036854775807", "-9223372036854775808", "9007199254740993", "1", "", "-3"];
  const small = ["9007199254740991", "9007199254740991", "-9007199254740991", "5", "", "0"];
  const float = ["1e16", "1", "-1e16", "1e-9", "", "0.1"];
  const lines = Array.from({ length: 300 }, (_, i) => {
    const at = (i * 7) % 5;
    return `${i % 3},${big[(at + i) % 6]},${small[(at * i) % 6]},${float[i % 6]}`;
  });
  const file = oracle.write("big.csv", `k,b,s,f\n${lines.join("\n")}\n`);
  await oracle.duck.run(
    `create table big as from read_csv(${quoted(file)}, columns = {'k': 'INT', 'b': 'BIGINT', 's': 'BIGINT', 'f': 'DOUBLE'})`,
  );
  const question = { header: true, columns: "k:int,b:bigint,s:int,f:float" };
  const byK = "from big group by k order by k";
  const cuts: Way[] = [{ workers: 0 }, { workers: 2, splitBytes: 100 }, { workers: 3, splitBytes: 999 }];
  await oracle.agree(
    file,
    { ...question, by: "k", aggregate: "a=sum(b), c=sum(s), d=min(b), e=max(b), g=distinct(b), h=count(b)" },
    `select k, sum(b), sum(s), min(b), max(b), count(distinct b), count(b) ${byK}`,
    cuts,
  );
  await oracle.agree(
    file,
    { ...question, by: "b", aggregate: "n=count(), f=sum(f), m=mean(f), s=mean(s)" },
    // DuckDB's own sums of floats lose what cancels (1e16 + 1 - 1e16); as decimals they are exact, as ours are.
    `select b, count(*), sum(f::decimal(38, 10))::double, sum(f::decimal(38, 10))::double / count(f), avg(s)
     from big group by b order by b`,
    cuts,
  );
  await oracle.agree(
    file,
    { ...question, aggregate: "s=sum(b), f=sum(f)" },
    "select sum(b), sum(f::decimal(38, 10))::double from big",
    cuts,
  );
});

test("no rows at all", () =>
  oracle.agree(
    files,
    {
      columns,
      where: ["status = 1"],
      aggregate:
        "a=count(), b=distinct(url), c=sum(status), d=mean(ttfb), e=min(id), f=variance(ttfb), g=first(id, ts)",
    },
    "select count(*), count(distinct url), sum(status), avg(ttfb), min(id), var_samp(ttfb), first(id) from events where status = 1",
    ways,
  ));
