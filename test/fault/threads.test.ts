/** What can happen to a worker thread: every promise settles, the error tells, the executor goes on, nothing is left. */
import { execFile, execFileSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type ExecutorEvent, ThreadExecutor } from "../../src/executor/index.ts";
import { leakGuard } from "../support/leak-guard.ts";

leakGuard();
const support = (file: string) => new URL(`../support/tasks/${file}.ts`, import.meta.url);
const fault = (key: string) => ({ module: support("faults").href, key, digest: "" });

let executor: ThreadExecutor;
let events: ExecutorEvent[];
beforeEach(() => {
  executor = new ThreadExecutor({ workers: 1, memoryMb: 20, name: "fault" });
  events = [];
  executor.on((event) => events.push(event));
});
afterEach(async () => {
  // The executor works after whatever happened.
  expect(await executor.submit(fault("works"), [])).toBe("works");
  expect((await executor.shutdown()).lostWorkers).toEqual([]);
  for (const row of executor.table.snapshot()) expect(row.state).toBe("dead");
});

describe("a task whose worker dies rejects", () => {
  it.each([
    ["exits", [3], "ERR_WORKER_EXITED", /exit with code 3/, 3],
    ["throwsLater", [], "ERR_WORKER_EXITED", /thrown in a later tick/, 1],
    ["rejectsUnheard", [], "ERR_WORKER_EXITED", /nobody listens/, 1],
    ["fillsMemory", [], "ERR_OUT_OF_MEMORY", /heap limit, memoryMb 20/, 1],
  ] as const)("%s", async (key, args, code, message, exitCode) => {
    const error = await executor.submit(fault(key), args).exception();
    expect(error).toMatchObject({ code, message: expect.stringMatching(message) });
    expect(error).toMatchObject({ place: { task: key, worker: "tm-fault-1", attempt: 1, exitCode } });
    expect((error as Error).stack).toContain("threads.test.ts");
    expect(events.find((event) => event.type === "WorkerExited")).toMatchObject({ worker: 1, expected: false });
  });
  it("is tried again on another worker when it has retries", async () => {
    const error = await executor.submit(fault("exits"), [4], { retries: 1 }).exception();
    expect(error).toMatchObject({ place: { worker: "tm-fault-2", attempt: 2, exitCode: 4 } });
  });
  it("but the result that came before counts, and the next task gets its worker", async () => {
    const futures = [executor.submit(fault("returnsThenThrows"), []), executor.submit(fault("works"), [])];
    const outcomes = await Promise.allSettled(futures);
    expect(outcomes[0]).toMatchObject({ status: "fulfilled", value: "fine" });
  });
  it("takes the tasks that only it could run along", async () => {
    await executor.submit(fault("works"), []);
    const first = executor.submit(fault("exits"), [1], { worker: 1 });
    const second = executor.submit(fault("works"), [], { worker: 1 });
    const errors = await Promise.all([first.exception(), second.exception()]);
    expect(errors).toMatchObject([{ code: "ERR_WORKER_EXITED" }, { code: "ERR_WORKER_GONE" }]);
  });
});

describe("an endless loop ends", () => {
  it("by its timeout", async () => {
    const error = await executor.submit(fault("loops"), [], { timeoutMs: 50 }).exception();
    expect(error).toMatchObject({ code: "ERR_TIMEOUT", message: expect.stringContaining("50 ms") });
  });
  it.each(["cancel", "abort", "shutdown"])("by %s", async (way) => {
    const flags = new Int32Array(new SharedArrayBuffer(4));
    const controller = new AbortController();
    const own = new ThreadExecutor({ workers: 1 });
    const future = own.submit(fault("loops"), [flags], { signal: controller.signal });
    const outcome = future.exception();
    await Atomics.waitAsync(flags, 0, 0).value;
    expect(future.running).toBe(true);
    if (way === "cancel") expect(future.cancel()).toBe(true);
    else if (way === "abort") controller.abort("no more");
    const report = await own.shutdown({ wait: false });
    expect(report).toEqual({ cancelledTasks: way === "shutdown" ? ["loops"] : [], lostWorkers: [] });
    expect(await outcome).toMatchObject({ code: way === "abort" ? "ERR_ABORTED" : "ERR_CANCELLED" });
  });
});

describe("a module that does not load rejects its task once, with the cause", () => {
  it.each([
    ["syntax", "export function f( {\n", /did not load/],
    ["throws", "throw new Error('at import');", /at import/],
    ["missing", "import './not-there.mjs';", /not-there/],
    ["exits", "process.exit(9);", /while loading.*code 9/],
    ["loops", "for (;;);", /./],
  ])("%s", async (name, text, message) => {
    const path = join(tmpdir(), `${name}.mjs`);
    writeFileSync(path, text);
    const options = name === "loops" ? { timeoutMs: 300, retries: 0 } : { retries: 3 };
    const task = { module: pathToFileURL(path).href, key: "f", digest: "" };
    const error = await executor.submit(task, [], options).exception();
    rmSync(path);
    expect(error).toMatchObject({ code: name === "loops" ? "ERR_TIMEOUT" : "ERR_MODULE_FAILED" });
    expect((error as Error).message).toMatch(message);
    expect(events.filter((event) => event.type === "WorkerStarted").length).toBe(1);
  });
});

describe("a program", () => {
  const run = (file: string, args: string[]) =>
    new Promise<{ code: unknown; stdout: string; stderr: string }>((resolve) => {
      execFile(process.execPath, [support(file).pathname, ...args], { timeout: 20_000 }, (error, stdout, stderr) =>
        resolve({ code: error ? (error.code ?? error.signal) : 0, stdout, stderr }),
      );
    });
  it("reports a worker blocked in the kernel as lost, goes on, and leaves with its code", async () => {
    const pipe = join(tmpdir(), "pipe");
    execFileSync("mkfifo", [pipe]);
    const { code, stdout, stderr } = await run("lost-worker-main", [pipe]);
    rmSync(pipe);
    expect({ code, stderr: stderr.replace(/^.*Warning.*$/gm, "").trim() }).toEqual({ code: 7, stderr: "" });
    const told = JSON.parse(stdout);
    expect(told).toMatchObject({ code: "ERR_WORKER_LOST", after: "works", report: { cancelledTasks: [] } });
    expect(told.report.lostWorkers).toEqual([{ worker: 1, name: "tm-threads-1", waitsFor: told.lost[0] }]);
    expect(told.lost).toHaveLength(1);
    expect(told.lost[0]).not.toBe("");
  });
  it.each([
    ["exit", 5],
    ["throw", 1],
    ["idle", 0],
  ])("that ends (%s) with workers up does not hang", async (way, expected) => {
    expect(await run("closing-main", [way])).toMatchObject({ code: expected });
  });
});
