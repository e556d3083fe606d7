/** A job under faults: what throws is reported with its place; what dies, hangs or eats the heap is done again, exactly. */
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { ThreadmillError } from "../../src/base/errors.ts";
import type { RunOptions } from "../../src/run/run.ts";
import { makeRows, perUrl, writeRows } from "../support/job-input.ts";
import { leakGuard } from "../support/leak-guard.ts";
import { native } from "../support/native.ts";

leakGuard();

const jobs = native<typeof import("../support/jobs/rows.ts")>("./jobs/rows.ts");
const { run } = native<typeof import("../../src/run/run.ts")>("../../src/run/run.ts");
type AnyJob = Parameters<typeof run>[0];

const meta = { url: jobs.userFile };
let sources: string[];
let marker: string;

beforeEach(() => {
  sources = writeRows();
  marker = join(mkdtempSync(join(tmpdir(), "threadmill-mark-")), "mark");
  process.env.MARKER = marker;
});

afterEach(() => {
  for (const name of readdirSync(tmpdir())) rmSync(join(tmpdir(), name), { recursive: true });
});

function options(more: RunOptions = {}): RunOptions {
  return { meta, sources, workers: 2, splitBytes: 16_384, ...more };
}

async function failure(job: unknown, more: RunOptions = {}): Promise<ThreadmillError> {
  try {
    const result = await run(job as AnyJob, options(more));
    await result.toArray();
  } catch (error) {
    return error as ThreadmillError;
  }
  throw new Error("the run did not fail");
}

/** Calls of a function with the unlucky row. */
function calls(): number {
  return readdirSync(dirname(marker)).filter((name) => name.startsWith(`${basename(marker)}-`)).length;
}

/** The attempts that this many calls may stand for: a failure where a split is not proven to begin at a record does not count. */
function countedCalls(workers: number): number[] {
  return workers === 0 ? [calls()] : [calls(), calls() - 1];
}

describe.each([0, 2])("a function that throws, on %i workers", (workers) => {
  test("is tried again, then reported with its place and the user's stack", async () => {
    const error = await failure(jobs.throwing, { workers, retries: 1 });
    expect(error).toMatchObject({ name: "TaskError", code: "ERR_FUNCTION_FAILED" });
    expect(error.message).toBe("filter threw RangeError: nobody likes 9000");
    const before = makeRows().slice(0, 9000);
    const offset = before.reduce((sum, { id, url, ms }) => sum + `${id},${url},${ms}\n`.length, 0);
    expect(error.place).toMatchObject({ file: sources[0], line: 9001, offset, attempt: 2 });
    expect(error.place.worker).toMatch(/^tm-/);
    expect(error.place.split!.start).toBeLessThanOrEqual(offset);
    expect(error.place.split!.end).toBeGreaterThan(offset);
    expect((error.cause as Error).stack).toMatch(/RangeError: nobody likes 9000\n\s+at .*support\/jobs\/rows\.ts:\d+/);
    expect(countedCalls(workers)).toContain(2);
  });

  test("is not tried again without retries", async () => {
    await failure(jobs.throwing, { workers, retries: 0 });
    expect(countedCalls(workers)).toContain(1);
  });

  test("may throw anything", async () => {
    const error = await failure(jobs.throwingOddly, { workers, retries: 0 });
    expect(error).toMatchObject({ code: "ERR_FUNCTION_FAILED", message: expect.stringContaining("a text") });
    expect(error.place.line).toBe(9001);
  });

  test("may be a generator, or part of an aggregate", async () => {
    const made = await failure(jobs.throwingGenerator, { workers, retries: 0 });
    expect(made).toMatchObject({ code: "ERR_FUNCTION_FAILED", message: "flatMap threw RangeError: nobody likes 9000" });
    expect(made.place.line).toBe(9001);
    const folded = await failure(jobs.failingAggregate, { workers, retries: 0 });
    expect(folded).toMatchObject({
      code: "ERR_FUNCTION_FAILED",
      message: expect.stringContaining("nobody likes 9000"),
    });
    expect(folded.place.file).toBe(sources[0]);
  });

  test("may not be asynchronous", async () => {
    const promising = await failure(jobs.promising, { workers });
    expect(promising).toMatchObject({ code: "ERR_ASYNC_FUNCTION", place: { attempt: 1 } });
    const rejecting = await failure(jobs.rejecting, { workers });
    expect(rejecting).toMatchObject({ code: "ERR_ASYNC_FUNCTION", place: { attempt: 1 } });
  });
});

describe("a worker", () => {
  const cases: [string, AnyJob, RunOptions][] = [
    ["exits", jobs.exiting as AnyJob, {}],
    ["runs out of heap", jobs.hoarding as AnyJob, { memoryMb: 64 }],
    ["hangs", jobs.endless as AnyJob, { splitTimeoutMs: 1500 }],
  ];
  test.each(cases)("%s once: the answer is exact", async (_, job, more) => {
    const result = await run(job, options(more));
    expect(await result.toArray()).toEqual(perUrl());
    expect(existsSync(marker)).toBe(true);
    const summary = await result.summary;
    expect(summary.retries).toBeGreaterThan(0);
    expect(summary.rows).toBe(makeRows().length);
  });

  test("that exits each time fails the job, with the exit code", async () => {
    const error = await failure(jobs.exitingAlways, { retries: 1 });
    expect(error).toMatchObject({ name: "TaskError", code: "ERR_WORKER_EXITED" });
    expect(error.place).toMatchObject({ file: sources[0], attempt: 2, exitCode: 7 });
  });
});

