/** A whole run over hostile bytes: both kernels give the same answer or the same error of ours, and the answer is the naive reader's. */
import { isUtf8 } from "node:buffer";
import { statSync } from "node:fs";
import { expect } from "vitest";
import { ThreadmillError } from "../../src/base/errors.ts";
import { jobOf } from "../../src/cli/query.ts";
import { InlineExecutor } from "../../src/executor/inline.ts";
import { hasSimd } from "../../src/kernel/simd/instance.ts";
import { run } from "../../src/run/run.ts";
import { optionsOf, type Target } from "./hostile.ts";
import { naiveParse } from "./naive-parser.ts";
import { type Question, withKernel } from "./oracle.ts";

export interface RunWay {
  /** About as many. */
  splits: number;
  lineBytesMax: number;
}

interface Outcome {
  rows: unknown[];
  read: number;
  rejected: number;
}

const kernels = hasSimd() ? ["scalar", "simd"] : ["scalar"];
const executor = new InlineExecutor();

/** Three columns of text that questions are about. */
function columnsOf({ format, names }: Target): string[] {
  return format.kind === "log" ? ["host", "user", "path"] : names.slice(0, 3);
}

function questionOf(target: Target): Question {
  const { format, names } = target;
  const [key, value, other] = columnsOf(target);
  const question = { by: key, aggregate: `n=count(), d=distinct(${value}), m=max(${other}), l=sum(length(${value}))` };
  const columns = names.map((name) => `${name}:text`).join(",");
  switch (format.kind) {
    case "csv":
      return {
        ...question,
        format: "csv",
        delimiter: format.delimiter,
        quote: format.quote,
        header: format.header,
        columns,
      };
    case "log":
      return { ...question, format: "log", logFormat: format.logFormat };
    case "ndjson":
      return { ...question, format: "ndjson", columns };
    default:
      return { ...question, format: "text", pattern: format.pattern };
  }
}

async function outcomeOf(target: Target, file: string, { splits, lineBytesMax }: RunWay): Promise<Outcome | string> {
  try {
    const splitBytes = Math.ceil(statSync(file).size / splits) + 1;
    const options = { executor, onError: "skip" as const, lineBytesMax, splitBytes };
    const result = await run(jobOf([file], questionOf(target)), options);
    const rows = await result.toArray();
    const summary = await result.summary;
    return { rows, read: summary.rows, rejected: summary.rejected };
  } catch (error) {
    if (!(error instanceof ThreadmillError)) throw error;
    expect(error.code).not.toMatch(/ERR_KERNEL|ERR_SPLIT_FAILED|ERR_TASK_FAILED/);
    return `${error.code} ${error.message}`;
  }
}

export async function expectSameRuns(target: Target, source: Buffer, file: string, way: RunWay): Promise<void> {
  const outcomes: (Outcome | string)[] = [];
  for (const kernel of kernels) outcomes.push(await withKernel(kernel, () => outcomeOf(target, file, way)));
  for (const outcome of outcomes) expect(outcome).toEqual(outcomes[0]);
  const [first] = outcomes;
  // Names of a header are whatever is in the first record, and a pattern's flags are not to be had here.
  const isPlain = target.format.kind !== "text" && !(target.format.kind === "csv" && target.format.header);
  if (typeof first === "object" && isPlain) expectAsCounted(target, source, way, first);
}

/**
 * Rows and rejected ones are as many as the naive reader's. Not asked where bytes are no UTF-8 (a run looks at whole rows, the
 * naive reader at fields), nor where rows have more fields than names (a run that has seen a few such takes them for columns).
 */
function expectAsCounted(
  target: Target,
  source: Buffer,
  { lineBytesMax }: RunWay,
  { rows, read, rejected }: Outcome,
): void {
  const options = optionsOf(target, lineBytesMax);
  const wanted = columnsOf(target).map((name) => target.names.indexOf(name));
  const parsed = naiveParse(source, { ...options, wanted });
  if (!isUtf8(source) || parsed.rejected.some(({ reason }) => reason === "too-many-fields")) return;
  const good = parsed.rows;
  const counted = { read: good.length, rejected: parsed.rejected.length };
  expect({ read, rejected }).toEqual(counted);
  expect((rows as { n: number }[]).reduce((sum, { n }) => sum + n, 0)).toBe(good.length);
  if (target.format.kind !== "csv") return;
  const groups = Map.groupBy(good, ({ values }) => values[0] || null);
  const naive = new Map([...groups].map(([key, all]) => [key, new Set(all.map((row) => row.values[1] || null))]));
  const different = (key: string | null) => [...naive.get(key)!].filter((value) => value !== null).length;
  for (const row of rows as { a: string | null; n: number; d: number }[]) {
    expect([row.a, row.n, row.d]).toEqual([row.a, groups.get(row.a)?.length, different(row.a)]);
  }
}
