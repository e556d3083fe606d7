/**
 * The one door of the results: picks the writer for a format, the sink for a place, and sees to it that a file appears
 * whole or not at all, that an interrupted run leaves nothing, and that a closed pipe ends quietly.
 */
import { extname } from "node:path";
import { InterruptedError, ThreadmillError, UsageError } from "../base/errors.ts";
import { STREAM_PAUSE_MS } from "../base/limits.ts";
import { takesLonger } from "../base/wait.ts";
import { writeCsv } from "./csv.ts";
import { writeJson } from "./json.ts";
import { writeMarkdown } from "./markdown.ts";
import type { OutputFormat, Result } from "./output.ts";
import { ClosedPipe, fileSink, type Sink, streamSink } from "./sink.ts";
import { writeTable } from "./table.ts";

export interface WriteOptions {
  format: OutputFormat;
  /** The file to make. Undefined or "-": `stdout`. A name ending in .tsv makes csv tab-separated. */
  path?: string;
  /** Default: process.stdout. It stays open. */
  stdout?: NodeJS.WritableStream;
  /** IANA name of the zone that timestamps are shown in. */
  timeZone: string;
  /** Terminal columns: tables are cut to fit, and show only their ends. Undefined: not a terminal, everything is shown. */
  width?: number;
  /** Default false. */
  color?: boolean;
  /** Heading of an html page. */
  title?: string;
  /** A line under the heading of an html page. */
  description?: string;
  /** Facts shown in an html page and kept in parquet's metadata. */
  meta?: Record<string, string>;
  signal?: AbortSignal;
}

export interface WriteReport {
  rows: number;
  bytes: number;
  /** The reader of stdout went away before the end; `rows` are then not known (0). */
  closed?: true;
}

/**
 * Writes a result. Throws UsageError ERR_IS_DIRECTORY, ERR_NO_FOLDER, ERR_ACCESS; ThreadmillError ERR_DISK_FULL,
 * ERR_WRITE; InterruptedError ERR_INTERRUPTED; and whatever the batches throw. On any of them no file is left.
 */
export async function writeResult(result: Result, options: WriteOptions): Promise<WriteReport> {
  throwIfAborted(options.signal);
  const toFile = options.path !== undefined && options.path !== "-";
  const sink = toFile ? await fileSink(options.path!) : streamSink(options.stdout ?? process.stdout, options.signal);
  try {
    const batches = abortable(result.batches, options.signal);
    const { lines } = result;
    const watched: Result = {
      columns: result.columns,
      batches: toFile ? batches : flushing(batches, sink),
      ...(lines && { lines: (style) => abortable(lines(style), options.signal) }),
    };
    const rows = await writers[options.format](watched, sink, options);
    throwIfAborted(options.signal);
    await sink.commit();
    return { rows, bytes: sink.bytes };
  } catch (error) {
    await sink.abort();
    throwIfAborted(options.signal);
    if (isClosedPipe(error)) return { rows: 0, bytes: sink.bytes, closed: true };
    throw error;
  }
}

/** Those that need much code are loaded when they are asked for: it is half of what starting costs. */
const writers: Record<OutputFormat, (result: Result, sink: Sink, options: WriteOptions) => Promise<number>> = {
  table: writeTable,
  csv: (result, sink, { timeZone, path }) =>
    writeCsv(result, sink, { timeZone, delimiter: path?.toLowerCase().endsWith(".tsv") ? "\t" : "," }),
  json: (result, sink, { timeZone }) => writeJson(result, sink, { timeZone, lines: false }),
  ndjson: (result, sink, { timeZone }) => writeJson(result, sink, { timeZone, lines: true }),
  markdown: writeMarkdown,
  parquet: async (...args) => (await import("./parquet.ts")).writeParquet(...args),
  html: async (...args) => (await import("./html.ts")).writeHtml(...args),
};

/** A named pipe given as a file closes like any other pipe. */
function isClosedPipe(error: unknown): boolean {
  if (error instanceof ClosedPipe) return true;
  const cause = error instanceof ThreadmillError && error.code === "ERR_WRITE" ? error.cause : undefined;
  return (cause as NodeJS.ErrnoException | undefined)?.code === "EPIPE";
}

