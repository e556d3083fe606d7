/** Answers of different engines, made comparable: no header, one delimiter, no quotes, no order. */
import { readFileSync } from "node:fs";

/** Fields of the bench's answers hold neither commas nor quotes. */
export function readAnswer(path: string, hasHeader: boolean): string[] {
  const lines = readFileSync(path, "utf8").replaceAll("\t", ",").replaceAll('"', "").trimEnd().split(/\r?\n/);
  return (hasHeader ? lines.slice(1) : lines).sort();
}

/** The first difference, for people; undefined where there is none. */
export function difference(expected: readonly string[], actual: readonly string[]): string | undefined {
  const at = expected.findIndex((line, index) => line !== actual[index]);
  if (at < 0 && expected.length === actual.length) return undefined;
  const row = at < 0 ? expected.length : at;
  return `row ${row}: ${expected[row] ?? "(none)"} against ${actual[row] ?? "(none)"}; ${expected.length} and ${actual.length} rows`;
}
