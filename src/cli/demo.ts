/** `threadmill demo`: event logs from many threads, the three questions on every core, three short tables. */
import { mkdtemp, rm } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { styleText } from "node:util";
import { Command } from "commander";
import { InterruptedError } from "../base/errors.ts";
import { formatBytes, formatCount, formatRate } from "../base/units.ts";
import { createExecutor } from "../executor/create.ts";
import { count, distinct } from "../job/aggregate.ts";
import { hour } from "../job/column.ts";
import { from, type Job } from "../job/job.ts";
import { csv, float, int, text, timestamp } from "../job/source-format.ts";
import { ProgressLine } from "../output/progress.ts";
import { writeResult } from "../output/write.ts";
import { generate } from "../run/generate.ts";
import { run } from "../run/run.ts";
import { wholeNumber } from "./answer.ts";
import { onInterrupt } from "./interrupts.ts";

interface DemoFlags {
  workers?: number;
  lines: number;
  keep?: boolean;
  progress?: boolean;
}

const format = csv({
  columns: {
    id: text,
    ts: timestamp,
    url: text,
    user: text,
    country: text,
    browser: text,
    os: text,
    status: int,
    ttfb: float,
  },
});

/** The three questions, as a program would ask them. */
function questions(files: string): { title: string; job: Job<unknown> }[] {
  const logs = from(files, format);
  return [
    {
      title: "1. How many different URLs per hour?",
      job: logs
        .groupBy({ hour: hour("ts") })
        .aggregate({ urls: distinct("url") })
        .limit(5) as Job<unknown>,
    },
    {
      title: "2. How many different visitors per URL and hour?",
      job: logs
        .groupBy({ url: "url", hour: hour("ts") })
        .aggregate({ visitors: distinct("user") })
        .sort("visitors desc, url, hour")
        .limit(5) as Job<unknown>,
    },
    {
      title: "3. How many clicks, and how many different clicks, per URL and hour?",
      job: logs
        .groupBy({ url: "url", hour: hour("ts") })
        .aggregate({ clicks: count(), different: distinct("id") })
        .sort("clicks desc, url, hour")
        .limit(5) as Job<unknown>,
    },
  ];
}

export function demoCommand(): Command {
  return new Command("demo")
    .description("generate four event logs, then answer three questions about them on every core")
    .option("-w, --workers <n>", "worker threads", wholeNumber("--workers"))
    .option("--lines <n>", "lines per file", wholeNumber("--lines", 1), 200_000)
    .option("--keep", "keep the generated files")
    .option("--no-progress", "no progress line")
    .addHelpText("after", "\nExamples:\n  threadmill demo\n  threadmill demo --lines 1000000 --workers 4 --keep")
    .action(action);
}

async function action(flags: DemoFlags): Promise<void> {
  const workers = flags.workers ?? availableParallelism();
  const folder = await mkdtemp(join(tmpdir(), "threadmill-demo-"));
  const abort = new AbortController();
  const forgetSignals = onInterrupt(() =>
    abort.abort(new InterruptedError("ERR_INTERRUPTED", "the demo was interrupted")),
  );
  const executor = createExecutor(workers === 0 ? "inline" : "threads", { workers, name: "demo" });
  try {
    const made = await generate(
      folder,
      { files: 4, lines: flags.lines, urls: 1000, users: 5000, skew: 1, duplicates: 0.01 },
      { executor, signal: abort.signal },
    );
    const threads = workers === 1 ? "1 thread" : `${workers} threads`;
    const rate = formatRate(made.bytes, made.seconds * 1000);
    say(
      `Generated 4 event logs, ${formatCount(made.lines)} lines, ${formatBytes(made.bytes)}, from ${threads} in ${made.seconds.toFixed(2)} s (${rate}).\n`,
    );
    for (const { title, job } of questions(join(folder, "*.csv")))
      await answer(title, job, workers, flags, abort.signal);
    const where = flags.keep ? folder : "/tmp/logs";
    say(nextCommands(where, flags.keep === true));
  } finally {
    forgetSignals();
    await executor.shutdown({ wait: false, cancelPending: true });
    if (!flags.keep) await rm(folder, { recursive: true, force: true });
  }
}

async function answer(
  title: string,
  job: Job<unknown>,
  workers: number,
  flags: DemoFlags,
  signal: AbortSignal,
): Promise<void> {
  const line =
    flags.progress !== false && process.stderr.isTTY
      ? new ProgressLine({ stream: process.stderr, color: hasColor() })
      : undefined;
  say(hasColor() ? styleText("bold", title) : title);
  try {
    const result = await run(job, {
      workers,
      signal,
      ...(line && { onProgress: (progress) => line.update(progress) }),
    });
    line?.clear();
    await writeResult(await result.result(), {
      format: "table",
      timeZone: "UTC",
      width: process.stdout.columns ?? 80,
      color: hasColor(),
    });
    const { rows, bytes, seconds } = await result.summary;
    const rates = `${formatCount(Math.round(rows / seconds))} rows/s, ${formatRate(bytes, seconds * 1000)}`;
    say(`${formatCount(rows)} rows in ${seconds.toFixed(2)} s on ${workers} workers (${rates})\n`);
  } finally {
    line?.clear();
  }
}

function hasColor(): boolean {
  return process.stdout.isTTY === true && !process.env.NO_COLOR;
}

function nextCommands(folder: string, isKept: boolean): string {
  const query = `npx threadmill query '${folder}/*.csv' --columns id,ts:timestamp,url,user,country,browser,os,status:int,ttfb:float`;
  const lines = [
    "Try next:",
    ...(isKept
      ? []
      : [`  npx threadmill generate ${folder} --files 4 --lines 1000000 --urls 1000 --users 5000 --skew 1`]),
    `  ${query} \\`,
    "    --by 'browser, hour=hour(ts)' --aggregate 'clicks=count(), p99=quantile(ttfb, 0.99)' -o browsers.html",
    `  ${query} \\`,
    "    --where 'status >= 500' --by url --aggregate 'errors=count()' --sort 'errors desc' --limit 10",
    "  npx threadmill doctor",
  ];
  return lines.join("\n");
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
