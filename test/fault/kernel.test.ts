/** A kernel that traps: the split is done again by another one, with the same answer; else a clear error, never WebAssembly's own. */
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { kernelFailure } from "../../src/kernel/failure.ts";
import { hasSimd } from "../../src/kernel/simd/instance.ts";
import type { RunOptions } from "../../src/run/run.ts";
import { perUrl, writeRows } from "../support/job-input.ts";
import { leakGuard } from "../support/leak-guard.ts";
import { native } from "../support/native.ts";

leakGuard();

const jobs = native<typeof import("../support/jobs/kernel-trap.ts")>("./jobs/kernel-trap.ts");
const { run } = native<typeof import("../../src/run/run.ts")>("../../src/run/run.ts");
type AnyJob = Parameters<typeof run>[0];

let sources: string[];

beforeEach(() => {
  sources = writeRows();
  process.env.MARKER = join(mkdtempSync(join(tmpdir(), "threadmill-mark-")), "mark");
});

async function answer(job: unknown, more: RunOptions): Promise<unknown[]> {
  const options = { meta: { url: jobs.userFile }, sources, splitBytes: 16_384, ...more };
  return (await run(job as AnyJob, options)).toArray();
}

afterEach(() => {
  for (const name of readdirSync(tmpdir())) rmSync(join(tmpdir(), name), { recursive: true });
});

describe.skipIf(!hasSimd())("a trap", () => {
  test.each([0, 1, 2])("once, on %i workers: the answer is the same", async (workers) => {
    expect(await answer(jobs.trapsOnce, { workers })).toEqual(perUrl());
  });

  test.each([0, 2])("always, on %i workers: a clear error", async (workers) => {
    await expect(answer(jobs.traps, { workers })).rejects.toMatchObject({
      name: "TaskError",
      code: "ERR_KERNEL_MEMORY",
      hint: expect.stringContaining("--memory"),
      place: { file: expect.stringContaining(".csv"), split: expect.anything(), attempt: expect.anything() },
    });
  });
});

function thrownBy(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
}

test("what else a kernel may end in", () => {
  const { RuntimeError } = (globalThis as unknown as { WebAssembly: { RuntimeError: ErrorConstructor } }).WebAssembly;
  const outside = kernelFailure(new RuntimeError("memory access out of bounds"));
  expect(outside).toMatchObject({
    code: "ERR_KERNEL_BROKEN",
    hint: expect.stringContaining("THREADMILL_KERNEL=scalar"),
  });
  expect(kernelFailure(thrownBy(() => new ArrayBuffer(2 ** 52)))).toMatchObject({ code: "ERR_KERNEL_MEMORY" });
  expect(kernelFailure(thrownBy(() => new Uint8Array(-1)))).toBeUndefined();
  expect(kernelFailure(undefined)).toBeUndefined();
});
