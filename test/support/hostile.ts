/**
 * Bytes that parsers trip over, and the check that they do not: whatever comes in whatever pieces, a parser gives what
 * the naive reader gives, and no range points outside of what it was given.
 */
import fc from "fast-check";
import { expect } from "vitest";
import type { Batch, Format, Parser, ParserOptions } from "../../src/input/batch.ts";
import { naiveParse, normalJson, type PlainResult, parseChunks } from "./naive-parser.ts";
import { parserKernels } from "./parsers.ts";

/** A format, how its columns are called, and pieces of text that mean something in it. */
export interface Target {
  name: string;
  format: Format;
  names: string[];
  pieces: string[];
}

const common = [
  "\n",
  "\n",
  "\n",
  "\r\n",
  "\r",
  "\0",
  " ",
  "a",
  "é",
  "日本",
  "😀",
  "\ufeff",
  '"',
  '"',
  "\\",
  "long ".repeat(30),
];
const csvPieces = [",", ",", ",", '""', '"a"', '"x,\ny"', "'", ";", "\t", "|", '","', '"\n', '\n"'];
// biome-ignore format: one piece a line would be too long to read
const jsonPieces = [
  "{", "}", "[", "]", ":", ",", '"a":', '"b":', '"b":{"c":', "1", "-0", "1e9", "0.5", "01", "true", "null", "nul",
  '{"a":1}\n', '{"a":"x\\ny","b":{"c":[1,{"d":2}]}}\n', '{"\\u0061":"\\ud83d\\ude00"}\n', "\\u12", "\\ud800", '\\"', "[".repeat(40),
];
// biome-ignore format: as above
const logPieces = [
  "-", "- ", "[", "]", "] ", "[10/Oct/2000:13:55:36 -0700]", '"GET /a HTTP/1.1"', '"GET ', " HTTP/", '" ', ' "', "200 ", "200 5", "\\x4", "\\xe9", '\\"', "\\\\", "\\n",
  'h - - [t] "GET /a b HTTP/1.1" 200 5\n', 'h - u [t] "-" 200 - "-" "\\xc3\\xa9"\n', 'h - u [t] "x" 200 - "r" "a"\n',
];
const logNames = ["host", "user", "time", "request", "method", "path", "protocol", "status", "bytes"];

function csvTarget(delimiter: string, quote: string, header: boolean): Target {
  const pieces = csvPieces.map((piece) => piece.replaceAll(",", delimiter).replaceAll('"', quote || '"'));
  const name = `csv ${JSON.stringify(delimiter + quote)}${header ? " with a header" : ""}`;
  return { name, format: { kind: "csv", delimiter, quote, header }, names: ["a", "b", "c"], pieces };
}

function logTarget(name: string, logFormat: string, names: string[]): Target {
  return { name, format: { kind: "log", logFormat }, names, pieces: logPieces };
}

const pattern = "^(?<word>\\D*?)(?: (?<rest>.*?))?(?<number>\\d+)?$";

export const targets: Target[] = [
  csvTarget(",", '"', false),
  csvTarget(",", '"', true),
  csvTarget("\t", "", false),
  csvTarget(";", "'", false),
  { name: "ndjson", format: { kind: "ndjson" }, names: ["a", "b", "b.c"], pieces: jsonPieces },
  logTarget("common log", '%h %l %u %t "%r" %>s %b', logNames),
  logTarget("combined log", '%h %l %u %t "%r" %>s %b "%{Referer}i" "%{User-agent}i"', [
    ...logNames,
    "referer",
    "agent",
  ]),
  logTarget(
    "nginx log",
    '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" $http_user_agent',
    [...logNames, "referer", "agent"],
  ),
  {
    name: "text",
    format: { kind: "text", pattern, flags: "s" },
    names: ["word", "rest", "number"],
    pieces: ["12", " ", "x"],
  },
];

/** Bytes from pieces of the format, of any bytes at all, and of text cut in the middle of a character. */
export function hostileBytes(target: Target, maxPieces: number, minPieces = 0): fc.Arbitrary<Buffer> {
  const piece = fc.oneof(
    { weight: 12, arbitrary: fc.constantFrom(...target.pieces, ...common).map((text) => Buffer.from(text)) },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 8 }).map((bytes) => Buffer.from(bytes)) },
    { weight: 1, arbitrary: fc.constantFrom("é", "日", "😀").map((text) => Buffer.from(text).subarray(0, -1)) },
  );
  return fc.array(piece, { minLength: minPieces, maxLength: maxPieces }).map((parts) => Buffer.concat(parts));
}

export interface HostileCase {
  source: Buffer;
  cuts: number[];
  /** Ends of splits. */
  ends: number[];
  inPlace: boolean;
  lineBytesMax: number;
}

