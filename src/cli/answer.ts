/**
 * What `query`, `run` and `demo` share: the flags of a run, progress, signals, writing the result, the summary line.
 */
import { type Command, Option } from "commander";
import { UsageError } from "../base/errors.ts";
import { TIMER_MS_MAX, WORKER_MEMORY_MB_MIN } from "../base/limits.ts";
import { formatCount, parseBytes } from "../base/units.ts";
import { checkZone } from "../base/zone.ts";
import { type AtomicFile, checkTarget, createAtomicFile } from "../output/atomic-file.ts";
import { ProgressLine } from "../output/progress.ts";
import { formatFor, writeResult } from "../output/write.ts";
import { isSameFile } from "../run/outputs.ts";
import { formatRejected } from "../run/rejects.ts";
import type { RunResult, Summary } from "../run/result.ts";
import type { RunOptions } from "../run/run.ts";
import { onInterrupt } from "./interrupts.ts";

/** The parsed flags that every answering command has. */
export interface AnswerFlags {
  workers?: number;
  memory?: number;
  heap?: number;
  output?: string;
  to?: string;
  onError?: string;
  maxErrors?: number;
  retries?: number;
  splitTimeout?: number;
  splitBytes?: number;
  lineMax?: number;
  timeZone?: string;
  json?: boolean;
  explain?: boolean;
  progress?: boolean;
  color?: boolean;
}

/** A flag's value as a whole number of at least `min`. */
export function wholeNumber(flag: string, min = 0): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && Number.isSafeInteger(value) && value >= min) return value;
    throw new UsageError("ERR_USAGE", `${flag} takes a whole number of ${min} or more, not ${JSON.stringify(text)}`);
  };
}

/** A flag's value as a size of at least `least` (as a user would write it). */
function bytes(flag: string, least: string): (text: string) => number {
  return (text) => {
    let value: number;
    try {
      value = parseBytes(text);
    } catch (cause) {
      throw new UsageError("ERR_USAGE", `${flag} takes a size such as 64MB, not ${JSON.stringify(text)}`, { cause });
    }
    if (value >= parseBytes(least)) return value;
    throw new UsageError("ERR_USAGE", `${flag} takes ${least} or more, not ${JSON.stringify(text)}`);
  };
}

function milliseconds(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m)?$/.exec(text);
  const value = match ? Number(match[1]) * ({ ms: 1, s: 1000, m: 60_000 }[match[2] ?? "s"] as number) : 0;
  if (value >= 1 && value <= TIMER_MS_MAX) return value;
  throw new UsageError("ERR_USAGE", `--split-timeout takes a time such as 30s or 500ms, not ${JSON.stringify(text)}`);
}

export function addAnswerFlags(command: Command): Command {
  return command
    .option("-w, --workers <n>", "worker threads; 0 runs inline, for debuggers", wholeNumber("--workers"))
    .option(
      "--memory <size>",
      "memory of the run, 64MB or more per worker: groups beyond it go to temporary files (default: 60% of what is free)",
      bytes("--memory", "1B"),
    )
    .option(
      "--heap <size>",
      "limit of the JavaScript heap per worker, 16MB or more",
      bytes("--heap", `${WORKER_MEMORY_MB_MIN}MB`),
    )
    .option("-o, --output <file>", "write to a file: .csv .json .ndjson .md .parquet .html .txt; whole or not at all")
    .option(
      "--to <format>",
      "table, csv, json, ndjson, markdown, parquet or html; default: table on a terminal, csv in a pipe",
    )
    .option("--on-error <what>", "rows that do not parse: fail, skip, or quarantine=FILE", "fail")
    .option(
      "--max-errors <n>",
      "with skip and quarantine: more rejected rows than this fail the run",
      wholeNumber("--max-errors"),
    )
    .option(
      "--retries <n>",
      "further attempts at a split whose function threw or whose worker died",
      wholeNumber("--retries"),
    )
    .option("--split-timeout <time>", "stop and retry a split that takes longer (30s, 500ms)", milliseconds)
    .addOption(
      new Option("--split-bytes <size>", "bytes per split of a plain file").argParser(bytes("--split-bytes", "1B")),
    )
    .option("--line-max <size>", "a longer line is rejected (default 64MB)", bytes("--line-max", "1B"))
    .option("--time-zone <zone>", "IANA zone for hours and days and for printed times (default UTC)")
    .option("--explain", "print the plan, and which part of it runs where; run nothing")
    .option("--json", "print a one-line summary to stderr")
    .option("--no-progress", "no progress line")
    .option("--no-color", "no colours");
}

/** What is open on behalf of one run, and how it ends. */
export class Answering {
  readonly flags: AnswerFlags;
  readonly options: RunOptions;
  #abort = new AbortController();
  #quarantine: AtomicFile | undefined;
  #quarantined: Promise<void> = Promise.resolve();
  #line: ProgressLine | undefined;
  readonly #forgetSignals: () => void;

