// Threads ahead of the work: which command lines get them, and that an executor takes those of its workers' names.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { threadId, Worker } from "node:worker_threads";
import { afterAll, describe, expect, test } from "vitest";
import { INLINE_BYTES_MAX, WARM_BYTES_PER_WORKER } from "../../src/base/limits.ts";
import { threadsAhead } from "../../src/cli/foresee.ts";
import { createExecutor } from "../../src/executor/index.ts";
import { startEarly } from "../../src/executor/start-thread.ts";
import { leakGuard } from "../support/leak-guard.ts";

leakGuard();
const folder = mkdtempSync(join(tmpdir(), "early-"));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, bytes: number): string {
  const path = join(folder, name);
  writeFileSync(path, "");
  truncateSync(path, bytes);
  return path;
}

describe("threadsAhead", () => {
  const large = file("large.csv", INLINE_BYTES_MAX + 1);
  const small = file("small.csv", 10);
  const most = availableParallelism();

  test.each<[string, string[], number]>([
    ["another command", ["demo"], 0],
    ["nothing", [], 0],
    ["little input is read inline", ["query", small, "--by", "url"], 0],
    ["unless threads are asked for", ["query", small, "-w", "2"], 1],
    ["much input", ["query", large], Math.min(most, Math.ceil((INLINE_BYTES_MAX + 1) / WARM_BYTES_PER_WORKER))],
    ["no more than asked for", ["query", large, "--workers=1"], 1],
    ["none asked for", ["query", large, "--workers", "0"], 0],
    ["a folder", ["query", folder, "-w", "3"], 3],
    ["a glob", ["query", `${folder}/*.csv`, "-w", "3"], 3],
    ["a compressed file", ["query", file("a.csv.gz", 10), "-w", "2"], 2],
    ["what stands behind a flag is no file", ["query", "--by", large, "--select", "a*2", small], 0],
    ["what stands behind a switch is one", ["query", "--no-header", large, "-w", "1"], 1],
    ["a file that is not there", ["query", join(folder, "none.csv")], 0],
    ["a name that no file can have", ["query", "x".repeat(5000), "--select", "\0"], 0],
    ["a job", ["run", "job.ts"], 1],
    ["a job and much input", ["run", "job.ts", `${folder}/*.csv`, "-w", "3"], 3],
    ["a job and little input", ["run", "job.ts", small, "-w", "3"], 1],
    ["a job without threads", ["run", "job.ts", "-w0"], 0],
    ["help and plans run nothing", ["query", large, "--explain"], 0],
  ])("%s", (_, argv, expected) => {
    expect(threadsAhead(argv)).toBe(expected);
  });
});

const task = { module: new URL("../support/tasks/thread-id.ts", import.meta.url).href, key: "ownThreadId", digest: "" };

/** Threads are numbered as they start: one that starts now tells how many there were. */
async function nextThreadId(): Promise<number> {
  const worker = new Worker("", { eval: true });
  const id = worker.threadId;
  await worker.terminate();
  return id;
}

test("an executor takes the thread of its worker's name, and starts the others", async () => {
  expect(threadId).toBe(0);
  startEarly(["tm-early-2", "tm-early-1"], [task.module, "file:///nowhere.js"]);
  const after = await nextThreadId();
  await using executor = createExecutor("threads", { name: "early", workers: 3 });
  const ids = await Promise.all([1, 2, 3].map(() => executor.submit<number>(task, [])));
  expect(ids.slice(0, 2)).toEqual([after - 1, after - 2]);
  expect(ids[2]).toBeGreaterThan(after);
});

test("a thread with a limit of memory of its own is a new one", async () => {
  startEarly(["tm-limit-1"], []);
  const after = await nextThreadId();
  await using limited = createExecutor("threads", { name: "limit", workers: 1, memoryMb: 64 });
  expect(await limited.submit<number>(task, [])).toBeGreaterThan(after);
  await using free = createExecutor("threads", { name: "limit", workers: 1 });
  expect(await free.submit<number>(task, [])).toBe(after - 1);
});

// Given to a thread, flags of V8 and of the process are refused by Node; left alone, they hold for it too.
test.each([
  ["a file", ["--max-old-space-size=2000", "--expose-gc"], (script: string) => [script]],
  [
    "a string",
    ["--max-old-space-size=2000", "--no-warnings", "--input-type=module"],
    (script: string) => ["-e", readFileSync(script, "utf8")],
  ],
])("threads of a program that was started with flags, and is %s", (_, flags, program) => {
  const script = join(folder, "flags.mjs");
  const index = new URL("../../src/executor/index.ts", import.meta.url).href;
  writeFileSync(
    script,
    `import { createExecutor } from ${JSON.stringify(index)};
    await using executor = createExecutor("threads", { workers: 1 });
    console.log(await executor.submit(${JSON.stringify(task)}, []));`,
  );
  const { stdout, stderr, status } = spawnSync(process.execPath, [...flags, ...program(script)], { encoding: "utf8" });
  expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: expect.stringMatching(/^\d+\n$/), stderr: "" });
});
