/** Files appear whole or not at all; pipes that close end quietly; formats are found by name. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, lstat, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Writable } from "node:stream";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { abortAll, createAtomicFile, writeError } from "../../src/output/atomic-file.ts";
import type { Result, ResultColumn } from "../../src/output/output.ts";
import { formatFor, writeResult } from "../../src/output/write.ts";
import { resultOf } from "../golden/output/awkward.ts";

const columns: ResultColumn[] = [
  { name: "x", type: "int" },
  { name: "y", type: "text" },
];
const formats = ["table", "csv", "json", "ndjson", "markdown", "parquet", "html"] as const;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "threadmill-test-"));
});
afterEach(() => rm(folder, { recursive: true }));

/** Batches without end, each calling `onBatch` first. */
function endless(onBatch: (batch: number) => void): { result: Result; state: { ended: boolean } } {
  const state = { ended: false };
  async function* batches() {
    try {
      for (let batch = 0; ; batch++) {
        onBatch(batch);
        yield { rows: 100, columns: [Array(100).fill(batch), Array(100).fill("x".repeat(1000))] };
      }
    } finally {
      state.ended = true;
    }
  }
  return { result: { columns, batches: batches() }, state };
}

describe("whole or not at all", () => {
  test.each(formats)("%s: an error in the middle leaves nothing, and an older file as it was", async (format) => {
    await writeFile(join(folder, "old"), "old");
    for (const name of ["new", "old"]) {
      const { result, state } = endless((batch) => {
        if (batch === 5) throw new Error("boom");
      });
      const write = writeResult(result, { format, path: join(folder, name), timeZone: "UTC" });
      await expect(write).rejects.toThrow("boom");
      expect(state.ended).toBe(true);
    }
    expect(await readdir(folder)).toEqual(["old"]);
    expect(await readFile(join(folder, "old"), "utf8")).toBe("old");
  });

  test("an abort in the middle leaves nothing, even while the source is silent", async () => {
    const controller = new AbortController();
    async function* silent() {
      yield { rows: 1, columns: [[1], ["a"]] };
      queueMicrotask(() => controller.abort());
      await new Promise(() => {});
    }
    const write = writeResult(
      { columns, batches: silent() },
      { format: "csv", path: join(folder, "a.csv"), timeZone: "UTC", signal: controller.signal },
    );
    await expect(write).rejects.toMatchObject({ code: "ERR_INTERRUPTED", exitCode: 130 });
    expect(await readdir(folder)).toEqual([]);
  });

  test("already aborted: nothing is opened", async () => {
    const write = writeResult(resultOf(columns, []), {
      format: "csv",
      path: join(folder, "a.csv"),
      timeZone: "UTC",
      signal: AbortSignal.abort(),
    });
    await expect(write).rejects.toMatchObject({ code: "ERR_INTERRUPTED" });
    expect(await readdir(folder)).toEqual([]);
  });

  test("the file is not there before commit; permissions and links are kept", async () => {
    const path = join(folder, "target");
    await writeFile(path, "old");
    await chmod(path, 0o640);
    await symlink(path, join(folder, "link"));
    const file = await createAtomicFile(join(folder, "link"));
    await file.write("new é");
    expect(await readFile(path, "utf8")).toBe("old");
    await file.commit();
    await file.abort();
    expect(file.bytes).toBe(6);
    expect(await readFile(path, "utf8")).toBe("new é");
    expect((await stat(path)).mode & 0o777).toBe(0o640);
    expect((await lstat(join(folder, "link"))).isSymbolicLink()).toBe(true);
    expect((await readdir(folder)).sort()).toEqual(["link", "target"]);
  });

  test("abortAll removes the temporaries of open files, and leaves no listener", async () => {
    const before = process.listenerCount("exit");
    const files = await Promise.all(["a", "b"].map((name) => createAtomicFile(join(folder, name))));
    expect((await readdir(folder)).length).toBe(2);
    abortAll();
    expect(await readdir(folder)).toEqual([]);
    await Promise.all(files.map((file) => file.abort()));
    expect(process.listenerCount("exit")).toBe(before);
  });

  test("a device is written to, not replaced", async () => {
    const report = await writeResult(resultOf(columns, [[1, "a"]]), {
      format: "csv",
      path: "/dev/null",
      timeZone: "UTC",
    });
    expect(report).toEqual({ rows: 1, bytes: 8 });
    expect((await stat("/dev/null")).isCharacterDevice()).toBe(true);
  });
});

describe("places that cannot be written", () => {
  const write = (path: string) => writeResult(resultOf(columns, [[1, "a"]]), { format: "csv", path, timeZone: "UTC" });

  test("a directory", async () => {
    await mkdir(join(folder, "d.csv"));
    await expect(write(join(folder, "d.csv"))).rejects.toMatchObject({ code: "ERR_IS_DIRECTORY", exitCode: 2 });
  });
  test("a folder that is missing, or a file", async () => {
    await expect(write(join(folder, "no", "a.csv"))).rejects.toMatchObject({ code: "ERR_NO_FOLDER", exitCode: 2 });
    await writeFile(join(folder, "f"), "");
    await expect(write(join(folder, "f", "a.csv"))).rejects.toMatchObject({ code: "ERR_NO_FOLDER", exitCode: 2 });
  });
  test.each([
    ["EACCES", "ERR_ACCESS", 2],
    ["EROFS", "ERR_ACCESS", 2],
    ["EDQUOT", "ERR_DISK_FULL", 1],
    ["EIO", "ERR_WRITE", 1],
  ])("%s is told as %s", (code, ours, exitCode) => {
    const error = writeError(Object.assign(new Error(code), { code }), "a.csv");
    expect(error).toMatchObject({ code: ours, exitCode, place: { file: "a.csv" } });
  });
  test.skipIf(process.platform !== "linux")("a full disk", async () => {
    await expect(write("/dev/full")).rejects.toMatchObject({ code: "ERR_DISK_FULL", exitCode: 1 });
  });
});

