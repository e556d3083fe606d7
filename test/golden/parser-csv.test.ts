/** CSV traps, by name: bytes in, rows and rejections out. And the published cases of csv-spectrum. */
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import type { ParserOptions } from "../../src/input/batch.ts";
import { parseChunks } from "../support/naive-parser.ts";
import { parserKernels } from "../support/parsers.ts";

interface Trap {
  source: string;
  /** Values, or the reason of a rejection, with the offset in front. */
  expected: [number, ...(string | null)[]][];
  fields?: number;
  header?: boolean;
  quote?: string;
  max?: number;
}

const traps: Record<string, Trap> = {
  crlf: {
    source: "a,b\r\nc,d\r\n",
    expected: [
      [0, "a", "b"],
      [5, "c", "d"],
    ],
  },
  "mixed line ends": {
    source: "a,b\r\nc,d\ne,f",
    expected: [
      [0, "a", "b"],
      [5, "c", "d"],
      [9, "e", "f"],
    ],
  },
  "a lone carriage return is content": { source: "a\rb,c\r\r\n", expected: [[0, "a\rb", "c\r"]] },
  "no final newline": {
    source: "a,b\nc,d",
    expected: [
      [0, "a", "b"],
      [4, "c", "d"],
    ],
  },
  "byte order mark": { source: "\ufeffa,b\n", expected: [[3, "a", "b"]] },
  "byte order mark before a quote and a header": {
    source: '\ufeff"a",b\nc,d\n',
    header: true,
    expected: [[9, "c", "d"]],
  },
  "byte order mark alone": { source: "\ufeff", expected: [] },
  nothing: { source: "", expected: [] },
  "only a header": { source: "a,b", header: true, expected: [] },
  "header with a quoted newline": { source: '"a\nx",b\n1,2\n', header: true, expected: [[8, "1", "2"]] },
  "empty and quoted empty are null": {
    source: ',""\n"",x\n',
    expected: [
      [0, null, null],
      [4, null, "x"],
    ],
  },
  "doubled quotes": { source: '"a""b",""""\n', expected: [[0, 'a"b', '"']] },
  "delimiter and newline in quotes": {
    source: '"a,b","c\nd"\r\ne,f\n',
    expected: [
      [0, "a,b", "c\nd"],
      [13, "e", "f"],
    ],
  },
  "a quote inside an unquoted field": { source: 'a"b,c"\n', expected: [[0, 'a"b', 'c"']] },
  "a space before a quote": { source: 'a, "b"\n', expected: [[0, "a", ' "b"']] },
  "quotes switched off": { source: '"a,b"\n', quote: "", expected: [[0, '"a', 'b"']] },
  "another quote": { source: "'a''b,',\"\n", quote: "'", expected: [[0, "a'b,", '"']] },
  "text after a closing quote": {
    source: '"a"b,c\nd,e\n',
    expected: [
      [0, "text-after-quote"],
      [7, "d", "e"],
    ],
  },
  "a carriage return after a closing quote": {
    source: 'a,"b"\rc\nd,e\n',
    expected: [
      [0, "text-after-quote"],
      [8, "d", "e"],
    ],
  },
  "unterminated quote": {
    source: 'a,b\nc,"d\ne,f\n',
    expected: [
      [0, "a", "b"],
      [4, "unterminated-quote"],
    ],
  },
  "too few and too many": {
    source: "a\na,b\na,b,\n",
    expected: [
      [0, "too-few-fields"],
      [2, "a", "b"],
      [6, "too-many-fields"],
    ],
  },
  "empty lines are skipped": { source: "\n\r\na,b\n\n", expected: [[3, "a", "b"]] },
  "empty lines of one column are null": {
    source: "a\n\n\r\nb",
    fields: 1,
    expected: [
      [0, "a"],
      [2, null],
      [3, null],
      [5, "b"],
    ],
  },
  "the first row fixes the fields": {
    source: "a,b\nc\n",
    fields: 0,
    expected: [
      [0, "a", "b"],
      [4, "too-few-fields"],
    ],
  },
  "nul byte": {
    source: 'a,\0\n"\0",b\nc,d',
    expected: [
      [0, "nul-byte"],
      [4, "nul-byte"],
      [10, "c", "d"],
    ],
  },
  "line too long": {
    source: 'aaaa,bbbb\naaaa,b\n"\n\n\n\n\n",b\nc,d',
    max: 6,
    expected: [
      [0, "line-too-long"],
      [10, "aaaa", "b"],
      [17, "line-too-long"],
      [27, "c", "d"],
    ],
  },
  "exactly the limit, with crlf": {
    source: "aaa,bb\r\naaa,bbb\r\n",
    max: 6,
    expected: [
      [0, "aaa", "bb"],
      [8, "line-too-long"],
    ],
  },
  "utf-8 in every place": { source: "é,😀\n", expected: [[0, "é", "😀"]] },
};

describe.each(parserKernels)("csv traps ($kernel)", ({ createParser }) => {
  for (const [name, trap] of Object.entries(traps)) {
    test(name, () => {
      const fields = trap.fields ?? 2;
      const options: ParserOptions = {
        format: { kind: "csv", delimiter: ",", quote: trap.quote ?? '"', header: trap.header ?? false },
        schema: { columns: ["a", "b"].map((column) => ({ name: column, type: "text" })), fields },
        wanted: fields === 1 ? [0] : [0, 1],
        lineBytesMax: trap.max ?? 1000,
      };
      const source = Buffer.from(trap.source);
      for (const cuts of [[], Array.from(source.keys())]) {
        const { rows, rejected } = parseChunks(
          createParser(options),
          source,
          { start: 0, end: Number.POSITIVE_INFINITY, first: true },
          cuts,
        );
        const seen = [
          ...rows.map((row) => [row.offset, ...row.values] as const),
          ...rejected.map((row) => [row.offset, row.reason] as const),
        ];
        expect(seen.sort((x, y) => x[0] - y[0])).toEqual(trap.expected);
      }
    });
  }
});

