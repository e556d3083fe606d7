/** Types flow from the declared columns through filters, keys and aggregates to the result; wrong names do not compile. */
import { describe, expectTypeOf, it } from "vitest";
import {
  any,
  collect,
  count,
  defineAggregate,
  distinct,
  first,
  max,
  min,
  quantile,
  sum,
  topK,
} from "../../src/job/aggregate.ts";
import { bucket, host, hour, lower } from "../../src/job/column.ts";
import { type Answer, from, type Job } from "../../src/job/job.ts";
import { bigint, csv, int, nullable, text, timestamp } from "../../src/job/source-format.ts";

const columns = { id: text, ts: timestamp, url: text, user: text, status: int, size: bigint, ref: nullable(text) };
const events = from("logs/*.csv", csv({ columns }));
type RowOfJob<J> = J extends Job<infer Row> ? Row : never;

describe("types of jobs", () => {
  it("records have the declared columns", () => {
    events.filter((event) => {
      expectTypeOf(event.status).toEqualTypeOf<number>();
      expectTypeOf(event.ts).toEqualTypeOf<number>();
      expectTypeOf(event.size).toEqualTypeOf<bigint>();
      expectTypeOf(event.ref).toEqualTypeOf<string | null>();
      // @ts-expect-error: no such column
      return event.statsu < 500;
    });
  });

  it("results have keys and aggregates", () => {
    const job = events
      .filter((event) => event.status < 500)
      .groupBy({ url: "url", hour: hour("ts") })
      .aggregate({ clicks: count(), visitors: distinct("user") });
    expectTypeOf<RowOfJob<typeof job>>().toEqualTypeOf<{ url: string; hour: Date; clicks: number; visitors: number }>();
  });

  it("aggregates of a column have its type", () => {
    const job = events.groupBy("ts").aggregate({
      low: min("ts"),
      high: max("size"),
      total: sum("status"),
      p: quantile("status", 0.5),
      ps: quantile("status", [0.5, 0.9]),
      some: any("url"),
      opened: first("url", "ts"),
      few: collect("ts", 3),
      best: topK("user", 2),
      hostly: max(host("url")),
    });
    expectTypeOf<RowOfJob<typeof job>>().toEqualTypeOf<{
      ts: Date;
      low: Date;
      high: bigint;
      total: number | bigint;
      p: number;
      ps: number[];
      some: string;
      opened: string;
      few: Date[];
      best: [string, number][];
      hostly: string | null;
    }>();
  });

  it("select and lists of keys", () => {
    const selected = events.select("url", "ts");
    expectTypeOf<RowOfJob<typeof selected>>().toEqualTypeOf<{ url: string; ts: Date }>();
    const made = events.select({ low: lower("url"), wide: bucket("status", 100), when: "ts" });
    expectTypeOf<RowOfJob<typeof made>>().toEqualTypeOf<{ low: string; wide: number; when: Date }>();
    const grouped = events.groupBy(["url", "user"]).aggregate({ n: count() });
    expectTypeOf<RowOfJob<typeof grouped>>().toEqualTypeOf<{ url: string; user: string; n: number }>();
  });

  it("map makes new records", () => {
    const mapped = events.map((event) => ({ page: event.url.slice(1), at: new Date(event.ts) }));
    const job = mapped.groupBy("page").aggregate({ n: count(), last: max("at") });
    expectTypeOf<RowOfJob<typeof job>>().toEqualTypeOf<{ page: string; n: number; last: Date }>();
    expectTypeOf(events.flatMap((event) => [event.id])).toExtend<Answer<string>>();
    // @ts-expect-error: url is gone
    mapped.groupBy("url");
  });

  it("wrong columns do not compile", () => {
    const wrong = () => [
      // @ts-expect-error: no such column
      events.groupBy("ulr"),
      // @ts-expect-error: no such column
      events.groupBy({ hour: hour("tss") }),
      // @ts-expect-error: no such column
      events.groupBy("url").aggregate({ visitors: distinct("usr") }),
      // @ts-expect-error: no such column
      events.select("url", "nothing"),
      // @ts-expect-error: no such result column
      events.groupBy("url").aggregate({ n: count() }).top(3, "m"),
    ];
    expectTypeOf(wrong).toBeFunction();
  });

  it("users' aggregates", () => {
    const longest = defineAggregate(
      {
        zero: () => "",
        step: (longest: string, value: string) => (value.length > longest.length ? value : longest),
        merge: (a, b) => (a.length >= b.length ? a : b),
        finish: (longest) => longest.length,
      },
      "url",
    );
    const job = events.aggregate({ longest });
    expectTypeOf<RowOfJob<typeof job>>().toEqualTypeOf<{ longest: number }>();
    const ofRecord = defineAggregate({
      zero: () => 0,
      step: (sum: number, event: { status: number }) => sum + event.status,
      merge: (a, b) => a + b,
      finish: (sum) => sum,
    });
    expectTypeOf(events.aggregate({ ofRecord })).toExtend<Job<{ ofRecord: number }>>();
    const ofOther = defineAggregate({
      zero: () => 0,
      step: (sum: number, event: { weight: number }) => sum + event.weight,
      merge: (a, b) => a + b,
      finish: (sum) => sum,
    });
    // @ts-expect-error: records have no weight
    events.aggregate({ ofOther });
  });

  it("undeclared columns are anything", () => {
    const job = from("a.csv")
      .filter((event) => event.whatever > 1)
      .groupBy("x")
      .aggregate({ n: count() });
    expectTypeOf<RowOfJob<typeof job>["n"]>().toEqualTypeOf<number>();
  });
});
