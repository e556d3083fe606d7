/** Any cut into chunks and any split at record starts gives what the naive reader gives. */
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Format, Parser, ParserOptions } from "../../src/input/batch.ts";
import { tries } from "../support/cases.ts";
import { naiveParse, type PlainResult, parseChunks } from "../support/naive-parser.ts";
import { parserKernels } from "../support/parsers.ts";

function options(
  format: Format,
  names: string[],
  fields: number,
  wanted: number[],
  lineBytesMax = 1 << 20,
): ParserOptions {
  return { format, schema: { columns: names.map((name) => ({ name, type: "text" })), fields }, wanted, lineBytesMax };
}

const cutsOf = (length: number): fc.Arbitrary<number[]> =>
  fc.oneof(
    fc.constant(Array.from({ length }, (_, i) => i)),
    fc.array(fc.nat({ max: Math.max(0, length) }), { maxLength: 8 }),
  );

/** Text from pieces that matter to a format, and its cuts. */
function sources(pieces: string[], maxLength = 60): fc.Arbitrary<{ source: Buffer; cuts: number[]; inPlace: boolean }> {
  return fc
    .array(fc.constantFrom(...pieces), { maxLength })
    .map((parts) => Buffer.from(parts.join("")))
    .chain((source) => fc.record({ source: fc.constant(source), cuts: cutsOf(source.length), inPlace: fc.boolean() }));
}

function sameAsNaive(given: ParserOptions, source: Buffer, cuts: number[], inPlace: boolean): PlainResult {
  const expected = naiveParse(source, given);
  for (const { kernel, createParser } of parserKernels) {
    const parser = createParser(given);
    const actual = parseChunks(parser, source, { start: 0, end: Number.POSITIVE_INFINITY, first: true }, cuts, inPlace);
    expect(actual, kernel).toEqual(expected);
    expect(parser.done).toBe(true);
    expect(parser.position).toBe(source.length);
  }
  return expected;
}

function sameInSplits(
  given: ParserOptions,
  source: Buffer,
  ends: number[],
  cuts: number[],
  expected: PlainResult,
): void {
  for (const { createParser } of parserKernels) chainOfSplits(createParser(given), source, ends, cuts, expected);
}

/** Reads the source as a chain of splits: each starts where the one before says that the next record is. */
function chainOfSplits(parser: Parser, source: Buffer, ends: number[], cuts: number[], expected: PlainResult): void {
  const all: PlainResult = { rows: [], rejected: [] };
  const starts = new Set([...expected.rows, ...expected.rejected].map((row) => row.offset));
  let start = 0;
  let line = 0;
  for (const end of [...ends.toSorted((a, b) => a - b), Number.POSITIVE_INFINITY]) {
    if (end <= start) continue;
    const part = parseChunks(parser, source, { start, end, first: start === 0 }, cuts);
    const isFirst = start === 0;
    for (const row of [...part.rows, ...part.rejected]) {
      expect(row.offset >= start && (row.offset < end || isFirst)).toBe(true);
      expect(starts.has(row.offset)).toBe(true);
      row.line += line;
    }
    all.rows.push(...part.rows);
    all.rejected.push(...part.rejected);
    expect(parser.done).toBe(true);
    expect(parser.position).toBeGreaterThanOrEqual(Math.min(end, source.length));
    line += parser.lines;
    start = parser.position;
    if (start >= source.length) break;
  }
  expect(all).toEqual(expected);
}

const csvPieces = [
  "a",
  "b",
  "é",
  ",",
  ",",
  "\n",
  "\n",
  "\r\n",
  "\r",
  '"',
  '"',
  '""',
  '"x,\ny"',
  "\0",
  "-",
  ";",
  "\t",
  "long text",
];

for (const delimiter of [",", "\t", ";", "|"]) {
  for (const quote of ['"', "", "'"]) {
    test(`csv with delimiter ${JSON.stringify(delimiter)} and quote ${JSON.stringify(quote)}`, () => {
      const pieces = csvPieces.map((piece) => piece.replaceAll(",", delimiter).replaceAll('"', quote || '"'));
      fc.assert(
        fc.property(
          sources(pieces),
          fc.integer({ min: 0, max: 3 }),
          fc.boolean(),
          fc.array(fc.nat({ max: 80 }), { maxLength: 6 }),
          fc.constantFrom(8, 1000),
          ({ source, cuts, inPlace }, fields, header, ends, max) => {
            const wanted = fields === 0 ? [0] : Array.from({ length: fields }, (_, i) => fields - 1 - i).concat(0);
            const format: Format = { kind: "csv", delimiter, quote, header };
            const given = options(format, ["a", "b", "c"], fields, wanted, max);
            const expected = sameAsNaive(given, source, cuts, inPlace);
            // Without a given number of fields each split would take its own first row's.
            if (fields > 0) sameInSplits(given, source, ends, cuts, expected);
          },
        ),
        tries(250),
      );
    });
  }
}