  /** Opens the quarantine file, if the flags name one, and listens to Ctrl-C. Inputs are compared with it when they are known. */
  static async open(flags: AnswerFlags): Promise<Answering> {
    const [onError, path] = splitOnError(flags.onError ?? "fail");
    // Checked before any work is done.
    if (flags.output !== undefined && flags.output !== "-") await checkTarget(flags.output);
    formatFor(flags.output, flags.to, process.stdout.isTTY === true);
    if (path !== undefined && flags.output !== undefined && flags.output !== "-" && isSameFile(path, flags.output)) {
      throw new UsageError("ERR_USAGE", `--output and --on-error quarantine= both name ${path}`, {
        hint: "Name a file for each.",
      });
    }
    if (flags.timeZone !== undefined) checkZone(flags.timeZone);
    const outputs = [flags.output, path].filter((each) => each !== undefined && each !== "-") as string[];
    if (flags.explain) return new Answering(flags, onError, outputs, undefined);
    return new Answering(flags, onError, outputs, path === undefined ? undefined : await createAtomicFile(path));
  }

  private constructor(flags: AnswerFlags, onError: string, outputs: string[], quarantine: AtomicFile | undefined) {
    this.flags = flags;
    this.#quarantine = quarantine;
    if (flags.progress !== false && process.stderr.isTTY) {
      this.#line = new ProgressLine({ stream: process.stderr, color: this.hasColor });
    }
    this.options = {
      workers: flags.workers,
      memory: flags.memory,
      memoryMb: flags.heap === undefined ? undefined : Math.max(WORKER_MEMORY_MB_MIN, Math.floor(flags.heap / 2 ** 20)),
      onError: onError === "fail" ? "fail" : "skip",
      maxErrors: flags.maxErrors,
      retries: flags.retries,
      splitTimeoutMs: flags.splitTimeout,
      splitBytes: flags.splitBytes,
      lineBytesMax: flags.lineMax,
      timeZone: flags.timeZone,
      outputs,
      signal: this.#abort.signal,
      onNotice: (notice) => this.notice(notice),
      ...(this.#line && { onProgress: (progress) => this.#line!.update(progress) }),
      ...(this.#quarantine && { quarantine: (rows) => this.#keep(rows) }),
    };
    this.#forgetSignals = onInterrupt(() => this.#abort.abort(new Error("interrupted")));
  }

  get hasColor(): boolean {
    return this.flags.color !== false && !process.env.NO_COLOR && process.stderr.isTTY === true;
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  notice(text: string): void {
    this.#line?.clear();
    process.stderr.write(`${text}\n`);
  }

  #keep(rows: Uint8Array): void {
    this.#quarantined = this.#quarantined.then(() => this.#quarantine!.write(rows));
    this.#quarantined.catch(() => {});
  }

  /** Writes the result where the flags say, then the notes about rejected rows and the summary. */
  async write(started: Promise<RunResult<unknown>>, title: string): Promise<Summary> {
    try {
      const run = await started;
      const result = await run.result();
      this.#line?.clear();
      const written = await writeResult(result, {
        format: formatFor(this.flags.output, this.flags.to, process.stdout.isTTY === true),
        path: this.flags.output,
        stdout: process.stdout,
        timeZone: this.flags.timeZone ?? "UTC",
        width: process.stdout.columns,
        color: this.flags.color !== false && !process.env.NO_COLOR && process.stdout.isTTY === true,
        title,
        signal: this.#abort.signal,
      });
      const summary = await run.summary;
      await this.#quarantined;
      await this.#quarantine?.commit();
      await this.#tell(run, summary, written.rows);
      return summary;
    } catch (error) {
      await this.#quarantine?.abort();
      throw error;
    } finally {
      this.close();
    }
  }

  close(): void {
    this.#line?.clear();
    this.#forgetSignals();
  }

  async #tell(run: RunResult<unknown>, summary: Summary, rows: number): Promise<void> {
    if (summary.rejected > 0) {
      const shown = await run.rejected();
      this.notice(
        `${summary.rejected === 1 ? "1 row was" : `${formatCount(summary.rejected)} rows were`} rejected${shown.length < summary.rejected ? `; the first ${shown.length}` : ""}:`,
      );
      for (const row of shown) this.notice(`  ${formatRejected(row)}`);
    }
    if (this.flags.json) process.stderr.write(`${JSON.stringify({ ...summary, written: rows })}\n`);
  }
}

function splitOnError(text: string): [string, string | undefined] {
  if (text === "fail" || text === "skip") return [text, undefined];
  if (text.startsWith("quarantine=") && text.length > "quarantine=".length)
    return ["skip", text.slice("quarantine=".length)];
  throw new UsageError("ERR_USAGE", `--on-error takes fail, skip or quarantine=FILE, not ${JSON.stringify(text)}`);
}
