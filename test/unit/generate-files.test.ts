import { createHash } from "node:crypto";
import { access, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { InputError, InterruptedError, UsageError } from "../../src/base/errors.ts";
import type { Executor } from "../../src/executor/executor.ts";
import { InlineExecutor } from "../../src/executor/inline.ts";
import { ThreadExecutor } from "../../src/executor/threads.ts";
import { generateBlock } from "../../src/generate/block.ts";
import { BLOCK_LINES, blockCount, type GenerateOptions, resolveOptions } from "../../src/generate/options.ts";
import { GIVEN_UP, UNKNOWN, writeError, writeSegment } from "../../src/generate/task.ts";
import { type GenerateProgress, generate } from "../../src/run/generate.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "generate-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const digestOf = async (paths: string[]): Promise<string> => {
  const hash = createHash("sha256");
  for (const path of paths) hash.update(await readFile(path));
  return hash.digest("hex");
};
const failure = (work: Promise<unknown>): Promise<Error & { code?: string; hint?: string }> =>
  work.then(
    () => expect.fail("it should have failed"),
    (error) => error,
  );

/** Many segments per file, and a last block that is not full. */
const options: GenerateOptions = { files: 2, lines: 10 * BLOCK_LINES + 77, header: true, duplicates: 0.02 };

test("the same bytes inline and on 1, 2, 3 and 5 workers", async () => {
  const resolved = resolveOptions(options);
  const expected = createHash("sha256");
  for (let file = 0; file < 2; file++) {
    for (let block = 0; block < blockCount(resolved); block++) expected.update(generateBlock(resolved, file, block));
  }
  const digest = expected.digest("hex");
  const executors: Executor[] = [
    new InlineExecutor(),
    ...[1, 2, 3, 5].map((workers) => new ThreadExecutor({ workers })),
  ];
  for (const [k, executor] of executors.entries()) {
    await using own = executor;
    const made = await generate(join(folder, String(k), "logs"), options, { executor: own });
    expect(made.files.map((path) => path.slice(-15))).toEqual(["events-0000.csv", "events-0001.csv"]);
    expect(await readdir(join(folder, String(k), "logs"))).toHaveLength(2);
    expect(await digestOf(made.files)).toBe(digest);
    expect(made.lines).toBe(2 * (10 * BLOCK_LINES + 77));
    const sizes = await Promise.all(made.files.map(async (path) => (await readFile(path)).length));
    expect(made.bytes).toBe(sizes[0] + sizes[1]);
  }
}, 60_000);

test.each(["gzip", "zstd"] as const)(
  "one compressed file is cut between workers: %s",
  async (compress) => {
    await using one = new InlineExecutor();
    await using three = new ThreadExecutor({ workers: 3 });
    const packed: GenerateOptions = { files: 1, lines: 9 * BLOCK_LINES, compress, urls: 5 };
    const alone = await generate(join(folder, "a"), packed, { executor: one });
    const together = await generate(join(folder, "b"), packed, { executor: three });
    expect(await digestOf(together.files)).toBe(await digestOf(alone.files));
  },
  60_000,
);

test("an executor without shared memory writes whole files", async () => {
  await using inline = new InlineExecutor();
  // What matters of a process executor here is only its kind: the real one is not part of this folder.
  const apart = new Proxy(inline, {
    get: (target, name) => (name === "kind" ? "processes" : Reflect.get(target, name).bind?.(target)),
  });
  const some = { ...options, lines: 5 * BLOCK_LINES };
  const whole = await generate(join(folder, "a"), some, { executor: apart });
  const cut = await generate(join(folder, "b"), some, { executor: inline });
  expect(await digestOf(whole.files)).toBe(await digestOf(cut.files));
  expect(whole.bytes).toBe(cut.bytes);
});

test("progress reaches all blocks; files of the same name are replaced, others stay", async () => {
  await using executor = new InlineExecutor();
  await writeFile(join(folder, "events-0000.csv"), "old");
  await writeFile(join(folder, "mine.txt"), "mine");
  const seen: GenerateProgress[] = [];
  const made = await generate(
    folder,
    { files: 1, lines: 6 * BLOCK_LINES },
    { executor, onProgress: (p) => seen.push(p) },
  );
  expect(seen.at(-1)).toEqual({ doneBlocks: 6, blocks: 6, bytes: made.bytes });
  expect(seen.map(({ doneBlocks }) => doneBlocks)).toEqual([1, 2, 3, 4, 5, 6]);
  expect((await readdir(folder)).sort()).toEqual(["events-0000.csv", "mine.txt"]);
});

test("files without lines", async () => {
  await using executor = new InlineExecutor();
  const made = await generate(folder, { files: 2, lines: 0 }, { executor });
  expect([made.bytes, made.lines]).toEqual([0, 0]);
  expect(await readdir(folder)).toHaveLength(2);
});

test("wrong options touch nothing", async () => {
  await using executor = new InlineExecutor();
  const error = await failure(generate(join(folder, "new"), { files: 0 }, { executor }));
  expect(error).toBeInstanceOf(UsageError);
  await expect(access(join(folder, "new"))).rejects.toThrow();
});

test("a file where the folder should be, or a folder where a file should be", async () => {
  await using executor = new InlineExecutor();
  await writeFile(join(folder, "file"), "");
  for (const path of ["file", "file/below"]) {
    const error = await failure(generate(join(folder, path), {}, { executor }));
    expect(error).toBeInstanceOf(InputError);
    expect(error).toMatchObject({ code: "ERR_NOT_A_DIRECTORY", hint: expect.any(String) });
  }
  await mkdir(join(folder, "events-0001.csv"));
  const error = await failure(generate(folder, {}, { executor }));
  expect(error).toMatchObject({ code: "ERR_CANNOT_WRITE", place: { file: join(folder, "events-0001.csv") } });
  expect((await readdir(folder)).sort()).toEqual(["events-0001.csv", "file"]);
});

test("an abort before or under way leaves neither files nor folders", async () => {
  await using executor = new ThreadExecutor({ workers: 2 });
  const target = join(folder, "deep", "er");
  for (const when of ["before", "under way"]) {
    const controller = new AbortController();
    if (when === "before") controller.abort();
    const run = { executor, signal: controller.signal, onProgress: () => controller.abort() };
    const error = await failure(generate(target, { files: 3, lines: 12 * BLOCK_LINES }, run));
    expect(error).toBeInstanceOf(InterruptedError);
    expect(await readdir(folder)).toEqual([]);
  }
}, 60_000);

test("a segment that cannot be written ends the run with its own error, and no worker waits on", async () => {
  await using executor = new ThreadExecutor({ workers: 3 });
  const target = join(folder, "logs");
  const vanish = async (): Promise<void> => {
    // The files are taken away under the run: workers that open them later fail.
    for (const name of await readdir(target)) await rm(join(target, name), { force: true });
  };
  const error = await failure(
    generate(target, { files: 1, lines: 80 * BLOCK_LINES }, { executor, onProgress: () => void vanish() }),
  );
  expect(error).toBeInstanceOf(InputError);
  expect(error).toMatchObject({ code: "ERR_CANNOT_WRITE" });
  expect(await readdir(folder)).toEqual([]);
  // The executor is as good as before.
  expect((await generate(target, { files: 1, lines: 10 }, { executor })).lines).toBe(10);
}, 60_000);

const segment = (path: string, starts?: SharedArrayBuffer) => {
  return { options: resolveOptions({ lines: 10 }), path, file: 0, firstBlock: 0, blocks: 1, starts, index: 0 };
};

test.skipIf(process.platform !== "linux")(
  "a full disk is an error with a hint, and the next worker learns the position all the same",
  () => {
    const starts = new BigInt64Array(new SharedArrayBuffer(16)).fill(UNKNOWN);
    starts[0] = 0n;
    let caught: unknown;
    try {
      writeSegment(segment("/dev/full", starts.buffer as SharedArrayBuffer));
    } catch (error) {
      caught = error;
    }
    expect(caught).toBeInstanceOf(InputError);
    expect(caught).toMatchObject({ code: "ERR_DISK_FULL", hint: expect.stringContaining("full") });
    expect(starts[1]).toBeGreaterThan(0n);
  },
);

test("a segment of several blocks is its blocks in order", async () => {
  const path = join(folder, "x");
  await writeFile(path, "");
  const resolved = resolveOptions({ lines: 3 * BLOCK_LINES });
  const starts = new BigInt64Array(new SharedArrayBuffer(16)).fill(UNKNOWN);
  starts[0] = 0n;
  const whole = { options: resolved, path, file: 0, firstBlock: 0, blocks: 3, starts: starts.buffer, index: 0 };
  const bytes = writeSegment(whole);
  expect([bytes, BigInt(bytes)]).toEqual([(await readFile(path)).length, starts[1]]);
  const blocks = [0, 1, 2].map((block) => generateBlock(resolved, 0, block));
  expect(Buffer.concat(blocks).equals(await readFile(path))).toBe(true);
});

test("a run that was given up stays so", async () => {
  await writeFile(join(folder, "x"), "");
  const starts = new BigInt64Array(new SharedArrayBuffer(16)).fill(GIVEN_UP);
  expect(() => writeSegment(segment(join(folder, "x"), starts.buffer as SharedArrayBuffer))).toThrow(InterruptedError);
  expect(Array.from(starts)).toEqual([GIVEN_UP, GIVEN_UP]);
  expect(await readFile(join(folder, "x"), "utf8")).toBe("");
});

test("errors that are no system errors pass unchanged", () => {
  const own = new TypeError("x");
  expect(writeError(own, "p")).toBe(own);
  expect(writeError(Object.assign(new Error("no"), { code: "EACCES" }), "p")).toMatchObject({
    code: "ERR_CANNOT_WRITE",
  });
});
