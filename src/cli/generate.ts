/** `threadmill generate DIR`: event logs, written by many workers, the same bytes for the same seed. */
import { availableParallelism } from "node:os";
import { Command, Option } from "commander";
import { UsageError } from "../base/errors.ts";
import { formatBytes, formatCount, formatRate } from "../base/units.ts";
import { createExecutor } from "../executor/create.ts";
import { ProgressLine } from "../output/progress.ts";
import { generate } from "../run/generate.ts";
import { wholeNumber } from "./answer.ts";
import { onInterrupt } from "./interrupts.ts";

interface GenerateFlags {
  files: number;
  lines: number;
  workers?: number;
  seed: number;
  urls: number;
  users: number;
  hours: number;
  start: string;
  skew: number;
  duplicates: number;
  format: string;
  header?: boolean;
  compress?: string;
  json?: boolean;
  progress?: boolean;
}

function share(flag: string, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== "" && value >= 0 && value <= max) return value;
    throw new UsageError("ERR_USAGE", `${flag} takes a number from 0 to ${max}, not ${JSON.stringify(text)}`);
  };
}

export function generateCommand(): Command {
  return new Command("generate")
    .description("write event logs (id,ts,url,user,country,browser,os,status,ttfb) on many workers")
    .argument("<dir>", "folder to write to; made if it does not exist")
    .option("--files <n>", "number of files", wholeNumber("--files", 1), 4)
    .option("--lines <n>", "lines per file", wholeNumber("--lines"), 100_000)
    .option("-w, --workers <n>", "worker threads; 0: none", wholeNumber("--workers"))
    .option("--seed <n>", "the same seed gives the same bytes, whatever the workers", wholeNumber("--seed"), 1)
    .option("--urls <n>", "different URLs", wholeNumber("--urls", 1), 100)
    .option("--users <n>", "different users", wholeNumber("--users", 1), 100)
    .option("--hours <n>", "hours that the events spread over", wholeNumber("--hours", 1), 24)
    .option("--start <time>", "first hour, ISO 8601", "2019-09-14T00:00:00Z")
    .option("--skew <s>", "Zipf exponent of URLs and users; 0: uniform", share("--skew", 10), 0)
    .option("--duplicates <share>", "share of lines that repeat an earlier id", share("--duplicates", 1), 0)
    .addOption(
      new Option("--format <format>", "csv, tsv, ndjson or combined")
        .choices(["csv", "tsv", "ndjson", "combined"])
        .default("csv"),
    )
    .option("--header", "csv, tsv: begin each file with the column names")
    .addOption(new Option("--compress <codec>", "gzip or zstd").choices(["gzip", "zstd"]))
    .option("--json", "print a one-line summary to stderr")
    .option("--no-progress", "no progress line")
    .addHelpText(
      "after",
      "\nExample:\n  threadmill generate logs --files 4 --lines 2500000 --urls 1000 --users 5000 --skew 1",
    )
    .action(action);
}

async function action(directory: string, flags: GenerateFlags): Promise<void> {
  const { workers = availableParallelism(), json, progress, ...options } = flags;
  const line = progress !== false && process.stderr.isTTY ? new ProgressLine({ stream: process.stderr }) : undefined;
  const abort = new AbortController();
  const forgetSignals = onInterrupt(() => abort.abort(new Error("interrupted")));
  const started = performance.now();
  const executor = createExecutor(workers === 0 ? "inline" : "threads", { workers, name: "gen" });
  try {
    const report = await generate(directory, options as Parameters<typeof generate>[1], {
      executor,
      signal: abort.signal,
      onProgress: ({ bytes, doneBlocks, blocks }) => {
        const seconds = (performance.now() - started) / 1000;
        const share = blocks === 0 ? 1 : doneBlocks / blocks;
        const rows = Math.round(share * options.lines * options.files);
        line?.update({ bytesDone: bytes, bytesTotal: share > 0 ? bytes / share : 0, rows, rejected: 0, seconds });
      },
    });
    line?.clear();
    const { bytes, lines, seconds } = report;
    if (json)
      process.stderr.write(`${JSON.stringify({ files: report.files.length, lines, bytes, seconds, workers })}\n`);
    else {
      const rate = formatRate(bytes, seconds * 1000);
      process.stderr.write(
        `${report.files.length} files, ${formatCount(lines)} lines, ${formatBytes(bytes)} in ${seconds.toFixed(2)} s (${rate}) in ${directory}\n`,
      );
    }
  } finally {
    line?.clear();
    forgetSignals();
    await executor.shutdown({ wait: false, cancelPending: true });
  }
}
