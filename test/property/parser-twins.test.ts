/**
 * The SIMD parsers against their scalar twins, batch by batch and byte by byte: the same rows at the same places, the same
 * rejected ones, the same next record. Long sources, so that windows, chunks and carries meet whatever is in them.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Batch, Format, Parser, ParserOptions } from "../../src/input/batch.ts";
import { tries } from "../support/cases.ts";
import { optionsOf, targets } from "../support/hostile.ts";
import { parserKernels } from "../support/parsers.ts";

/** All that a batch says, by value. */
function contents(batch: Batch): unknown {
  const { rows, columns, bytes, ranges, starts, ends, lines, base } = batch;
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const fields: (string | null)[] = [];
  for (let at = 0; at < rows * columns * 2; at += 2) {
    fields.push(ranges[at + 1] < 0 ? null : text.toString("latin1", ranges[at], ranges[at + 1]));
  }
  const rejected = batch.rejected.map((each) => ({ ...each, raw: Buffer.from(each.raw).toString("latin1") }));
  const places = Array.from({ length: rows }, (_, row) => [base + starts[row], base + ends[row], lines[row]]);
  if (batch.ascii) expect(fields.every((field) => field === null || !/[\x80-\xff]/.test(field))).toBe(true);
  return { rows, columns, fields, places, rejected };
}

function sameBatches(options: ParserOptions, source: Buffer, pieces: number[], end: number, inPlace: boolean): void {
  const [scalar, ...others] = parserKernels.map(({ createParser }) => createParser(options));
  const parsers = [scalar, ...others];
  for (const parser of parsers) parser.begin({ start: 0, end, first: true });
  let at = 0;
  for (let i = 0; !scalar.done; i++) {
    const next = Math.min(source.length, at + (pieces[i % pieces.length] ?? source.length));
    const chunk = source.subarray(at, next);
    const [expected, ...actual] = parsers.map((parser) => {
      return [contents(parser.push(given(parser, chunk, inPlace), next === source.length)), stateOf(parser)];
    });
    for (const each of actual) expect(each).toEqual(expected);
    at = next;
  }
}

function given(parser: Parser, chunk: Buffer, inPlace: boolean): Uint8Array {
  if (!inPlace) return chunk;
  const room = parser.reserve(chunk.length);
  room.set(chunk);
  return room;
}

function stateOf({ done, position, lines }: Parser): unknown[] {
  return [done, position, lines];
}

/** Mostly regular rows, with some that are not. */
function rowsOf(regular: string[], odd: string[]): fc.Arbitrary<Buffer> {
  const row = fc.oneof(
    { weight: 40, arbitrary: fc.constantFrom(...regular) },
    { weight: 1, arbitrary: fc.constantFrom(...odd) },
  );
  const one = fc.array(row, { minLength: 1, maxLength: 60, size: "max" });
  return fc
    .tuple(fc.array(one, { minLength: 1, maxLength: 12, size: "max" }), fc.integer({ min: 1, max: 40 }))
    .map(([blocks, times]) => Buffer.from(blocks.map((rows) => rows.join("").repeat(times)).join(""), "latin1"));
}

const pieces = fc.array(fc.constantFrom(1, 63, 64, 65, 1000, 16_383, 16_384, 16_385, 50_000), {
  minLength: 1,
  maxLength: 5,
});
const long = "long text, of some words; ".replaceAll(/[,;]/g, "");

const csvRows = [
  "a,b,c\n",
  "a,b,c\n",
  ",,\n",
  `${long},${long.repeat(5)},x\r\n`,
  '"a","b","c"\n',
  '"a,b",x,"""q"""\n',
  `x,"line\nbreak ""and"" ${long}","${long}"\r\n`,
  '"","",""\n',
  "\xe9,\xff,\xc3\xa9\n",
];
const oddRows = [
  "\n",
  "\r\n",
  "a,b\n",
  "a,b,c,d\n",
  'x"y,b,c\n',
  '"x"y,b,c\n',
  '"x"\ry,b,c\n',
  "a\0,b,c\n",
  `${"z".repeat(300)},b,c\n`,
  `${"z".repeat(20_000)},b,c\n`,
  `"${'z""\n'.repeat(9000)}",b,c\n`,
  '"',
  '","',
  ",",
  "\0",
  "\r",
  " ",
  '""',
];

describe.each([
  { name: "comma and quote", delimiter: ",", quote: '"' },
  { name: "no quotes", delimiter: ",", quote: "" },
  { name: "space and apostrophe", delimiter: " ", quote: "'" },
  { name: "letters", delimiter: "x", quote: "y" },
])("csv with $name", ({ delimiter, quote }) => {
  const translated = (text: string): string => text.replaceAll(",", delimiter).replaceAll('"', quote || '"');
  test.each([0, 1, 2, 3])("%i fields", (fields) => {
    const format: Format = { kind: "csv", delimiter, quote, header: fields === 2 };
    const columns = ["a", "b", "c", "d"].map((name) => ({ name, type: "text" as const }));
    fc.assert(
      fc.property(
        rowsOf(csvRows.map(translated), oddRows.map(translated)),
        pieces,
        fc.constantFrom<number[]>([0, 1, 2], [2], [1, 3, 1], []),
        fc.constantFrom(200, 1000, 1 << 20),
        fc.option(fc.nat(300_000), { nil: Number.POSITIVE_INFINITY }),
        fc.boolean(),
        (source, cuts, wanted, lineBytesMax, end, inPlace) => {
          const given = { format, schema: { columns, fields }, wanted, lineBytesMax };
          sameBatches(
            given,
            source.subarray(0, 400_000),
            source.length > 5000 ? [...cuts, 70_000] : cuts,
            end,
            inPlace,
          );
        },
      ),
      tries(12),
    );
  });
});

test.each(targets)("$name: every cut of a short source, every end of a split", (target) => {
  const source = Buffer.from(`${target.pieces.join("")}\n${target.pieces.toReversed().join("\n")}`);
  for (let cut = 0; cut <= source.length; cut++) {
    sameBatches(optionsOf(target, 60), source, [cut, source.length], Number.POSITIVE_INFINITY, true);
    sameBatches(optionsOf(target), source, [30], cut + 1, false);
  }
});

const plain = "a,b,c\n";
test.each([
  { name: "ragged rows", rows: `${plain}a,b\n` },
  { name: "quotes in unquoted fields", rows: `a,5" pipe,c\n${plain}` },
  { name: "text behind quotes", rows: `"a"x,b,c\n${plain}` },
  { name: "NULs", rows: `a,\0,c\n${plain}` },
  { name: "empty lines", rows: `${plain}\n\r\n` },
  { name: "a quote that opens and none that closes", rows: `"a,b\n` },
  { name: "few among many", rows: `${plain.repeat(500)}a,b\n"x"y,b,c\n\n` },
])("csv, irregular in bulk: $name", ({ rows }) => {
  const columns = ["a", "b", "c"].map((name) => ({ name, type: "text" as const }));
  const format: Format = { kind: "csv", delimiter: ",", quote: '"', header: false };
  const given = { format, schema: { columns, fields: 3 }, wanted: [2, 0], lineBytesMax: 1 << 20 };
  const source = Buffer.from(rows.repeat(Math.ceil(150_000 / rows.length)));
  for (const cut of [source.length, 60_001]) sameBatches(given, source, [cut], Number.POSITIVE_INFINITY, true);
});
