/** Runs that give rows: their order, limits, sorts, early ends; and executors that are shared by several runs. */
import { readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { RunOptions } from "../../src/run/run.ts";
import { makeRows, perUrl, type Row, writeRows } from "../support/job-input.ts";
import { leakGuard } from "../support/leak-guard.ts";
import { native } from "../support/native.ts";

leakGuard();

const jobs = native<typeof import("../support/jobs/rows.ts")>("./jobs/rows.ts");
const { run } = native<typeof import("../../src/run/run.ts")>("../../src/run/run.ts");
const { createExecutor } = native<typeof import("../../src/executor/create.ts")>("../../src/executor/create.ts");

const meta = { url: jobs.userFile };
const rows = makeRows();
let sources: string[];

beforeEach(() => {
  sources = writeRows();
});

afterEach(() => {
  for (const name of readdirSync(tmpdir())) rmSync(join(tmpdir(), name), { recursive: true });
});

function options(more: RunOptions = {}): RunOptions {
  return { meta, sources, workers: 2, splitBytes: 16_384, ...more };
}

function byMs(a: Row, b: Row): number {
  return b.ms - a.ms || a.id - b.id;
}

describe.each([0, 1, 3])("on %i workers", (workers) => {
  test("rows come in the order of the input", async () => {
    const result = await run(jobs.rows, options({ workers }));
    expect(await result.toArray()).toEqual(rows.filter(({ id }) => id % 3 !== 0));
    expect(await result.summary).toMatchObject({ rows: rows.length, rejected: 0, retries: 0 });
  });

  test("a split that failed once gives its rows, and those after it theirs", async () => {
    process.env.MARKER = join(tmpdir(), "mark");
    const result = await run(jobs.throwingOnce, options({ workers }));
    expect(await result.toArray()).toEqual(rows);
    expect(await result.summary).toMatchObject({ rows: rows.length, retries: 1 });
  });

  test("a record returned, spread or repeated lasts", async () => {
    expect(await (await run(jobs.same, options({ workers }))).toArray()).toEqual(rows);
    const spread = await (await run(jobs.spread, options({ workers }))).toArray();
    expect(spread).toEqual(rows.map((row) => ({ ...row, twice: row.id * 2 })));
    const repeated = await (await run(jobs.repeated, options({ workers }))).toArray();
    expect(repeated).toEqual(rows.flatMap((row) => [row, row]));
    const generated = await (await run(jobs.generated, options({ workers }))).toArray();
    expect(generated).toEqual(rows.filter(({ id }) => id % 2 === 0).map(({ id }) => id));
  });

  test("sorts, with and without functions", async () => {
    const expected = rows.toSorted(byMs).slice(0, 5);
    expect(await (await run(jobs.sorted, options({ workers }))).toArray()).toEqual(expected);
    expect(await (await run(jobs.sortedPlain, options({ workers }))).toArray()).toEqual(expected);
    const keys = rows.map(({ id }) => ({ key: (id * 7919) % 10_007 })).sort((a, b) => b.key - a.key);
    expect(await (await run(jobs.sortedMade, options({ workers }))).toArray()).toEqual(keys.slice(0, 5));
  });

  test("a limit ends the run early", async () => {
    const result = await run(jobs.limited, options({ workers, splitBytes: 4096 }));
    expect(await result.toArray()).toEqual(rows.slice(0, 7));
    expect((await result.summary).rows).toBeLessThan(rows.length);
    const none = await run(jobs.untouched.limit(0), options({ workers }));
    expect(await none.toArray()).toEqual([]);
  });

  test("a reader who leaves ends the run, and leaves nothing running", async () => {
    const result = await run(jobs.slowRows, options({ workers, splitBytes: 2048 }));
    const seen: Row[] = [];
    for await (const row of result) if (seen.push(row) === 20) break;
    expect(seen).toEqual(rows.slice(0, 20));
    expect((await result.summary).rows).toBeLessThan(rows.length);
  });

  test("a reader who comes late gets all", async () => {
    const result = await run(jobs.rows, options({ workers, splitBytes: 2048 }));
    await new Promise((resolve) => setImmediate(resolve));
    expect(await result.toArray()).toHaveLength(rows.filter(({ id }) => id % 3 !== 0).length);
  });

  test("equal jobs with other constants are told apart, in one module and in two", async () => {
    const counts = [];
    for (const job of jobs.twins) counts.push(...(await (await run(job, options({ workers }))).toArray()));
    expect(counts).toEqual([{ n: 100 }, { n: 200 }, { n: 300 }]);
    const a = native<typeof import("../support/jobs/clone-a.ts")>("./jobs/clone-a.ts");
    const b = native<typeof import("../support/jobs/clone-b.ts")>("./jobs/clone-b.ts");
    for (const [module, n] of [
      [a, 10],
      [b, 20],
    ] as const) {
      const result = await run(module.default, options({ workers, meta: { url: module.moduleUrl } }));
      expect(await result.toArray()).toEqual([{ n }]);
    }
  });
});

test("a failure beyond the limit is nobody's", async () => {
  process.env.MARKER = join(tmpdir(), "mark");
  for (let i = 0; i < 5; i++) {
    const result = await run(jobs.throwingRows, options({ workers: 3, splitBytes: 2048, retries: 0 }));
    expect(await result.toArray()).toEqual(rows.slice(0, 7));
  }
});

test("a job made only in the main thread is not mistaken for one of the module", async () => {
  const late = jobs.late(5);
  await expect(run(late, options())).rejects.toMatchObject({ code: "ERR_JOB_NOT_FOUND" });
  expect(await (await run(late, options({ workers: 0 }))).toArray()).toEqual([{ n: 6 }]);
});

describe.each(["threads", "inline"] as const)("one executor of %s", (kind) => {
  test("serves run after run, and is not shut down", async () => {
    await using executor = createExecutor(kind, { workers: 2 });
    for (let i = 0; i < 3; i++) {
      const result = await run(jobs.plain, options({ executor }));
      expect(await result.toArray()).toEqual(perUrl());
      expect((await result.summary).rows).toBe(rows.length);
    }
    const some = await run(jobs.rows, options({ executor }));
    for await (const _ of some) break;
    expect(await (await run(jobs.sorted, options({ executor }))).toArray()).toHaveLength(5);
  });

  test("serves many runs at a time, without mixing them", async () => {
    await using executor = createExecutor(kind, { workers: 2 });
    const results = await Promise.all(
      Array.from({ length: 9 }, async (_, i) => {
        const job = i % 3 === 2 ? jobs.twins[i % 2] : jobs.plain;
        return (await run<unknown>(job, options({ executor, splitBytes: 8192 }))).toArray();
      }),
    );
    results.forEach((result, i) => {
      expect(result).toEqual(i % 3 === 2 ? [{ n: [100, 200][i % 2] }] : perUrl());
    });
  });

  test("goes on after a run that failed", async () => {
    process.env.MARKER = join(tmpdir(), "mark");
    await using executor = createExecutor(kind, { workers: 2 });
    await expect(run(jobs.throwing, options({ executor, retries: 0 }))).rejects.toMatchObject({
      code: "ERR_FUNCTION_FAILED",
    });
    const progress: number[] = [];
    const result = await run(jobs.plain, options({ executor, onProgress: ({ rows }) => progress.push(rows) }));
    expect(await result.toArray()).toEqual(perUrl());
    expect(progress.at(-1)).toBe(rows.length);
  });
});