export function hostileCase(target: Target, maxPieces: number, minPieces = 0): fc.Arbitrary<HostileCase> {
  return hostileBytes(target, maxPieces, minPieces).chain((source) => {
    const place = fc.nat({ max: source.length });
    const everywhere = Array.from({ length: source.length > 4000 ? 0 : source.length }, (_, i) => i);
    return fc.record({
      source: fc.constant(source),
      cuts: fc.oneof(fc.array(place, { maxLength: 12 }), fc.constant(everywhere)),
      ends: fc.array(place, { maxLength: 8 }),
      inPlace: fc.boolean(),
      lineBytesMax: fc.constantFrom(5, 40, 1 << 20),
    });
  });
}

export function optionsOf(target: Target, lineBytesMax: number = 1 << 20): ParserOptions {
  const { format, names } = target;
  const fields = format.kind === "csv" ? names.length : 0;
  const wanted = [...names.keys(), 0];
  return { format, schema: { columns: names.map((name) => ({ name, type: "text" })), fields }, wanted, lineBytesMax };
}

/** A parser that checks each batch before it gives it out: what a range names must lie in bytes that the parser has. */
class Checked implements Parser {
  readonly #parser: Parser;
  constructor(parser: Parser) {
    this.#parser = parser;
  }
  get done(): boolean {
    return this.#parser.done;
  }
  get position(): number {
    return this.#parser.position;
  }
  get lines(): number {
    return this.#parser.lines;
  }
  begin(range: Parameters<Parser["begin"]>[0]): void {
    this.#parser.begin(range);
  }
  reserve(bytes: number): Uint8Array {
    return this.#parser.reserve(bytes);
  }
  push(chunk: Uint8Array, last: boolean): Batch {
    const batch = this.#parser.push(chunk, last);
    const { rows, columns, bytes, ranges, starts, ends } = batch;
    for (let row = 0; row < rows; row++) {
      if (!(starts[row] >= 0 && starts[row] <= ends[row] && ends[row] <= bytes.length)) expect.fail(`row ${row}`);
      for (let at = row * columns * 2; at < (row + 1) * columns * 2; at += 2) {
        const isInside = ranges[at] >= 0 && ranges[at] <= ranges[at + 1] && ranges[at + 1] <= bytes.length;
        if (ranges[at + 1] >= 0 && !isInside) expect.fail(`row ${row}: ${ranges[at]} to ${ranges[at + 1]}`);
      }
    }
    return batch;
  }
}

/** What an earlier range leaves in the parser's buffer must never show. */
const leftovers = Buffer.from('"",,\n{"a":{"b":1}}\nh - - [t] "GET / HTTP/1.0" 200 5 "-" "-"\n"\'}]"12'.repeat(40));

/** Through both kernels: one whole range over the source in all cuts, and the same source as a chain of splits, against the naive reader. */
export function expectAsNaive(target: Target, given: HostileCase): void {
  const { source, cuts, ends, inPlace, lineBytesMax } = given;
  const options = optionsOf(target, lineBytesMax);
  const before = Buffer.from(source);
  const expected = normal(target, naiveParse(source, options));
  for (const { kernel, createParser } of parserKernels) {
    const parser = new Checked(createParser(options));
    parser.begin({ start: 0, end: Number.POSITIVE_INFINITY, first: true });
    parser.push(leftovers, false);
    const whole = { start: 0, end: Number.POSITIVE_INFINITY, first: true };
    expect(normal(target, parseChunks(parser, source, whole, cuts, inPlace)), kernel).toEqual(expected);
    expect([parser.done, parser.position]).toEqual([true, source.length]);
    expect(normal(target, chain(parser, source, ends, cuts, inPlace)), kernel).toEqual(expected);
    expect(source.equals(before), "the caller's bytes are untouched").toBe(true);
  }
}

/** Each split starts where the one before says that the next record is. */
function chain(parser: Parser, source: Buffer, ends: number[], cuts: number[], inPlace: boolean): PlainResult {
  const all: PlainResult = { rows: [], rejected: [] };
  let start = 0;
  let line = 0;
  for (const end of [...ends.toSorted((a, b) => a - b), Number.POSITIVE_INFINITY]) {
    if (end <= start) continue;
    const part = parseChunks(parser, source, { start, end, first: start === 0 }, cuts, inPlace);
    for (const found of [...part.rows, ...part.rejected]) {
      // The record behind a byte order mark belongs to the first split, however short that is.
      if (found.offset < start || (found.offset >= end && start > 0)) expect.fail(`record at ${found.offset}`);
      found.line += line;
    }
    all.rows.push(...part.rows);
    all.rejected.push(...part.rejected);
    expect(parser.done).toBe(true);
    expect(parser.position).toBeGreaterThanOrEqual(Math.min(end, source.length));
    line += parser.lines;
    start = parser.position;
    if (start >= source.length) break;
  }
  return all;
}

function normal({ format }: Target, result: PlainResult): PlainResult {
  if (format.kind === "ndjson") for (const row of result.rows) row.values = row.values.map(normalJson);
  return result;
}
