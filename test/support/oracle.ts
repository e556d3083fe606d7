/** What the tests against DuckDB share: a folder, executors that are started once, and questions as text. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect } from "vitest";
import { jobOf } from "../../src/cli/query.ts";
import type { Executor } from "../../src/executor/executor.ts";
import { InlineExecutor } from "../../src/executor/inline.ts";
import { ThreadExecutor } from "../../src/executor/threads.ts";
import type { Job } from "../../src/index.ts";
import { type RunOptions, run } from "../../src/run/run.ts";
import { Duck, expectEqual, type Table } from "./duckdb.ts";

/** A question: what `threadmill query` takes, without the dashes. */
export type Question = Parameters<typeof jobOf>[1];

export class Oracle {
  duck!: Duck;
  folder = "";
  /** By number of workers; 0 is inline. */
  executors: Map<number, Executor> = new Map();

  write(name: string, content: string | Uint8Array): string {
    const path = join(this.folder, name);
    writeFileSync(path, content);
    return path;
  }

  /** The answer of a question, on so many workers. */
  ask(files: string | string[], question: Question, workers = 0, options: RunOptions = {}): Promise<Table> {
    return this.answer(jobOf([files].flat(), question), workers, options);
  }

  async answer(job: Job<unknown>, workers = 0, options: RunOptions = {}): Promise<Table> {
    const result = await run(job, { executor: this.executors.get(workers)!, ...options });
    const rows: unknown[][] = [];
    for await (const { columns, rows: n } of result.sets()) {
      for (let i = 0; i < n; i++) rows.push(columns!.map((values) => micros(values[i])));
    }
    return { names: result.columns.map(({ name }) => name), rows };
  }

  /** Both engines' answers are equal; and ours has the same bytes for every number of workers and size of splits. */
  async agree(
    files: string | string[],
    question: Question,
    sql: string,
    ways: readonly Way[] = [{ workers: 0 }],
    options: RunOptions = {},
  ): Promise<void> {
    const expected = await this.duck.query(sql);
    let first: string | undefined;
    for (const { workers, splitBytes, kernel = "" } of ways) {
      const way = `on ${workers} workers, splits of ${splitBytes ?? "any"} bytes ${kernel}`;
      const name = `${JSON.stringify(question)} ${way}\n${sql}`;
      const more = { ...options, ...(splitBytes && { splitBytes }) };
      const actual = await withKernel(kernel, () => this.ask(files, question, workers, more));
      expectEqual(actual, expected, name);
      const bytes = bytesOf(actual);
      first ??= bytes;
      if (bytes !== first) expect(bytes, `the same bytes: ${name}`).toBe(first);
    }
  }
}

/** Runs inline on this kernel; "" is the default one. */
export async function withKernel<Result>(kernel: string, action: () => Promise<Result>): Promise<Result> {
  const before = process.env.THREADMILL_KERNEL;
  if (kernel !== "") process.env.THREADMILL_KERNEL = kernel;
  try {
    return await action();
  } finally {
    if (before === undefined) delete process.env.THREADMILL_KERNEL;
    else process.env.THREADMILL_KERNEL = before;
  }
}

/** Times inside of lists are Dates. */
function micros(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(micros);
  return value instanceof Date ? value.getTime() * 1000 : value;
}

export interface Way {
  workers: number;
  /** Default: by the size of the files. */
  splitBytes?: number;
  /** Only inline; default: the one that this process takes. */
  kernel?: "scalar" | "simd";
}

export function bytesOf(table: Table): string {
  return JSON.stringify(table.rows, (_, value) => {
    if (typeof value === "bigint") return `${value}n`;
    return typeof value === "number" && (!Number.isFinite(value) || Object.is(value, -0)) ? `float ${value}` : value;
  });
}

/** An oracle for one test file, with inline and thread executors of these sizes. */
export function useOracle(workers: readonly number[] = [0]): Oracle {
  const oracle = new Oracle();
  beforeAll(async () => {
    oracle.folder = mkdtempSync(join(tmpdir(), "threadmill-oracle-"));
    oracle.duck = await Duck.open();
    for (const count of workers) {
      oracle.executors.set(count, count === 0 ? new InlineExecutor() : new ThreadExecutor({ workers: count }));
    }
  });
  afterAll(async () => {
    for (const executor of oracle.executors.values()) await executor.shutdown({ wait: false, cancelPending: true });
    await oracle.duck[Symbol.asyncDispose]();
    rmSync(oracle.folder, { recursive: true, force: true });
  });
  return oracle;
}
