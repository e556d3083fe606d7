/** The questions of the bench, once for each engine that can be asked. All answers are lines `key,…,number`. */
import type { DataKind } from "./data.ts";

export interface BenchJob {
  name: string;
  title: string;
  data: DataKind;
  /** Share of the lines that this job takes. */
  share: number;
  /** Arguments of our command line; the files come behind them. */
  threadmill: readonly string[];
  /** SQL with `EVENTS` in place of the table, in the words of both engines. */
  duckdb: string;
  chdb: string;
  mawk: string | undefined;
}

const columns = "id,ts:timestamp,url,user,country,browser,os,status:int,ttfb:float";

const visitors = {
  threadmill: [
    "query",
    "--columns",
    columns,
    "--by",
    "url, hour=hour(ts)",
    "--aggregate",
    "clicks=count(), visitors=distinct(user)",
  ],
  // Grouped by the hour as a time, which is faster, and printed as text afterwards.
  duckdb: `select url, strftime(hour, '%Y-%m-%dT%H:%M:%SZ'), clicks, visitors from (
    select url, date_trunc('hour', ts) as hour, count(*) as clicks, count(distinct "user") as visitors
    from EVENTS group by all)`,
  chdb: `select url, formatDateTime(hour, '%Y-%m-%dT%H:%i:%SZ'), clicks, visitors from (
    select url, toStartOfHour(ts) as hour, count() as clicks, uniqExact(user) as visitors
    from EVENTS group by url, hour)`,
  mawk: `{ key = $3 "," substr($2, 1, 13); clicks[key]++; if (!((key, $4) in seen)) { seen[key, $4]; visitors[key]++ } }
    END { for (key in clicks) print key ":00:00Z," clicks[key] "," visitors[key] }`,
} as const;

export const jobs: readonly BenchJob[] = [
  { name: "main", title: "CSV: clicks and different visitors by URL and hour", data: "csv", share: 1, ...visitors },
  {
    name: "predicate",
    title: "CSV: a TypeScript predicate, count by browser",
    data: "csv",
    share: 1,
    threadmill: ["run", "bench/predicate.ts"],
    duckdb: `select browser, count(*) from EVENTS where status >= 500 and "user" like '%7' group by all`,
    chdb: "select browser, count() from EVENTS where status >= 500 and user like '%7' group by browser",
    mawk: `$8 >= 500 && $4 ~ /7$/ { clicks[$6]++ } END { for (key in clicks) print key "," clicks[key] }`,
  },
  {
    name: "ndjson",
    title: "NDJSON: clicks and different visitors by URL and hour",
    data: "ndjson",
    share: 0.2,
    ...visitors,
    threadmill: [...visitors.threadmill, "--format", "ndjson"],
    mawk: undefined,
  },
  {
    name: "gzip",
    title: "CSV, gzip: clicks and different visitors by URL and hour",
    data: "csv.gz",
    share: 0.2,
    ...visitors,
  },
];
