import { spawn } from "node:child_process";
import { once } from "node:events";
import { rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { describe, expect, it } from "vitest";
import { leakGuard, leaksSince, settledLeaks, takeStock } from "./leak-guard.ts";

leakGuard();

describe("the leak guard sees", () => {
  it("a worker thread", async () => {
    const before = takeStock();
    const worker = new Worker("setInterval(() => {}, 1e6)", { eval: true, name: "leaker" });
    await once(worker, "online");
    expect(leaksSince(before).join()).toMatch(/worker thread leaker/);
    await worker.terminate();
    expect(await settledLeaks(before)).toEqual([]);
  });
  it("a child process", async () => {
    const before = takeStock();
    const child = spawn(process.execPath, ["-e", "process.stdin.resume()"]);
    await once(child, "spawn");
    expect(leaksSince(before).join()).toMatch(/child process/);
    child.kill();
    await once(child, "exit");
    expect(await settledLeaks(before)).toEqual([]);
  });
  it("a listening server and a temp file", async () => {
    const before = takeStock();
    const file = join(tmpdir(), "forgotten");
    writeFileSync(file, "");
    const server = createServer().listen(0);
    await once(server, "listening");
    expect(leaksSince(before)).toEqual(expect.arrayContaining(["temp file forgotten", "active handle TCPServerWrap"]));
    server.close();
    rmSync(file);
    expect(await settledLeaks(before)).toEqual([]);
  });
});