function throwIfAborted(signal: AbortSignal | undefined): void {
  if (!signal?.aborted) return;
  if (signal.reason instanceof ThreadmillError) throw signal.reason;
  throw new InterruptedError("ERR_INTERRUPTED", "interrupted while writing the result", { cause: signal.reason });
}

/** The same batches; while the next one is waited for, the reader gets the rows that are there. */
async function* flushing<T>(batches: AsyncGenerator<T>, sink: Sink): AsyncGenerator<T> {
  try {
    for (;;) {
      const next = batches.next();
      if (await takesLonger(next, STREAM_PAUSE_MS)) await sink.flush();
      const { done, value } = await next;
      if (done) return;
      yield value;
    }
  } finally {
    await batches.return(undefined);
  }
}

/** The same batches, ending in an error as soon as the signal says so, even while the source is silent. */
async function* abortable<T>(source: AsyncIterable<T>, signal: AbortSignal | undefined): AsyncGenerator<T> {
  if (signal === undefined) return yield* source;
  const iterator = source[Symbol.asyncIterator]();
  const aborted = Promise.withResolvers<never>();
  aborted.promise.catch(() => {});
  const onAbort = (): void => aborted.reject(new Error("aborted"));
  signal.addEventListener("abort", onAbort, { once: true });
  let done = false;
  try {
    while (true) {
      throwIfAborted(signal);
      const step = await Promise.race([iterator.next(), aborted.promise]).catch((error) => {
        throwIfAborted(signal);
        done = true;
        throw error;
      });
      if (step.done) {
        done = true;
        return;
      }
      yield step.value;
    }
  } finally {
    signal.removeEventListener("abort", onAbort);
    // A source that hangs must not keep the abort waiting: it is told to end, and not waited for.
    if (!done) {
      const ended = iterator.return?.();
      if (signal.aborted) ended?.catch(() => {});
      else await ended;
    }
  }
}

const byExtension: Readonly<Record<string, OutputFormat>> = {
  ".csv": "csv",
  ".tsv": "csv",
  ".json": "json",
  ".ndjson": "ndjson",
  ".jsonl": "ndjson",
  ".md": "markdown",
  ".markdown": "markdown",
  ".parquet": "parquet",
  ".html": "html",
  ".htm": "html",
  ".txt": "table",
};
const byName: Readonly<Record<string, OutputFormat>> = {
  table: "table",
  csv: "csv",
  json: "json",
  ndjson: "ndjson",
  jsonl: "ndjson",
  markdown: "markdown",
  md: "markdown",
  parquet: "parquet",
  html: "html",
};

/**
 * The format for `-o path` and `--to name`: the name wins over the extension; without both a table on a terminal and csv
 * in a pipe. Throws UsageError ERR_UNKNOWN_FORMAT, and ERR_BINARY_TO_TERMINAL for parquet and html on a terminal.
 */
export function formatFor(path: string | undefined, to: string | undefined, isTty: boolean): OutputFormat {
  const toFile = path !== undefined && path !== "-";
  const format = to !== undefined ? formatNamed(to) : toFile ? formatOf(path) : isTty ? "table" : "csv";
  if (!toFile && isTty && (format === "parquet" || format === "html")) {
    throw new UsageError("ERR_BINARY_TO_TERMINAL", `${format} is not for a terminal`, {
      hint: `Write it to a file, for example -o result.${format}, or pipe it.`,
    });
  }
  return format;
}

function formatNamed(to: string): OutputFormat {
  const name = to.toLowerCase();
  if (Object.hasOwn(byName, name)) return byName[name];
  throw new UsageError("ERR_UNKNOWN_FORMAT", `unknown output format: ${to}`, {
    hint: `Use one of ${Object.keys(byName).join(", ")}.`,
  });
}

function formatOf(path: string): OutputFormat {
  const extension = extname(path).toLowerCase();
  if (Object.hasOwn(byExtension, extension)) return byExtension[extension];
  const what = extension === "" ? "has no extension" : `ends in ${extension}`;
  throw new UsageError("ERR_UNKNOWN_FORMAT", `cannot tell the format of ${path}: its name ${what}`, {
    hint: `End it in ${Object.keys(byExtension).join(" ")}, or name the format with --to.`,
    place: { file: path },
  });
}
