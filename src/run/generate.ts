/**
 * `generate`: writes event logs on the workers of an executor. What is in them is src/generate's; this file cuts the work,
 * and sees to it that each file appears whole or not at all.
 */
import { mkdir, open, rename, rm, rmdir, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { InputError, InterruptedError, TaskError, ThreadmillError } from "../base/errors.ts";
import type { Executor, Task } from "../executor/executor.ts";
import { blockCount, type EventOptions, fileName, type GenerateOptions, resolveOptions } from "../generate/options.ts";
import { GIVEN_UP, type Segment, taskModule, UNKNOWN, writeError } from "../generate/task.ts";
import { removeAbandoned, temporaryOf } from "../output/temporary.ts";

export interface GenerateProgress {
  /** Blocks of lines, of all files. */
  doneBlocks: number;
  blocks: number;
  /** Bytes written so far (compressed bytes, where the files are compressed). */
  bytes: number;
}

export interface GenerateRun {
  /** Where the work runs: any executor. It is not shut down. */
  executor: Executor;
  signal?: AbortSignal;
  onProgress?: (progress: GenerateProgress) => void;
}

export interface Generated {
  /** Paths, in the order of their numbers. */
  files: string[];
  bytes: number;
  /** Lines of all files, headers not counted. */
  lines: number;
  seconds: number;
}

/** Blocks per task. One is written from the buffer in which it was made; with more, copies of the others must wait in memory. */
const SEGMENT_BLOCKS = 1;

const task: Task = { module: taskModule, key: "writeSegment", digest: "" };

/** A file under way: written under `temporary`, then renamed. */
interface Draft {
  path: string;
  temporary: string;
  /** undefined where workers share no memory with us: then one task writes the whole file. */
  starts: BigInt64Array | undefined;
}

function draft(directory: string, options: EventOptions, file: number, shared: boolean): Draft {
  const name = fileName(options, file);
  const segments = Math.ceil(blockCount(options) / SEGMENT_BLOCKS);
  const starts = shared ? new BigInt64Array(new SharedArrayBuffer(8 * (segments + 1))).fill(UNKNOWN) : undefined;
  if (starts) starts[0] = 0n;
  const path = join(directory, name);
  return { path, temporary: temporaryOf(path), starts };
}

/** All segments, file by file and in order, as the hand-over of positions needs it (see generate/task.ts). */
function* segmentsOf(options: EventOptions, drafts: readonly Draft[]): Generator<[Segment]> {
  const blocks = blockCount(options);
  for (const [file, { temporary, starts }] of drafts.entries()) {
    const size = starts ? SEGMENT_BLOCKS : blocks;
    for (let first = 0, index = 0; first < blocks; first += size, index++) {
      const count = Math.min(size, blocks - first);
      const memory = starts?.buffer as SharedArrayBuffer | undefined;
      yield [{ options, path: temporary, file, firstBlock: first, blocks: count, starts: memory, index }];
    }
  }
}

/** Ends every worker's wait for a position. Pairs with `claim` in generate/task.ts. */
function giveUp(drafts: readonly Draft[]): void {
  for (const { starts } of drafts) {
    for (let k = 0; starts && k < starts.length; k++) {
      Atomics.compareExchange(starts, k, UNKNOWN, GIVEN_UP);
      Atomics.notify(starts, k);
    }
  }
}

/** The first of our own errors behind what an executor says: a full disk, rather than "task failed". */
function rootOf(error: unknown, signal: AbortSignal | undefined): unknown {
  if (signal?.aborted) {
    if (signal.reason instanceof ThreadmillError) return signal.reason;
    return new InterruptedError("ERR_ABORTED", "generate was interrupted", { cause: signal.reason });
  }
  for (let inner = error; inner instanceof Error; inner = inner.cause) {
    if (inner instanceof ThreadmillError && !(inner instanceof TaskError)) return inner;
  }
  return error;
}

/** @returns the topmost folder that had to be made, if any */
async function makeFolder(directory: string): Promise<string | undefined> {
  try {
    return await mkdir(directory, { recursive: true });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "EEXIST" && code !== "ENOTDIR") throw writeError(error, directory);
    throw new InputError("ERR_NOT_A_DIRECTORY", `${directory} is not a folder`, {
      hint: "generate writes its files into a folder: give the folder's name.",
      place: { file: directory },
      cause: error,
    });
  }
}

