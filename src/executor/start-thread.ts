/**
 * Starting threads. A thread learns which worker it is by its first message, so it may be started before anybody knows:
 * while a program is still loading its own code, threads that it will need can load theirs. Imports little, so that it can
 * be loaded first.
 */
import { getCompileCacheDir } from "node:module";
import { dirname } from "node:path";
import { Worker, type WorkerOptions } from "node:worker_threads";
import type { ThreadStart } from "./protocol.ts";

// The entry has the extension of this very file: .ts from the sources, .js from the package.
const entry = new URL(`./thread-entry${import.meta.url.slice(import.meta.url.lastIndexOf("."))}`, import.meta.url);

/** Threads that nobody has taken yet, by name. */
const early = new Map<string, Worker>();

/** Room for young objects: Node's 48 MB fill up in a worker that makes arrays all day, and are never given back. */
const YOUNG_MB = 12;

function start(name: string, preload: readonly string[], memoryMb: number | undefined): Worker {
  const data: ThreadStart = { threadmill: "worker", preload, compileCache: compileCache() };
  const options: WorkerOptions = {
    name,
    workerData: data,
    resourceLimits: memoryMb === undefined ? { maxYoungGenerationSizeMb: YOUNG_MB } : heapLimits(memoryMb),
  };
  // Left alone, a thread takes over all flags; given by us, those that hold for the whole process would be refused.
  const flags = withoutEntry(process.execArgv);
  if (flags.length === process.execArgv.length) return new Worker(entry, options);
  try {
    return new Worker(entry, { ...options, execArgv: flags });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code !== "ERR_WORKER_INVALID_EXEC_ARGV") throw error;
    return new Worker(entry, { ...options, execArgv: flags.filter((flag) => !message.includes(flag)) });
  }
}

/** Starts threads that an executor will take by these names, if they are alive by then. They do not keep the program alive. */
export function startEarly(names: readonly string[], preload: readonly string[]): void {
  for (const name of names) {
    const worker = start(name, preload, undefined);
    const forget = () => void (early.get(name) === worker && early.delete(name));
    // Why it cannot start is told by the one that is started in its place.
    worker.on("error", forget);
    worker.on("exit", forget);
    worker.unref();
    early.set(name, worker);
  }
}

/** A thread of this name: one that was started early, where it has no limit of its own, or a new one. */
export function startThread(name: string, preload: readonly string[], memoryMb: number | undefined): Worker {
  const worker = memoryMb === undefined ? early.get(name) : undefined;
  if (!worker) return start(name, preload, memoryMb);
  early.delete(name);
  worker.ref();
  return worker;
}

/**
 * Young objects beside the limit for old ones: with Node's default of 48 MB one collection can move more into the old
 * part than the 16 MB that Node grants a worker at its limit, and V8 then ends the whole process.
 */
function heapLimits(memoryMb: number): { maxOldGenerationSizeMb: number; maxYoungGenerationSizeMb: number } {
  return { maxOldGenerationSizeMb: memoryMb, maxYoungGenerationSizeMb: Math.min(12, Math.max(1, memoryMb >> 2)) };
}

/** The folder of this program's compile cache, where it has one. Node tells the folder in it of its own version. */
function compileCache(): string | undefined {
  const folder = getCompileCacheDir();
  return folder === undefined ? undefined : dirname(folder);
}

/** Flags for Node, less those that replace the entry file (`node --input-type=module -e …`). */
function withoutEntry(flags: readonly string[]): string[] {
  const withCode = new Set(["-e", "--eval", "-p", "--print", "-pe"]);
  const isOfEntry = (flag: string) =>
    withCode.has(flag) || flag.startsWith("--input-type") || flag.startsWith("--eval=");
  return flags.filter((flag, index) => !isOfEntry(flag) && !withCode.has(flags[index - 1]));
}
