/** Files that a run writes must not be files that it reads: they would be gone before, or replaced after, they were read. */
import { type BigIntStats, fstatSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { UsageError } from "../base/errors.ts";
import type { Source } from "../input/source.ts";

/** Throws UsageError ERR_OUTPUT_IS_INPUT. `outputs`: paths, whether there is something at them or not. */
export function checkOutputs(outputs: readonly string[], sources: readonly Source[]): void {
  for (const output of outputs) {
    const identity = identityOf(statOf(output));
    // What does not exist yet is read by nobody.
    if (identity === undefined) continue;
    const source = sources.find((each) => identityOfSource(each) === identity);
    if (!source) continue;
    const what = source.path === "-" ? "standard input is read from it" : `${source.path} is read`;
    throw new UsageError("ERR_OUTPUT_IS_INPUT", `${output} would be written while ${what}`, {
      hint: "name another file for the output",
      place: { file: output },
    });
  }
}

/** Whether two paths are the same file, by links too, or would be once it exists. */
export function isSameFile(a: string, b: string): boolean {
  const identity = identityOf(statOf(a));
  return identity === undefined ? place(a) === place(b) : identity === identityOf(statOf(b));
}

function identityOfSource(source: Source): string | undefined {
  if (source.kind === "file") return `${source.dev}:${source.ino}`;
  return identityOf(source.path === "-" ? statOf(0) : statOf(source.path));
}

/** Devices may be read and written at a time: /dev/null, a terminal. */
function identityOf(stats: BigIntStats | undefined): string | undefined {
  return stats && (stats.isFile() || stats.isFIFO()) ? `${stats.dev}:${stats.ino}` : undefined;
}

function statOf(file: string | number): BigIntStats | undefined {
  try {
    return typeof file === "number" ? fstatSync(file, { bigint: true }) : statSync(file, { bigint: true });
  } catch {
    return undefined;
  }
}

function place(path: string): string {
  const full = resolve(path);
  try {
    return join(realpathSync(dirname(full)), basename(full));
  } catch {
    return full;
  }
}
