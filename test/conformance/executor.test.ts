/** One suite for every executor. A case that an executor cannot run is skipped with the reason. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createExecutor, type ExecutorEvent, functionDigest, type Task } from "../../src/executor/index.ts";
import { leakGuard } from "../support/leak-guard.ts";
import { add } from "../support/tasks/basic.ts";

leakGuard();
const task = (file: string, key: string, digest = ""): Task => ({
  module: new URL(`../support/tasks/${file}.ts`, import.meta.url).href,
  key,
  digest,
});
const basic = (key: string, digest?: string) => task("basic", key, digest);

describe.each(["inline", "threads"] as const)("%s", (kind) => {
  let executor: ReturnType<typeof createExecutor>;
  beforeEach(() => {
    executor = createExecutor(kind, { workers: 2, name: "conf", queueTasksMax: 50 });
  });
  afterEach(async () => {
    await executor.shutdown({ wait: false });
  });

  it("returns what sync and async functions return", async () => {
    expect(await executor.submit(basic("add"), [1, 2])).toBe(3);
    expect(await executor.submit(basic("addLater"), [1, 2])).toBe(3);
    expect(await executor.submit(basic("echo"), [new Map([["a", [1n]]])])).toEqual(new Map([["a", [1n]]]));
  });
  it("finds registered functions, then exports; says what there is", async () => {
    expect(await executor.submit(basic("registered"), [4])).toBe(8);
    const error = await executor.submit(basic("missing"), []).exception();
    expect(error).toMatchObject({ code: "ERR_FUNCTION_NOT_FOUND", hint: expect.stringContaining("registered, ") });
  });
  it("refuses another version of the function", async () => {
    const wrong = await executor.submit(basic("add", "0123456789abcdef"), [1, 2]).exception();
    expect(wrong).toMatchObject({ code: "ERR_DIGEST_MISMATCH" });
    // The digest is of the text as this executor's worker loads it: the test runner transforms its own copy.
    if (kind === "inline") expect(await executor.submit(basic("add", functionDigest(add)), [1, 2])).toBe(3);
  });
  it("rejects with the module's own trouble", async () => {
    const error = await executor.submit(task("no-such-file", "f"), []).exception();
    expect(error).toMatchObject({ code: "ERR_MODULE_FAILED", cause: expect.any(Error) });
    expect(await executor.submit(basic("add"), [1, 1])).toBe(2);
  });
  it("rejects with place, cause and both stacks", async () => {
    const error = (await executor.submit(task("faults", "rejects"), ["boom"], { name: "mine" }).exception()) as Error;
    expect(error).toMatchObject({ code: "ERR_TASK_FAILED", message: expect.stringContaining('"mine"') });
    expect(error).toMatchObject({ place: { task: "mine", attempt: 1, worker: expect.stringMatching(/^tm-conf-\d$/) } });
    expect(error.cause).toMatchObject({ message: "boom", cause: { message: "the inner one" } });
    expect(error.stack).toMatch(/faults\.ts:\d+/);
    expect(error.stack).toMatch(/submitted at[\s\S]*executor\.test\.ts/);
  });
  it.each(["throws", "throwsString", "throwsUndefined", "throwsUnreadable", "overflowsStack"])(
    "survives %s",
    async (key) => {
      expect(await executor.submit(task("faults", key), []).exception()).toMatchObject({ code: "ERR_TASK_FAILED" });
      expect(await executor.submit(task("faults", "works"), [])).toBe("works");
    },
  );
  it("refuses arguments and results that cannot travel", async () => {
    const args = await executor.submit(basic("echo"), [() => 1]).exception();
    expect(args).toMatchObject({ code: "ERR_UNSERIALISABLE", message: expect.stringContaining('"echo"') });
    const result = await executor.submit(basic("returnsFunction"), []).exception();
    expect(result).toMatchObject({ code: "ERR_UNSERIALISABLE", message: expect.stringContaining("returned") });
  });
  it("moves buffers both ways", async () => {
    const buffer = new Uint8Array([1, 2, 3]).buffer;
    expect(await executor.submit(basic("sumBytes"), [buffer], { transfer: [buffer] })).toBe(6);
    expect(buffer.byteLength).toBe(0);
    expect(await executor.submit(basic("bytes"), [3])).toEqual(new Uint8Array([7, 7, 7]));
  });
  it("copies the arguments when they are submitted", async () => {
    const futures = Array.from({ length: 6 }, () => {
      const value = { n: 1 };
      const future = executor.submit(basic("echo"), [value]);
      value.n = 2;
      return future;
    });
    expect(await Promise.all(futures)).toEqual(Array(6).fill({ n: 1 }));
  });
  it("knows the future's life", async () => {
    const future = executor.submit(basic("after"), [5, "x"]);
    expect([future.done, future.cancelled]).toEqual([false, false]);
    expect(future.then(() => 1)).not.toHaveProperty("cancel");
    expect(await future.result({ timeoutMs: 5000 })).toBe("x");
    expect([future.done, future.running, future.cancel()]).toEqual([true, false, false]);
    expect(future.worker).toBeTypeOf("number");
    expect(await future.exception()).toBeUndefined();
    const slow = executor.submit(basic("after"), [500, "x"]);
    await expect(slow.result({ timeoutMs: 5 })).rejects.toMatchObject({ code: "ERR_TIMEOUT" });
    expect(slow.cancel("enough")).toBe(true);
    await expect(slow).rejects.toMatchObject({ code: "ERR_CANCELLED", cause: "enough" });
    expect(slow.cancelled).toBe(true);
  }, 15_000);
  it("aborts waiting and running tasks with the signal's reason", async () => {
    const controller = new AbortController();
    const { signal } = controller;
    const futures = Array.from({ length: 5 }, () => executor.submit(basic("gate"), [new Int32Array(2)], { signal }));
    if (kind === "inline") futures.forEach((future) => void future.cancel());
    controller.abort(new Error("stop it"));
    const code = kind === "inline" ? "ERR_CANCELLED" : "ERR_ABORTED";
    for (const error of await Promise.all(futures.map((future) => future.exception()))) {
      expect(error).toMatchObject({ code });
    }
    const late = await executor.submit(basic("add"), [1, 2], { signal }).exception();
    expect(late).toMatchObject({ code: "ERR_ABORTED", cause: { message: "stop it" } });
    expect(await executor.submit(basic("add"), [1, 2])).toBe(3);
  });
  it("times out and goes on", async () => {
    const error = await executor.submit(basic("after"), [300, 1], { timeoutMs: 20 }).exception();
    expect(error).toMatchObject({ code: "ERR_TIMEOUT" });
    expect(await executor.submit(basic("add"), [1, 2])).toBe(3);
    if (kind === "inline") await executor.submit(basic("after"), [300, 1]);
  });
  it("retries with a wait, and stops at the limit", async () => {
    const events: ExecutorEvent[] = [];
    executor.on((event) => events.push(event));
    const only = kind === "threads" ? createExecutor("threads", { workers: 1 }) : executor;
    expect(await only.submit(basic("failsUntil"), [3], { retries: 2, backoffMs: 1 })).toBe(3);
    await only.shutdown();
    if (only === executor) return;
    const error = await executor.submit(task("faults", "throws"), ["always"], { retries: 2 }).exception();
    expect(error).toMatchObject({ place: { attempt: 3 }, message: expect.stringContaining("attempt 3 of 3") });
    const failures = events.filter((event) => event.type === "TaskFailed");
    expect(failures.map((event) => event.willRetry)).toEqual([true, true, false]);
  });
  it("maps in order, in a window, and cancels when the loop is left", async () => {
    const results: number[] = [];
    for await (const n of executor.map<number>(
      basic("add"),
      Array.from({ length: 30 }, (_, i) => [i, 1]),
    ))
      results.push(n);
    expect(results).toEqual(Array.from({ length: 30 }, (_, i) => i + 1));
    let pulled = 0;
    async function* endless() {
      for (;;) yield [pulled++, 0] as const;
    }
    for await (const n of executor.map<number>(basic("add"), endless(), { ordered: false, inFlight: 3 }))
      if (n > 5) break;
    expect(pulled).toBeLessThan(15);
    const failing = executor.map(task("faults", "throws"), [["a"], ["b"]]);
    await expect(failing[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: "ERR_TASK_FAILED" });
  });
  it("runs the larger priority first", async () => {
    const flags = new Int32Array(new SharedArrayBuffer(8));
    const single = kind === "threads" ? createExecutor("threads", { workers: 1 }) : executor;
    const first = kind === "threads" ? single.submit(basic("gate"), [flags]) : undefined;
    const futures = [0, 5, 1].map((priority) => single.submit<number[]>(basic("record"), [priority], { priority }));
    Atomics.store(flags, 1, 1);
    Atomics.notify(flags, 1);
    await first;
    expect((await Promise.all(futures))[0].slice(-3)).toEqual([5, 1, 0]);
    await single.shutdown();
  });
  it("bounds its queue", async () => {
    const futures = Array.from({ length: 60 }, () => executor.submit(basic("add"), [1, 2]));
    const outcomes = await Promise.allSettled(futures);
    const refused = outcomes.filter((outcome) => outcome.status === "rejected");
    expect(refused.length).toBe(kind === "inline" ? 10 : 8);
    expect(refused[0].reason).toMatchObject({ code: "ERR_QUEUE_FULL" });
  });
  it("tells a task where it runs, and shows it in the table", async () => {
    const seen = await executor.submit<{ name: string }>(basic("whereAmI"), [], { name: "look" });
    expect(seen).toMatchObject({ task: { name: "look", attempt: 1, key: "whereAmI" }, main: false });
    expect(seen).toMatchObject({ isWorker: kind === "threads" });
    const row = executor.table.snapshot().find((candidate) => candidate.name === seen.name);
    expect(row).toMatchObject({ rows: 10, attempt: 1, pid: process.pid });
    expect(row!.threadId).toBeGreaterThan(0);
  });
  it("broadcasts to every live worker, and binds tasks to one", async () => {
    await Promise.all([executor.submit(basic("after"), [5, 1]), executor.submit(basic("after"), [5, 1])]);
    const everywhere = await executor.broadcast<string>(basic("echo"), ["hi"]);
    expect([...everywhere.values()]).toEqual(kind === "inline" ? ["hi"] : ["hi", "hi"]);
    const [worker] = everywhere.keys();
    const bound = executor.submit(basic("echo"), [1], { worker });
    await bound;
    expect(bound.worker).toBe(worker);
    expect(await executor.submit(basic("echo"), [1], { worker: 99 }).exception()).toMatchObject({
      code: "ERR_WORKER_GONE",
    });
  });
  it("shuts down: waits, refuses, reports", async () => {
    const futures = Array.from({ length: 4 }, (_, i) => executor.submit(basic("addLater"), [i, 0]));
    expect(await executor.shutdown()).toEqual({ cancelledTasks: [], lostWorkers: [] });
    expect(await Promise.all(futures)).toEqual([0, 1, 2, 3]);
    expect(await executor.submit(basic("add"), [1, 2]).exception()).toMatchObject({ code: "ERR_EXECUTOR_CLOSED" });
    const other = createExecutor(kind, { workers: 1 });
    const waiting = [1, 2].map((i) => other.submit(basic("addLater"), [i, i], { name: `t${i}` }));
    const report = other.shutdown({ wait: false });
    for (const error of await Promise.all(waiting.map((future) => future.exception()))) {
      expect(error).toMatchObject({ code: "ERR_CANCELLED" });
    }
    expect((await report).cancelledTasks.sort()).toEqual(["t1", "t2"]);
  });
  it("refuses bad options", () => {
    expect(() => executor.submit(basic("add"), [], { timeoutMs: 0 })).toThrow(/timeoutMs/);
    expect(() => executor.submit(basic("add"), [], { retries: 0.5 })).toThrow(/retries/);
    expect(() => createExecutor("threads", { workers: 0 })).toThrow(/workers/);
  });
});
