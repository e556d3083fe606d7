/**
 * The jobs of the bench: a question on a set of data, in the words of each engine, what must be reached, and how it is run.
 * SQL says EVENTS where the engine's own way to read the files goes. Where an engine has several formulations of a question,
 * the faster one counts.
 */
import type { DataName } from "./data/data.ts";

/** What a job has to reach. Figures are ratios, but `memory`, which is in bytes. */
export interface Target {
  /**
   * faster: the other's time by ours, at least. time: ours by the other's, at most. memory: our peak, at most.
   * share: our peak by the other's, at most.
   */
  measure: "faster" | "time" | "memory" | "share";
  /** The other; none for `memory`. */
  against?: string;
  floor: number;
  aim: number;
}

export interface Question {
  /** Arguments of our command line; the files come behind them. */
  threadmill: readonly string[];
  /** By the name of the formulation. */
  duckdb: Readonly<Record<string, string>>;
  chdb: Readonly<Record<string, string>>;
  mawk?: string;
}

export interface BenchJob {
  name: string;
  title: string;
  data: DataName;
  question: Question;
  /** process: from start to exit. warm: again and again in one process, which is not measured starting. */
  mode: "process" | "warm";
  /** In place of other engines: ourselves with other threads or other files. The first is the one that is judged. */
  own?: readonly { name: string; threads: number; data: DataName }[];
  targets: readonly Target[];
}

const MB = 1e6;
const columns = "id,ts:timestamp,url,user,country,browser,os,status:int,ttfb:float";
const byUrlAndHour = {
  threadmill: [
    ...["query", "--columns", columns, "--by", "url, hour=hour(ts)"],
    ...["--aggregate", "clicks=count(), visitors=distinct(user)"],
  ],
  duckdb: {
    "count(distinct)": `select url, date_trunc('hour', ts) as hour, count(*) as clicks, count(distinct "user") as visitors
      from EVENTS group by all`,
  },
  chdb: {
    uniqExact: `select url, toStartOfHour(ts) as hour, count() as clicks, uniqExact(user) as visitors
      from EVENTS group by url, hour`,
  },
};
/** The formulation that can win where there are as many groups as rows. */
const twoLevels = {
  duckdb: `select url, hour, sum(n)::bigint as clicks, count(*) as visitors from (
    select url, date_trunc('hour', ts) as hour, "user", count(*) as n from EVENTS group by all) group by all`,
  chdb: `select url, hour, sum(n) as clicks, count() as visitors from (
    select url, toStartOfHour(ts) as hour, user, count() as n from EVENTS group by url, hour, user) group by url, hour`,
};

const faster = (against: string, floor: number, aim: number): Target => ({ measure: "faster", against, floor, aim });
const timeOf = (against: string, floor: number, aim: number): Target => ({ measure: "time", against, floor, aim });
const shareOf = (against: string, most: number): Target => ({ measure: "share", against, floor: most, aim: most });

export const jobs: readonly BenchJob[] = [
  {
    ...{ name: "main", title: "CSV, by URL and hour: clicks, different visitors; whole process" },
    ...{ data: "main", mode: "process", question: byUrlAndHour },
    targets: [faster("duckdb", 4.8, 6), faster("chdb", 3.6, 4.5)],
  },
  {
    ...{ name: "warm", title: "the same, repeated in one process" },
    ...{ data: "main", mode: "warm", question: byUrlAndHour },
    targets: [
      ...[faster("duckdb", 6.5, 8), faster("chdb", 4.5, 6), timeOf("wc -l", 2.3, 1.8)],
      { measure: "memory", floor: 150 * MB, aim: 150 * MB },
    ],
  },
  {
    ...{ name: "high", title: "the same, nearly as many groups as lines" },
    ...{ data: "high", mode: "process" },
    question: {
      threadmill: byUrlAndHour.threadmill,
      duckdb: { ...byUrlAndHour.duckdb, "two levels": twoLevels.duckdb },
      chdb: { ...byUrlAndHour.chdb, "two levels": twoLevels.chdb },
    },
    targets: [faster("duckdb", 5, 7), faster("chdb", 5.5, 8), shareOf("duckdb", 0.4), shareOf("chdb", 0.2)],
  },
  {
    ...{ name: "predicate", title: "a TypeScript predicate, count by browser", data: "main", mode: "process" },
    question: {
      threadmill: ["run", "bench/predicate.ts"],
      duckdb: { sql: "select browser, count(*) from EVENTS where length(url) > 20 and status >= 400 group by all" },
      chdb: { sql: "select browser, count() from EVENTS where length(url) > 20 and status >= 400 group by browser" },
      mawk: `length($3) > 20 && $8 >= 400 { clicks[$6]++ } END { for (key in clicks) print key "," clicks[key] }`,
    },
    targets: [faster("duckdb", 3, 4), faster("chdb", 2.8, 4)],
  },
  {
    ...{ name: "stations", title: "one billion row challenge, the twentieth part", data: "stations", mode: "process" },
    question: {
      threadmill: [
        ...["query", "--delimiter", ";", "--columns", "station,temperature:float", "--by", "station"],
        ...["--aggregate", "lowest=min(temperature), mean=mean(temperature), highest=max(temperature)"],
      ],
      duckdb: { sql: "select station, min(temperature), avg(temperature), max(temperature) from EVENTS group by all" },
      chdb: {
        sql: "select station, min(temperature), avg(temperature), max(temperature) from EVENTS group by station",
      },
    },
    targets: [faster("duckdb", 5, 7), faster("chdb", 3.5, 5), timeOf("wc -l", 4.5, 3)],
  },
  {
    ...{ name: "ndjson", title: "NDJSON, by URL and hour", data: "ndjson", mode: "process" },
    question: { ...byUrlAndHour, threadmill: [...byUrlAndHour.threadmill, "--format", "ndjson"] },
    targets: [faster("duckdb", 3.8, 5), faster("chdb", 3, 4)],
  },
  {
    ...{ name: "gzip", title: "CSV, four gzip files, by URL and hour", data: "gzip", mode: "process" },
    question: byUrlAndHour,
    targets: [faster("duckdb", 2.6, 3.5), faster("chdb", 1.2, 1.7)],
  },
  {
    ...{ name: "zstd", title: "CSV, four zstd files, by URL and hour", data: "zstd", mode: "process" },
    question: byUrlAndHour,
    targets: [faster("duckdb", 3.3, 4), faster("chdb", 2.3, 3)],
  },
  {
    ...{ name: "quoted", title: "CSV, quoted delimiters, quotes and newlines, by URL and hour" },
    ...{ data: "quoted", mode: "process", question: byUrlAndHour },
    targets: [faster("duckdb", 4.5, 6)],
  },
  {
    ...{ name: "scaling", title: "one file of the main job's lines, repeated in one process" },
    ...{ data: "one", mode: "warm", question: byUrlAndHour },
    own: [
      { name: "2 workers", threads: 2, data: "one" },
      { name: "1 worker", threads: 1, data: "one" },
      { name: "2 workers, four files", threads: 2, data: "main" },
    ],
    targets: [faster("1 worker", 1.8, 1.8), timeOf("2 workers, four files", 1.1, 1.1)],
  },
];
