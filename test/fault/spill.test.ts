/** Groups that there is no memory for go to temporary files: the answer is the same, and nothing is left, whatever happens. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { makeRunFolder, nameRunFolder, removeAbandonedRuns, temporaryRoot } from "../../src/base/run-folder.ts";
import { SpillFile } from "../../src/job/spill.ts";
import type { RunOptions } from "../../src/run/run.ts";
import { makeRows, writeRows } from "../support/job-input.ts";
import { leakGuard } from "../support/leak-guard.ts";
import { native } from "../support/native.ts";

leakGuard();

const jobs = native<typeof import("../support/jobs/many-keys.ts")>("./jobs/many-keys.ts");
const { run } = native<typeof import("../../src/run/run.ts")>("../../src/run/run.ts");
type AnyJob = Parameters<typeof run>[0];

const tiny = { frontGroups: 100, frontBytes: 1e9, compactBytes: 1e9, memoryBytes: 100_000 };
let sources: string[];

beforeEach(() => {
  sources = writeRows();
  process.env.MARKER = join(mkdtempSync(join(tmpdir(), "threadmill-mark-")), "mark");
});

afterEach(() => {
  expect(existsSync(temporaryRoot())).toBe(false);
  for (const name of readdirSync(tmpdir())) rmSync(join(tmpdir(), name), { recursive: true });
});

async function answer(job: unknown, more: RunOptions = {}): Promise<{ rows: unknown[]; spilled: number }> {
  const options = { meta: { url: jobs.userFile }, sources, workers: 2, splitBytes: 16_384, ...more };
  const result = await run(job as AnyJob, options);
  const rows = await result.toArray();
  return { rows, spilled: (await result.summary).spilled };
}

describe("spilled groups", () => {
  const cases: [string, Partial<typeof tiny>][] = [
    ["rows", {}],
    ["rows that are compacted before", { compactBytes: 10_000 }],
    ["partials", { frontGroups: 1e9, frontBytes: 50_000 }],
    ["rows beside a front that knows half of them", { frontGroups: 10_000 }],
  ];
  test.each(cases)("%s: the answer is that without spill", async (_, limits) => {
    const { rows: expected } = await answer(jobs.plain, { workers: 0 });
    expect(expected.length).toBeGreaterThan(10_000);
    for (const workers of [0, 1, 2, 3]) {
      const { rows, spilled } = await answer(jobs.plain, { workers, partitionLimits: { ...tiny, ...limits } });
      expect(rows).toEqual(expected);
      expect(spilled).toBeGreaterThan(50_000);
    }
  });

  test("of a worker that dies are done again", async () => {
    const { rows: expected } = await answer(jobs.plain);
    const { rows } = await answer(jobs.exiting, { partitionLimits: tiny });
    expect(rows).toEqual(expected);
  });

  test("are removed when the run fails", async () => {
    await expect(answer(jobs.throwing, { partitionLimits: tiny })).rejects.toMatchObject({
      code: "ERR_FUNCTION_FAILED",
    });
  });

  test("are removed when the run is aborted", async () => {
    const abort = new AbortController();
    const onProgress = ({ rows }: { rows: number }) => rows > 15_000 && abort.abort();
    const aborted = answer(jobs.endless, { partitionLimits: tiny, signal: abort.signal, onProgress });
    await expect(aborted).rejects.toMatchObject({ code: "ERR_INTERRUPTED" });
  });
});

describe("a full disk", () => {
  const place = mkdtempSync(join(tmpdir(), "threadmill-full-"));
  const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", place]).status === 0;

  test.skipIf(!mounted)("is an error that says where, and leaves nothing", async () => {
    process.env.THREADMILL_TMP = place;
    try {
      const failure = answer(jobs.plain, { partitionLimits: tiny });
      await expect(failure).rejects.toMatchObject({
        code: "ERR_SPILL_FAILED",
        message: expect.stringMatching(/the temporary file .+\.spill could not be written: the disk is full/),
        hint: expect.stringContaining("THREADMILL_TMP"),
      });
      expect(readdirSync(place)).toEqual([]);
    } finally {
      delete process.env.THREADMILL_TMP;
      spawnSync("umount", [place]);
    }
  });
});

describe("folders", () => {
  test("of processes that are gone are removed at the next start, others stay", () => {
    const root = temporaryRoot();
    const own = nameRunFolder(root);
    const [pid, start, host, random] = own.slice(root.length + 1).split("-");
    const gone = spawnSync(process.execPath, ["-e", ""]).pid;
    const names = {
      ofAnother: `${gone}-${start}-${host}-${random}`,
      sameNumberEarlier: `${pid}-${Number(start) - 1}-${host}-${random}`,
      otherHost: `${gone}-${start}-abcdef-${random}`,
      unknown: "something",
    };
    makeRunFolder(own);
    for (const name of Object.values(names)) mkdirSync(join(root, name));
    writeFileSync(join(root, names.ofAnother, "1.spill"), "x");
    removeAbandonedRuns();
    const kept = process.platform === "linux" ? [names.otherHost, names.unknown] : [names.sameNumberEarlier];
    expect(readdirSync(root)).toEqual(expect.arrayContaining([own.slice(root.length + 1), ...kept]));
    expect(readdirSync(root)).not.toContain(names.ofAnother);
    if (process.platform === "linux") expect(readdirSync(root)).not.toContain(names.sameNumberEarlier);
    rmSync(root, { recursive: true });
  });

  test("are read by another than wrote them; a file that was cut is an error", () => {
    const folder = nameRunFolder();
    const writer = new SpillFile(folder, "w1");
    const reader = new SpillFile(folder, "w2");
    const blocks = Array.from({ length: 1300 }, (_, i) => new Uint8Array(i % 7).fill(i));
    const first = writer.write(blocks);
    const second = writer.write([Uint8Array.of(1, 2, 3)]);
    expect(Buffer.from(reader.read(first))).toEqual(Buffer.concat(blocks));
    expect(reader.read(second)).toEqual(Uint8Array.of(1, 2, 3));
    expect(() => reader.read({ ...second, length: 10 })).toThrow(/could not be read: it ends/);
    writer.close();
    reader.close();
    rmSync(temporaryRoot(), { recursive: true });
  });
});

test("rows of the input are as many as the test needs", () => expect(makeRows().length).toBe(20_000));