describe("an abort", () => {
  test.each([0, 2])("ends a run of groups on %i workers", async (workers) => {
    const abort = new AbortController();
    const failed = failure(jobs.slow, { workers, signal: abort.signal, onProgress: () => abort.abort("enough") });
    expect(await failed).toMatchObject({ name: "InterruptedError", code: "ERR_INTERRUPTED", cause: "enough" });
  });

  test("ends a run of rows that nobody reads", async () => {
    const abort = new AbortController();
    const result = await run(jobs.rows, options({ signal: abort.signal, splitBytes: 4096 }));
    const rows = result[Symbol.asyncIterator]();
    await rows.next();
    abort.abort();
    await expect(result.summary).rejects.toMatchObject({ code: "ERR_INTERRUPTED" });
    await expect(result.toArray()).rejects.toMatchObject({ code: "ERR_INTERRUPTED" });
    await rows.return(undefined);
  });

  test("before the start lets nothing start", async () => {
    const error = await failure(jobs.plain, { signal: AbortSignal.abort() });
    expect(error).toMatchObject({ code: "ERR_INTERRUPTED" });
  });
});

describe("rows that do not parse", () => {
  function withBad(): { sources: string[]; bad: string[] } {
    const rows = makeRows(3000);
    const bad = ["x,/page/1,2", "17,/page/2", "18,/page/3,slow"];
    const lines = rows.map(({ id, url, ms }) => `${id},${url},${ms}`);
    lines.splice(2500, 0, bad[2]);
    lines.splice(1000, 0, bad[1]);
    lines.splice(10, 0, bad[0]);
    const [path] = writeRows([]);
    writeFileSync(path, `${lines.join("\n")}\n`);
    return { sources: [path], bad };
  }

  test.each([0, 2])("end the run at the first, on %i workers", async (workers) => {
    const { sources } = withBad();
    const error = await failure(jobs.same, { workers, sources, splitBytes: 4096 });
    expect(error).toMatchObject({ name: "InputError", code: "ERR_BAD_ROW", place: { file: sources[0] } });
    expect([11, 1002, 2503]).toContain(error.place.line);
  });

  test.each([0, 2])("are counted, shown and kept aside in order, on %i workers", async (workers) => {
    const { sources, bad } = withBad();
    const kept: string[] = [];
    const quarantine = (rows: Uint8Array) => kept.push(...Buffer.from(rows).toString().split("\n").slice(0, -1));
    const result = await run(jobs.same, options({ workers, sources, splitBytes: 4096, onError: "skip", quarantine }));
    expect(await result.toArray()).toEqual(makeRows(3000));
    expect(kept).toEqual(bad);
    expect((await result.rejected()).map(({ line, text }) => [line, text])).toEqual([
      [11, bad[0]],
      [1002, bad[1]],
      [2503, bad[2]],
    ]);
    expect(await result.summary).toMatchObject({ rows: 3000, rejected: 3 });
  });

  test("above maxErrors fail the run", async () => {
    const { sources } = withBad();
    const error = await failure(jobs.same, { sources, onError: "skip", maxErrors: 2 });
    expect(error).toMatchObject({ name: "RejectedError", code: "ERR_TOO_MANY_REJECTED", exitCode: 3 });
    const fine = await run(jobs.same, options({ sources, onError: "skip", maxErrors: 3 }));
    expect(await fine.toArray()).toHaveLength(3000);
  });

  test.each(["spread", "ofRecords", "generated", "repeated"] as const)("are left out of %s jobs too", async (name) => {
    const { sources } = withBad();
    const result = await run(jobs[name] as AnyJob, options({ sources, onError: "skip" }));
    await result.toArray();
    // A field that nobody looks at is not decoded: an aggregate that reads only the URL lets bad numbers pass.
    const rejected = { generated: 2, ofRecords: 1 }[name as string] ?? 3;
    expect(await result.summary).toMatchObject({ rejected });
  });

  test("a quarantine that throws ends the run with its error", async () => {
    const { sources } = withBad();
    const quarantine = () => {
      throw new Error("no room");
    };
    const error = await failure(jobs.same, { sources, onError: "skip", quarantine });
    expect(error.message).toBe("no room");
  });
});

describe("a job whose functions are not found", () => {
  test("says the line to write", async () => {
    const error = await failure(jobs.plain, { meta: undefined });
    expect(error).toMatchObject({ name: "UsageError", code: "ERR_META", exitCode: 2 });
    expect(error.hint).toContain("await run(job, { meta: import.meta })");
  });

  test("names the module that makes no such job", async () => {
    const error = await failure(jobs.late(5));
    expect(error).toMatchObject({ code: "ERR_JOB_NOT_FOUND" });
    expect(error.message).toContain("rows.ts");
  });

  test("or another module's job", async () => {
    const { moduleUrl } = native<typeof import("../support/jobs/clone-a.ts")>("./jobs/clone-a.ts");
    const error = await failure(jobs.plain, { meta: { url: moduleUrl } });
    expect(error).toMatchObject({ name: "UsageError", code: "ERR_META" });
  });
});

test("a value that cannot cross threads is named", async () => {
  const error = await failure(jobs.uncloneable);
  expect(error).toMatchObject({ name: "TaskError", code: "ERR_UNSERIALISABLE" });
});