async function createDrafts(drafts: readonly Draft[]): Promise<void> {
  for (const { path, temporary } of drafts) {
    const found = await stat(path).catch(() => undefined);
    if (found && !found.isFile()) {
      throw new InputError("ERR_CANNOT_WRITE", `${path} exists and is no file`, {
        hint: "Move it away, or choose another folder.",
        place: { file: path },
      });
    }
    try {
      await (await open(temporary, "wx")).close();
    } catch (error) {
      throw writeError(error, path);
    }
  }
}

async function removeDrafts(drafts: readonly Draft[], directory: string, made: string | undefined): Promise<void> {
  for (const { temporary } of drafts) await rm(temporary, { force: true }).catch(() => undefined);
  // Folders of our own go too, as far as they are empty.
  for (let folder = directory; made !== undefined; folder = dirname(folder)) {
    const gone = await rmdir(folder).then(
      () => true,
      () => false,
    );
    if (!gone || folder === made || folder === dirname(folder)) return;
  }
}

async function writeDrafts(options: EventOptions, drafts: readonly Draft[], run: GenerateRun): Promise<number> {
  const progress: GenerateProgress = { doneBlocks: 0, blocks: blockCount(options) * drafts.length, bytes: 0 };
  const { executor, signal, onProgress } = run;
  const whole = drafts[0].starts === undefined;
  const stop = (): void => giveUp(drafts);
  signal?.addEventListener("abort", stop, { once: true });
  const total = Math.ceil(blockCount(options) / SEGMENT_BLOCKS) * drafts.length;
  try {
    signal?.throwIfAborted();
    let done = 0;
    const items = segmentsOf(options, drafts);
    for await (const bytes of executor.map<number>(task, items, { ordered: false, signal, name: "generate" })) {
      progress.bytes += bytes;
      done++;
      progress.doneBlocks = Math.round((progress.blocks * done) / (whole ? drafts.length : total));
      onProgress?.({ ...progress });
    }
    return progress.bytes;
  } finally {
    // Also after success: nobody waits then. After a failure workers may wait for a segment that will never be made.
    stop();
    signal?.removeEventListener("abort", stop);
  }
}

/**
 * Writes event logs `events-0000.csv`, … into a folder (made if missing; files of these names are replaced). The same
 * options give the same bytes whatever the executor and its number of workers. On failure no file is left behind.
 * @throws UsageError ERR_BAD_OPTION; InputError ERR_NOT_A_DIRECTORY, ERR_CANNOT_WRITE, ERR_DISK_FULL; InterruptedError
 * @example
 * await using executor = new ThreadExecutor({ workers: 4 });
 * await generate("logs", { files: 4, lines: 1_000_000 }, { executor });
 */
export async function generate(directory: string, options: GenerateOptions, run: GenerateRun): Promise<Generated> {
  const began = performance.now();
  const resolved = resolveOptions(options);
  // Only threads (and inline) see the coordinator's memory.
  const shared = run.executor.kind === "threads" || run.executor.kind === "inline";
  const drafts = Array.from({ length: resolved.files }, (_, file) => draft(directory, resolved, file, shared));
  const made = await makeFolder(directory);
  try {
    await removeAbandoned(
      directory,
      drafts.map(({ path }) => path),
    );
    await createDrafts(drafts);
    const bytes = await writeDrafts(resolved, drafts, run);
    run.signal?.throwIfAborted();
    for (const { temporary, path } of drafts) {
      await rename(temporary, path).catch((error: unknown) => Promise.reject(writeError(error, path)));
    }
    const lines = resolved.files * resolved.lines;
    return { files: drafts.map(({ path }) => path), bytes, lines, seconds: (performance.now() - began) / 1000 };
  } catch (error) {
    await removeDrafts(drafts, directory, made);
    throw rootOf(error, run.signal);
  }
}