describe.each(parserKernels)("csv-spectrum ($kernel)", ({ createParser }) => {
  // The published pair disagrees with itself: its JSON holds another phone number than its CSV.
  const contradictory = "location_coordinates.csv";
  const folder = dirname(createRequire(import.meta.url).resolve("csv-spectrum/package.json"));
  for (const file of readdirSync(join(folder, "csvs")).filter(
    (name) => name.endsWith(".csv") && name !== contradictory,
  )) {
    test(file, () => {
      const source = readFileSync(join(folder, "csvs", file));
      const expected = JSON.parse(readFileSync(join(folder, "json", file.replace(".csv", ".json")), "utf8")) as Record<
        string,
        string
      >[];
      const names = Object.keys(expected[0]);
      const options: ParserOptions = {
        format: { kind: "csv", delimiter: ",", quote: '"', header: true },
        schema: { columns: names.map((name) => ({ name, type: "text" })), fields: names.length },
        wanted: names.map((_, i) => i),
        lineBytesMax: 1000,
      };
      const { rows, rejected } = parseChunks(
        createParser(options),
        source,
        { start: 0, end: Number.POSITIVE_INFINITY, first: true },
        [],
      );
      expect(rejected).toEqual([]);
      expect(rows.map((row) => row.values)).toEqual(
        expected.map((record) => names.map((name) => record[name] || null)),
      );
    });
  }
});

test.each(parserKernels)(
  "a long record is skipped in bounded memory, its first bytes kept ($kernel)",
  ({ createParser }) => {
    const parser = createParser({
      format: { kind: "csv", delimiter: ",", quote: '"', header: false },
      schema: { columns: [{ name: "a", type: "text" }], fields: 1 },
      wanted: [0],
      lineBytesMax: 100_000,
    });
    parser.begin({ start: 0, end: Number.POSITIVE_INFINITY, first: true });
    const chunk = new Uint8Array(64 * 1024).fill(97);
    chunk[0] = 34;
    let largest = 0;
    for (let i = 0; i < 64; i++) {
      const room = parser.reserve(chunk.length);
      room.set(chunk);
      largest = Math.max(largest, parser.push(room, false).bytes.length);
      chunk[0] = 10;
    }
    const batch = parser.push(Buffer.from('"\nrest'), true);
    expect(largest).toBeLessThan(1024 * 1024);
    expect(batch.rejected.map((row) => [row.reason, row.offset, row.line, row.raw.length])).toEqual([
      ["line-too-long", 0, 0, 1024 * 1024],
    ]);
    expect([batch.rows, batch.lines[0], parser.lines, parser.position]).toEqual([1, 64, 65, 64 * chunk.length + 6]);
  },
);

test.each(parserKernels)(
  "a long record under the limit is read whole, in linear time ($kernel)",
  ({ createParser }) => {
    const parser = createParser({
      format: { kind: "csv", delimiter: ",", quote: '"', header: false },
      schema: { columns: [{ name: "a", type: "text" }], fields: 2 },
      wanted: [0],
      lineBytesMax: 1 << 26,
    });
    const field = 'x""\n'.repeat(500_000);
    const source = Buffer.from(`"${field}",1\n2,3\n`);
    const cuts = Array.from({ length: 400 }, (_, i) => i * 5000);
    const { rows, rejected } = parseChunks(
      parser,
      source,
      { start: 0, end: Number.POSITIVE_INFINITY, first: true },
      cuts,
      true,
    );
    expect(rejected).toEqual([]);
    expect(rows.map((row) => [row.line, row.values[0]?.length])).toEqual([
      [0, 1_500_000],
      [500_001, 1],
    ]);
  },
);

test.each(parserKernels)("empty lines before the header may outlast the range ($kernel)", ({ createParser }) => {
  const columns = [{ name: "a", type: "text" as const }];
  const format = { kind: "csv", delimiter: ",", quote: '"', header: true } as const;
  const parser = createParser({ format, schema: { columns, fields: 1 }, wanted: [0], lineBytesMax: 100 });
  const two = createParser({ format, schema: { columns, fields: 2 }, wanted: [0], lineBytesMax: 100 });
  for (const each of [parser, two]) {
    const { rows } = parseChunks(
      each,
      Buffer.from("\n\n\nhead,x\n1,2\n"),
      { start: 0, end: 1, first: true },
      [1, 2, 5, 7],
    );
    expect([rows.length, each.done]).toEqual([0, true]);
  }
  expect(two.position).toBe(10);
});

test.each(parserKernels)("rows of wrong widths that add up to right ones, at the range's end ($kernel)", (kernel) => {
  const columns = [{ name: "a", type: "text" as const }];
  const format = { kind: "csv", delimiter: ",", quote: "", header: false } as const;
  const parser = kernel.createParser({ format, schema: { columns, fields: 3 }, wanted: [0], lineBytesMax: 100 });
  // Six borders, two of them newlines, the third one among them: as if it were two records of three fields.
  const source = Buffer.from("x\ny,z\n,,,");
  const { rows, rejected } = parseChunks(parser, source, { start: 0, end: 6, first: true }, []);
  expect(rows).toEqual([]);
  expect(rejected.map(({ offset, reason }) => [offset, reason])).toEqual([
    [0, "too-few-fields"],
    [2, "too-few-fields"],
  ]);
});
