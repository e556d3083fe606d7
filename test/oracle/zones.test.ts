/** Truncation and calendar parts in time zones with daylight saving, against DuckDB's ICU. */
import { beforeAll, describe, expect, test } from "vitest";
import { quoted } from "../support/duckdb.ts";
import { useOracle } from "../support/oracle.ts";

const oracle = useOracle([0, 2]);
const zones = [
  "Europe/Berlin",
  "America/New_York",
  "Asia/Kolkata",
  "Australia/Lord_Howe",
  "America/Sao_Paulo",
  "Asia/Kathmandu",
];
let file: string;

beforeAll(async () => {
  const micros: number[] = [];
  // Around the transitions, a quarter of an hour at a time; and all over the years.
  for (const day of [
    "2024-03-31",
    "2024-10-27",
    "2024-03-10",
    "2024-11-03",
    "2018-11-04",
    "2018-02-18",
    "2024-04-07",
    "2024-10-06",
  ]) {
    for (let quarter = -100; quarter < 200; quarter++)
      micros.push((Date.parse(day) / 1000 + quarter * 900) * 1e6 + 123_456);
  }
  for (let i = 0; i < 300; i++) micros.push((Date.UTC(1975, 0) / 1000 + i * 5_000_011) * 1e6 + i);
  const lines = micros.map((each, i) => {
    const text = new Date(each / 1000).toISOString().slice(0, 19);
    return `${i},${text}.${String(each % 1_000_000).padStart(6, "0")}Z`;
  });
  file = oracle.write("times.csv", `${lines.join("\n")}\n`);
  await oracle.duck.run("load icu");
  await oracle.duck.run(`create table times as from read_csv(${quoted(file)}, header = false, auto_detect = false,
    columns = {'i': 'INT', 'ts': 'TIMESTAMPTZ'})`);
});

/** When Lord Howe's clocks jump by half an hour. */
const halfHours =
  "ts between '2024-04-06T15:00:00Z' and '2024-04-06T15:30:00Z' or ts between '2024-10-05T15:30:00Z' and '2024-10-05T16:00:00Z'";
const columns = "i:int,ts:timestamp";

describe.each(zones)("%s", (zone) => {
  test.each(["minute", "day", "week", "month", "year"])("%s", async (unit) => {
    await oracle.duck.run(`set TimeZone = ${quoted(zone)}`);
    await oracle.agree(
      file,
      { columns, select: `x=${unit}(ts, ${quoted(zone)})` },
      `select date_trunc('${unit}', ts) from times order by i`,
    );
  });

  // DuckDB makes one hour of the two that an autumn night has, and puts the first into it before it begins.
  test("hour", async () => {
    await oracle.duck.run(`set TimeZone = ${quoted(zone)}`);
    await oracle.agree(
      file,
      { columns, select: `x=if(${halfHours}, null, hour(ts, ${quoted(zone)}))` },
      `select if(${halfHours}, null, ts - to_microseconds(minute(ts) * 60000000 + microsecond(ts))) from times order by i`,
    );
  });

  test("parts", async () => {
    await oracle.duck.run(`set TimeZone = ${quoted(zone)}`);
    const parts = ["hour_of_day", "day_of_week", "day_of_month", "month_of_year"];
    const select = parts.map((part) => `${part}=${part}(ts)`).join(", ");
    await oracle.agree(
      file,
      { columns, select },
      "select hour(ts), isodow(ts), day(ts), month(ts) from times order by i",
      [{ workers: 0 }, { workers: 2, splitBytes: 5000 }],
      { timeZone: zone },
    );
  });
});

test("the zone is part of the answer: an hour that happens twice is two groups", async () => {
  const question = { columns, where: ["ts between '2024-10-27T00:00:00Z' and '2024-10-27T01:59:59Z'"] };
  const { rows } = await oracle.ask(
    file,
    { ...question, by: "h=hour(ts, 'Europe/Berlin')", aggregate: "n=count()" },
    2,
  );
  expect(rows.map(([hour, n]) => [new Date((hour as number) / 1000).toISOString(), n])).toEqual([
    ["2024-10-27T00:00:00.000Z", 4],
    ["2024-10-27T01:00:00.000Z", 4],
  ]);
});

test("where clocks jump by half an hour, an hour begins at the jump", async () => {
  const times = [
    "2024-04-06T14:59:00Z",
    "2024-04-06T15:10:00Z",
    "2024-04-06T15:31:00Z",
    "2024-10-05T15:29:00Z",
    "2024-10-05T15:40:00Z",
  ];
  const jumps = oracle.write("jumps.csv", times.join("\n"));
  const { rows } = await oracle.ask(jumps, { columns: "ts:timestamp", select: "h=hour(ts, 'Australia/Lord_Howe')" });
  expect(rows.map(([hour]) => new Date((hour as number) / 1000).toISOString().slice(0, 16))).toEqual([
    "2024-04-06T14:00",
    "2024-04-06T15:00",
    "2024-04-06T15:30",
    "2024-10-05T14:30",
    "2024-10-05T15:30",
  ]);
});
