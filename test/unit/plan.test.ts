/** From jobs to plans, and how a worker finds a job again. */
import { describe, expect, it } from "vitest";
import { count, defineAggregate, max } from "../../src/job/aggregate.ts";
import { expr, hour } from "../../src/job/column.ts";
import { Answer, findJob, from, functionsOf, isJob, type Job } from "../../src/job/job.ts";
import { parseKeys } from "../../src/job/parse.ts";
import { type JobReference, type Plan, planOf } from "../../src/job/plan.ts";
import { csv, int, text, timestamp } from "../../src/job/source-format.ts";
import exported, { mapped, twins } from "../support/example-jobs.ts";

const resolved = {
  format: { kind: "csv" as const, delimiter: ",", quote: '"', header: false },
  schema: {
    columns: [
      { name: "url", type: "text" as const },
      { name: "ts", type: "timestamp" as const },
      { name: "status", type: "int" as const },
    ],
    fields: 3,
  },
};
const options = { timeZone: "UTC", onError: "fail" as const, lineBytesMax: 1000 };
const module = new URL("../support/example-jobs.ts", import.meta.url).href;
const events = from("a.csv", csv({ columns: { url: text, ts: timestamp, status: int } }));
const plan = (job: Job<unknown>, more: object = {}): Plan => planOf(job, resolved, { ...options, ...more });

describe("planOf", () => {
  it("a declarative job is plain data, without functions", () => {
    const job = events
      .filter("status >= 500 and ts >= '2024-01-01'")
      .groupBy({ url: "url", hour: hour("ts") })
      .aggregate({ n: count(), late: max("ts"), odd: max(expr("status % 2")) })
      .sort("n desc")
      .limit(3);
    const made = plan(job);
    expect(structuredClone(made)).toEqual(made);
    expect(made.functions).toBeUndefined();
    expect(made.group!.keys.map(({ name, type }) => [name, type])).toEqual([
      ["url", "text"],
      ["hour", "timestamp"],
    ]);
    expect(made.group!.aggregates.map(({ name, type }) => [name, type])).toEqual([
      ["n", "int"],
      ["late", "timestamp"],
      ["odd", "int"],
    ]);
    expect(made.sort).toEqual([{ column: "n", descending: true }]);
    expect(made.limit).toBe(3);
    expect(JSON.stringify(made.steps)).toContain("1704067200000000");
  });

  it("steps keep their place, and what follows a map may be anything", () => {
    const job = events
      .filter("status > 1")
      .map((event) => ({ page: event.url }))
      .filter((made) => made.page !== "")
      .groupBy("page")
      .aggregate({ n: count() });
    const made = plan(job, { module: import.meta.url });
    expect(made.steps.map((step) => (step.kind === "where" ? "where" : [step.kind, step.step]))).toEqual([
      "where",
      ["map", 1],
      ["filter", 2],
    ]);
    expect(made.group!.keys[0].type).toBe("any");
    expect(functionsOf(job).steps.map((step) => typeof step)).toEqual(["undefined", "function", "function"]);
  });

  it("errors", () => {
    expect(() => plan(from("a").filter("statsu = 1"))).toThrow('unknown column "statsu"');
    expect(() => plan(from("a").groupBy("urll").aggregate({ n: count() }))).toThrow('unknown column "urll"');
    expect(() =>
      plan(
        from("a")
          .select("url")
          .sort("urll" as "url"),
      ),
    ).toThrow('cannot sort by "urll"');
    expect(() => plan(events.filter((event) => event.status > 1))).toThrow(
      expect.objectContaining({ code: "ERR_META" }),
    );
    expect(() => plan(twins[0], { module: "file:///elsewhere.ts" })).toThrow(
      expect.objectContaining({ code: "ERR_META" }),
    );
    expect(() => plan(events.filter("matches(url, '(')"))).toThrow("regular expression");
    const group = { keys: parseKeys("url"), aggregates: [{ name: "url", call: count() }] };
    expect(() => plan(new Answer({ ...events.definition, group }))).toThrow(
      'two columns of the result are named "url"',
    );
  });

  it("an empty groupBy says how to aggregate without keys", () => {
    for (const nothing of [{}, []]) {
      expect(() => from("a").groupBy(nothing as never)).toThrow(
        expect.objectContaining({
          message: expect.stringContaining("not an empty"),
          hint: expect.stringContaining("from(…).aggregate(…)"),
        }),
      );
    }
  });

  it("times reach users' aggregates in milliseconds", () => {
    const latest = defineAggregate(
      { zero: () => 0, step: Math.max, merge: Math.max, finish: (ms: number) => ms },
      "ts",
    );
    const made = plan(events.aggregate({ latest }), { module: import.meta.url });
    expect(made.group!.aggregates[0].inputs).toEqual([
      { kind: "call", name: "epoch_ms", args: [{ kind: "column", name: "ts" }] },
    ]);
  });

  it("the job's zone wins over the run's default", () => {
    expect(plan(events.timeZone("Europe/Berlin").select("ts")).timeZone).toBe("Europe/Berlin");
  });
});

describe("findJob", () => {
  it("by export", async () => {
    const { functions } = plan(exported, { module, exportName: "default" });
    const job = await findJob({ module, reference: functions!.job, digest: functions!.digest });
    expect(job).toBe(exported);
    const user = functionsOf(job).aggregates[0]!;
    expect(user.step(user.zero(), { url: "abc" })).toBe(3);
  });

  it("by where and in which order equal jobs were made", async () => {
    const ranks = [0, 0, 0, 1];
    for (const [at, twin] of [...twins, ...mapped].entries()) {
      const { functions } = plan(twin, { module });
      expect(functions!.job).toEqual({ site: expect.stringMatching(/^\d+:\d+$/), rank: ranks[at] });
      const found = await findJob({ module, reference: functions!.job, digest: functions!.digest });
      expect(functionsOf(found).steps[0]).toBe(functionsOf(twin).steps[0]);
    }
  });

  it("says what is wrong", async () => {
    const { digest } = plan(exported, { module, exportName: "default" }).functions!;
    const find = (reference: JobReference, wanted = digest) => findJob({ module, reference, digest: wanted });
    await expect(find({ export: "nothing" })).rejects.toMatchObject({ code: "ERR_JOB_NOT_FOUND" });
    await expect(find({ export: "default" }, "other")).rejects.toMatchObject({ code: "ERR_JOB_CHANGED" });
    await expect(find({ site: "1:1", rank: 99 })).rejects.toMatchObject({ code: "ERR_JOB_NOT_FOUND" });
  });

  it("knows a job when it sees one", () => {
    expect([isJob(exported), isJob({}), isJob(null)]).toEqual([true, false, false]);
  });
});