test("csv behind a byte order mark", () => {
  fc.assert(
    fc.property(
      sources(["\ufeff", "a", ",", "\n"], 12),
      fc.array(fc.nat({ max: 12 })),
      ({ source, cuts, inPlace }, ends) => {
        const given = options({ kind: "csv", delimiter: ",", quote: '"', header: false }, ["a", "b"], 2, [0, 1]);
        sameInSplits(given, source, ends, cuts, sameAsNaive(given, source, cuts, inPlace));
      },
    ),
  );
});

const jsonValue = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.string({ unit: "grapheme", maxLength: 6 }),
    fc.constantFrom('\n\t"\\/', "\ud83d\ude00", "é", "", "\u0001"),
    fc.integer(),
    fc.constantFrom(1.5, -0.25, 0),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom("a", "b", "c", "é", 'q"'), tie("value"), { maxKeys: 4 }),
  ),
})).value;

/** JSON text with escapes and spaces that JSON.stringify does not write. */
function awkwardJson(value: unknown, escaped: boolean, spaced: boolean): string {
  const text = JSON.stringify(value, null, spaced ? " " : undefined).replaceAll("\n", spaced ? "\t" : "");
  const unicode = (c: string): string => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return escaped ? text.replace(/[ab\u0080-\uffff](?=[^"\\]*")/g, unicode) : text;
}

test("ndjson: valid and broken lines, any key order, nested paths", () => {
  const object = fc.dictionary(fc.constantFrom("a", "b", "c", "d", 'q"'), jsonValue, { maxKeys: 5 });
  const line = fc.oneof(
    {
      weight: 6,
      arbitrary: fc
        .tuple(object, fc.boolean(), fc.boolean())
        .map(([o, e, s]) => awkwardJson(o, e && !/[tfn]/.test(JSON.stringify(o)), s)),
    },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        "",
        "  ",
        "{",
        '{"a":}',
        '{"a":01}',
        '{"a":1}x',
        '{"a":1,}',
        "[]",
        "null",
        '{"a":"\\x"}',
        '{"a":tru}',
        '{"a" 1}',
        '{"a":1.}',
        '{"a":"\\u12"}',
        '{"a":[1,]}',
        '{"a":{"b":1 "c":2}}',
        '{"b":{"c":1},"b":2}',
        '{"a":"\0"}',
      ),
    },
  );
  fc.assert(
    fc.property(
      fc.array(line, { maxLength: 6 }),
      fc.constantFrom("\n", "\r\n"),
      fc.boolean(),
      fc.array(fc.nat({ max: 300 }), { maxLength: 6 }),
      fc.boolean(),
      (lines, eol, ending, cuts, inPlace) => {
        const source = Buffer.from(lines.join(eol) + (ending ? eol : ""));
        const given = options({ kind: "ndjson" }, ["a", "b.c", "b", "b.a.b", 'q"'], 0, [4, 0, 1, 2, 3, 0], 200);
        const expected = normal(naiveParse(source, given));
        const range = { start: 0, end: Number.POSITIVE_INFINITY, first: true };
        for (const { kernel, createParser } of parserKernels) {
          const parser = createParser(given);
          expect(normal(parseChunks(parser, source, range, cuts, inPlace)), kernel).toEqual(expected);
          const everywhere = Array.from(source.keys());
          expect(normal(parseChunks(parser, source, range, everywhere, inPlace)), kernel).toEqual(expected);
        }
      },
    ),
    tries(500),
  );
});

/** Objects and arrays come as written: compare them without spaces and escapes. */
function normal(result: PlainResult): PlainResult {
  for (const row of result.rows) {
    row.values = row.values.map((value) =>
      value !== null && /^[[{]/.test(value) && isJson(value) ? JSON.stringify(JSON.parse(value)) : value,
    );
  }
  return result;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

test("text by a pattern with named groups", () => {
  fc.assert(
    fc.property(
      sources(["a", "b ", "12", " ", "é", "😀", "\n", "\r\n", "\r", "\0"]),
      fc.array(fc.nat({ max: 80 })),
      fc.constantFrom(6, 1000),
      ({ source, cuts, inPlace }, ends, max) => {
        const format: Format = {
          kind: "text",
          pattern: "^(?<word>\\D*?)(?: (?<rest>.*?))?(?<number>\\d+)?$",
          flags: "s",
        };
        const given = options(format, ["word", "number", "rest"], 0, [1, 2, 0], max);
        sameInSplits(given, source, ends, cuts, sameAsNaive(given, source, cuts, inPlace));
      },
    ),
    tries(300),
  );
});
