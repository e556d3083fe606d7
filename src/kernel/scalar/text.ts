/**
 * Plain text: one record per line, columns are the named groups of a regular expression. A group that took no part in
 * the match is null; an empty match is empty text. A line that does not match is rejected, an empty one is skipped.
 */
import { UsageError } from "../../base/errors.ts";
import type { ParserOptions } from "../../input/batch.ts";
import { LineParser } from "./lines.ts";
import { decodeText } from "./utf8.ts";

export class TextParser extends LineParser {
  readonly #regex: RegExp;
  readonly #groups: { name: string; slot: number }[] = [];

  constructor(options: ParserOptions, pattern: string, flags: string) {
    super(options);
    this.#regex = compilePattern(pattern, flags);
    const known = groupNames(this.#regex);
    options.wanted.forEach((column, slot) => {
      const name = options.schema.columns[column].name;
      if (!known.includes(name)) {
        throw new UsageError("ERR_UNKNOWN_COLUMN", `the pattern has no group named ${JSON.stringify(name)}`, {
          hint: known.length > 0 ? `It has: ${known.join(", ")}.` : "Name the groups: (?<name>…).",
        });
      }
      this.#groups.push({ name, slot: slot * 2 });
    });
  }

  protected override parseLine(start: number, end: number, line: number): boolean {
    const match = this.#regex.exec(decodeText(this.bytes, start, end));
    if (match === null) {
      if (end > start) this.reject("no-match", "the line does not match the pattern", start, end, line);
      return false;
    }
    const row = this.rows * this.stride;
    for (const { name, slot } of this.#groups) {
      const value = match.groups?.[name];
      if (value === undefined) continue;
      const room = value.length * 3;
      const at = this.reserveScratch(room);
      const length = this.view.write(value, at, room, "utf8");
      this.scratch = at + length;
      this.ranges[row + slot] = at;
      this.ranges[row + slot + 1] = at + length;
    }
    return true;
  }
}

function compilePattern(pattern: string, flags: string): RegExp {
  try {
    return new RegExp(pattern, flags.replace(/[gy]/g, ""));
  } catch (error) {
    throw new UsageError("ERR_BAD_PATTERN", `the pattern is no regular expression: ${(error as Error).message}`, {
      hint: "Write it in JavaScript's syntax, with named groups: (?<name>…).",
      cause: error,
    });
  }
}

/** An alternative that matches the empty string makes every group show its name. */
function groupNames(regex: RegExp): string[] {
  const match = new RegExp(`${regex.source}|`, regex.flags).exec("");
  return Object.keys(match?.groups ?? {});
}