describe("stdout", () => {
  const pipeError = () => Object.assign(new Error("write EPIPE"), { code: "EPIPE" });

  test("a pipe that closes ends quietly and stops the source", async () => {
    let taken = 0;
    const stdout = new Writable({
      write(_chunk, _encoding, done) {
        done(++taken === 3 ? pipeError() : null);
      },
    });
    const { result, state } = endless(() => {});
    const report = await writeResult(result, { format: "csv", stdout, timeZone: "UTC" });
    expect(report).toMatchObject({ closed: true });
    expect(report.bytes).toBeGreaterThan(0);
    expect(state.ended).toBe(true);
  });

  test("a stream that was closed before", async () => {
    const stdout = new Writable({ write: (_chunk, _encoding, done) => done() });
    stdout.on("error", () => {});
    stdout.destroy();
    const { result } = endless(() => {});
    expect(await writeResult(result, { format: "ndjson", stdout, timeZone: "UTC" })).toMatchObject({
      closed: true,
      bytes: 0,
    });
  });

  test("an abort ends a write that a silent reader holds up", async () => {
    const controller = new AbortController();
    const stdout = new Writable({
      write() {
        queueMicrotask(() => controller.abort());
      },
    });
    const { result, state } = endless(() => {});
    const write = writeResult(result, { format: "csv", stdout, timeZone: "UTC", signal: controller.signal });
    await expect(write).rejects.toMatchObject({ code: "ERR_INTERRUPTED" });
    expect(state.ended).toBe(true);
  });

  test("a reader that really goes away: another process's stdin", async () => {
    const reader = spawn(process.execPath, ["-e", "process.stdin.once('data', () => process.exit())"], {
      stdio: ["pipe", "ignore", "inherit"],
    });
    const exited = once(reader, "exit");
    const { result, state } = endless(() => {});
    expect(await writeResult(result, { format: "csv", stdout: reader.stdin, timeZone: "UTC" })).toMatchObject({
      closed: true,
    });
    expect(state.ended).toBe(true);
    await exited;
  });

  test("other failures are errors", async () => {
    const stdout = new Writable({
      write: (_chunk, _encoding, done) => done(Object.assign(new Error("no space"), { code: "ENOSPC" })),
    });
    const write = writeResult(endless(() => {}).result, { format: "json", stdout, timeZone: "UTC" });
    await expect(write).rejects.toMatchObject({ code: "ERR_DISK_FULL" });
  });

  test("backpressure: never more than one piece ahead of the reader; the stream stays open and clean", async () => {
    const chunks: Buffer[] = [];
    let most = 0;
    const stdout = new Writable({
      highWaterMark: 1,
      write(chunk, _encoding, done) {
        most = Math.max(most, stdout.writableLength);
        chunks.push(chunk);
        setImmediate(done);
      },
    });
    const data = Array.from({ length: 5000 }, (_, i) => [i, "y".repeat(100)]);
    const report = await writeResult(resultOf(columns, data), { format: "csv", stdout, timeZone: "UTC" });
    const text = Buffer.concat(chunks);
    expect(report).toEqual({ rows: 5000, bytes: text.length });
    expect(text.toString().split("\n").length).toBe(5002);
    expect(most).toBeLessThan(70_000);
    expect(stdout.writableEnded).toBe(false);
    expect(stdout.listenerCount("error") + stdout.listenerCount("close")).toBe(0);
  });
});

describe("formatFor", () => {
  test.each([
    ["a.csv", "csv"],
    ["a.TSV", "csv"],
    ["a.json", "json"],
    ["a.ndjson", "ndjson"],
    ["b/a.jsonl", "ndjson"],
    ["a.md", "markdown"],
    ["a.parquet", "parquet"],
    ["a.html", "html"],
    ["a.txt", "table"],
  ])("%s", (path, format) => expect(formatFor(path, undefined, true)).toBe(format));

  test("without a file: by the terminal; the name wins over the extension", () => {
    expect(formatFor(undefined, undefined, true)).toBe("table");
    expect(formatFor(undefined, undefined, false)).toBe("csv");
    expect(formatFor("-", undefined, false)).toBe("csv");
    expect(formatFor("a.csv", "json", true)).toBe("json");
    expect(formatFor(undefined, "parquet", false)).toBe("parquet");
  });

  test("what cannot be", () => {
    const codeOf = (...args: Parameters<typeof formatFor>): unknown => {
      try {
        return formatFor(...args);
      } catch (error) {
        return (error as { code: string }).code;
      }
    };
    expect(codeOf("a.xlsx", undefined, true)).toBe("ERR_UNKNOWN_FORMAT");
    expect(codeOf("result", undefined, true)).toBe("ERR_UNKNOWN_FORMAT");
    expect(codeOf(undefined, "constructor", true)).toBe("ERR_UNKNOWN_FORMAT");
    expect(codeOf(undefined, "html", true)).toBe("ERR_BINARY_TO_TERMINAL");
    expect(codeOf("-", "parquet", true)).toBe("ERR_BINARY_TO_TERMINAL");
  });
});
