/** Wrong jobs fail where they are written, with a code and what to write instead. */
import { describe, expect, it } from "vitest";
import { UsageError } from "../../src/base/errors.ts";
import { collect, count, defineAggregate, distinct, histogram, quantile, topK } from "../../src/job/aggregate.ts";
import { expr, hour } from "../../src/job/column.ts";
import { from } from "../../src/job/job.ts";
import { csv, log, ndjson, regex, text, tsv } from "../../src/job/source-format.ts";

const events = from("a.csv");
const wrong = (value: unknown): never => value as never;

describe("misuse of the builder", () => {
  it.each<[string, string, () => unknown]>([
    ["no paths", "ERR_SOURCES", () => from([])],
    ["a path that is none", "ERR_SOURCES", () => from(wrong(5))],
    ["a format that is none", "ERR_OPTION", () => from("a", wrong("csv"))],
    ["a long delimiter", "ERR_OPTION", () => csv({ delimiter: "ab" })],
    ["a quote of two bytes", "ERR_OPTION", () => tsv({ quote: "é" })],
    ["a misspelt option", "ERR_OPTION", () => csv(wrong({ delimeter: ";" }))],
    ["header as text", "ERR_OPTION", () => csv({ header: wrong("yes") })],
    ["no columns", "ERR_OPTION", () => ndjson({ columns: {} })],
    ["a type as text", "ERR_COLUMN_TYPE", () => csv({ columns: { a: wrong("text") } })],
    ["a log format without fields", "ERR_OPTION", () => log("combined")],
    ["a pattern without groups", "ERR_PATTERN", () => regex(/a(b)/)],
    ["a global pattern", "ERR_PATTERN", () => regex(/(?<a>b)/g, { columns: { a: text } })],
    ["filter without function", "ERR_FUNCTION", () => events.filter(wrong(5))],
    ["a broken expression", "ERR_EXPRESSION", () => events.filter("a >")],
    ["an async function", "ERR_FUNCTION", () => events.map(async (event) => event)],
    ["a key that is no column", "ERR_COLUMN", () => events.groupBy(wrong({ a: 5 }))],
    ["no keys", "ERR_COLUMN", () => events.groupBy([])],
    ["two keys of one name", "ERR_COLUMN", () => events.groupBy(["a", "a"])],
    ["an expression where names are due", "ERR_COLUMN", () => events.groupBy(wrong(hour("ts")))],
    ["no aggregate", "ERR_COLUMN", () => events.aggregate({})],
    ["an aggregate that is none", "ERR_AGGREGATE", () => events.aggregate(wrong({ n: count }))],
    ["a key's name again", "ERR_COLUMN", () => events.groupBy("a").aggregate({ a: count() })],
    ["half an aggregate", "ERR_AGGREGATE", () => defineAggregate(wrong({ zero: () => 0 }))],
    ["a quantile of 99", "ERR_AGGREGATE_OPTION", () => quantile("a", 99)],
    ["a quantile of nothing", "ERR_AGGREGATE_OPTION", () => quantile("a", [])],
    ["no width", "ERR_AGGREGATE_OPTION", () => histogram("a", 0)],
    ["half a value", "ERR_AGGREGATE_OPTION", () => topK("a", 0.5)],
    ["collect without limit", "ERR_AGGREGATE_OPTION", () => collect("a", wrong(undefined))],
    ["distinct of nothing", "ERR_COLUMN", () => distinct(wrong(5))],
    ["an expression that is no text", "ERR_EXPRESSION", () => expr(wrong(5))],
    ["a negative limit", "ERR_OPTION", () => events.limit(-1)],
    ["a wrong direction", "ERR_OPTION", () => events.sort({ a: wrong("down") })],
    ["an unknown zone", "ERR_TIME_ZONE", () => events.timeZone("Mars/Base")],
  ])("%s: %s", (_, code, act) => {
    let error: unknown;
    try {
      act();
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(UsageError);
    expect((error as UsageError).code).toBe(code);
    expect((error as UsageError).exitCode).toBe(2);
  });

  it("jobs are values: a step changes nothing", () => {
    const job = events.groupBy("a").aggregate({ n: count() });
    job.limit(3).sort("n desc");
    expect(job.definition.limit).toBeUndefined();
    expect(job.definition.sort).toEqual([]);
  });
});
