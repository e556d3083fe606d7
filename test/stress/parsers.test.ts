/** Parsers on long hostile input, on sizes that nobody expects, and on one line of 100 MB. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Format, ParserOptions } from "../../src/input/batch.ts";
import { scaled, tries } from "../support/cases.ts";
import { expectAsNaive, hostileCase, targets } from "../support/hostile.ts";
import { naiveParse, parseChunks } from "../support/naive-parser.ts";
import { parserKernels } from "../support/parsers.ts";

const MEGABYTE = 1 << 20;
const whole = { start: 0, end: Number.POSITIVE_INFINITY, first: true };

describe.each(targets)("$name", (target) => {
  test("hostile bytes", () => {
    fc.assert(
      fc.property(hostileCase(target, 60), (given) => expectAsNaive(target, given)),
      tries(100),
    );
  });

  test("hostile bytes, some kilobytes of them", () => {
    fc.assert(
      fc.property(hostileCase(target, 4000, 500), (given) => expectAsNaive(target, given)),
      { ...tries(5), numRuns: Math.ceil(tries(5).numRuns / 10) },
    );
  });

  test("bytes of all kinds", () => {
    const bytes = fc.uint8Array({ minLength: 100, maxLength: 2000, size: "max" });
    fc.assert(
      fc.property(bytes, fc.array(fc.nat(2000)), fc.array(fc.nat(2000)), (random, cuts, ends) => {
        const given = { source: Buffer.from(random), cuts, ends, inPlace: true, lineBytesMax: MEGABYTE };
        expectAsNaive(target, given);
      }),
      tries(50),
    );
  });
});

function optionsOf(
  format: Format,
  names: string[],
  wanted: number[],
  more: Partial<ParserOptions> = {},
): ParserOptions {
  const schema = { columns: names.map((name) => ({ name, type: "text" as const })), fields: 0 };
  return { format, schema, wanted, lineBytesMax: 64 * MEGABYTE, ...more };
}

const csv: Format = { kind: "csv", delimiter: ",", quote: '"', header: false };

describe.each(parserKernels)("sizes ($kernel)", ({ createParser }) => {
  test("a million columns", () => {
    const count = scaled(100_000, 1_000_000);
    const line = `${Array.from({ length: count }, (_, i) => i).join(",")}\n`;
    const source = Buffer.from(line.repeat(3));
    const names = Array.from({ length: count }, (_, i) => `c${i}`);
    const given = optionsOf(csv, names, [0, count - 1, count >> 1]);
    const cuts = Array.from({ length: 40 }, (_, i) => Math.floor((source.length / 40) * i));
    const { rows, rejected } = parseChunks(createParser(given), source, whole, cuts);
    expect(rejected).toEqual([]);
    const values = [0, count - 1, count >> 1].map(String);
    expect(rows.map((row) => row.values)).toEqual([values, values, values]);
  });

  test("all of many columns wanted, and a row of another length", () => {
    const count = scaled(20_000, 200_000);
    const names = Array.from({ length: count }, (_, i) => `c${i}`);
    const source = Buffer.from(`${",".repeat(count - 1)}\n${"x,".repeat(count - 1)}x\n${",".repeat(count)}\n`);
    const given = optionsOf(csv, names, [...names.keys()]);
    expect(parseChunks(createParser(given), source, whole, [7, 1000, count + 3])).toEqual(naiveParse(source, given));
  });

  test("a line of 100 MB is rejected, with its first megabyte, and the next one is read", () => {
    const bytes = scaled(8, 100) * MEGABYTE;
    const lineBytesMax = bytes >> 1;
    const chunk = Buffer.alloc(MEGABYTE, "a");
    for (const format of [csv, { ...csv, quote: "" }, { kind: "text", pattern: "^(?<a>.*)$", flags: "" }] as Format[]) {
      const parser = createParser(optionsOf(format, ["a"], [0], { lineBytesMax }));
      parser.begin(whole);
      const rejected = [];
      for (let sent = 0; sent < bytes; sent += chunk.length) rejected.push(...parser.push(chunk, false).rejected);
      const batch = parser.push(Buffer.from("\nnext\n"), true);
      rejected.push(...batch.rejected);
      expect(rejected.map(({ reason, offset, line, raw }) => [reason, offset, line, raw.length])).toEqual([
        ["line-too-long", 0, 0, MEGABYTE],
      ]);
      expect([batch.rows, batch.base + batch.starts[0], batch.lines[0]]).toEqual([1, bytes + 1, 1]);
    }
  });

  test("a long line below the limit comes whole", () => {
    const bytes = scaled(4, 60) * MEGABYTE;
    const value = Buffer.alloc(bytes, "é");
    const lines: [Format, string, string][] = [
      [csv, '"', '"'],
      [csv, "", ""],
      [{ kind: "ndjson" }, '{"a":"', '"}'],
      [{ kind: "log", logFormat: '"%{a}i"' }, '"', '"'],
    ];
    for (const [format, before, behind] of lines) {
      const source = Buffer.concat([Buffer.from(before), value, Buffer.from(`${behind}\n`)]);
      const parser = createParser(optionsOf(format, ["a"], [0]));
      parser.begin(whole);
      let rows = 0;
      for (let at = 0; at < source.length; at += MEGABYTE) {
        const {
          rows: found,
          ranges,
          bytes: held,
        } = parser.push(source.subarray(at, at + MEGABYTE), at + MEGABYTE >= source.length);
        rows += found;
        if (found > 0) expect(value.equals(held.subarray(ranges[0], ranges[1]))).toBe(true);
      }
      expect(rows).toBe(1);
    }
  });

  test("nothing but quotes, NULs, line ends, brackets or backslashes", () => {
    const length = scaled(100_000, 1_000_000);
    for (const target of targets) {
      for (const byte of ['"', "'", "\0", "\n", "\r", ",", "[", "{", "\\", " ", "\xff"]) {
        const names = target.names;
        const parser = createParser(optionsOf(target.format, names, [...names.keys()]));
        const source = Buffer.alloc(length, byte, "latin1");
        parser.begin(whole);
        let records = 0;
        for (let at = 0; at < length; at += 65_537) {
          const batch = parser.push(source.subarray(at, at + 65_537), at + 65_537 >= length);
          records += batch.rows + batch.rejected.length;
        }
        expect([parser.done, parser.position]).toEqual([true, length]);
        expect(records).toBeLessThanOrEqual(length);
      }
    }
  });

  test("JSON nested a million deep is refused, not a full stack", () => {
    const depth = scaled(100_000, 1_000_000);
    const source = Buffer.from(
      `{"a":${"[".repeat(depth)}${"]".repeat(depth)}}\n${'{"a":'.repeat(depth)}1${"}".repeat(depth)}\n{"a":1}\n`,
    );
    for (const name of ["a", "b", Array.from({ length: 400 }, () => "a").join(".")]) {
      const given = optionsOf({ kind: "ndjson" }, [name], [0]);
      const { rows, rejected } = parseChunks(createParser(given), source, whole, [5, 99_999]);
      expect(rejected.map(({ reason }) => reason)).toEqual(["bad-json", "bad-json"]);
      expect(rows.map((row) => row.values)).toEqual([[name === "a" ? "1" : null]]);
    }
  });
});
