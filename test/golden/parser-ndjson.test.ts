/** NDJSON traps, by name. */
import { describe, expect, test } from "vitest";
import type { ParserOptions } from "../../src/input/batch.ts";
import { parseChunks } from "../support/naive-parser.ts";
import { parserKernels } from "../support/parsers.ts";

const names = ["a", "b.c", "x.y"];

const traps: Record<string, { source: string; expected: (string | null)[][] }> = {
  "numbers come as written": { source: '{"a":1.50,"b":{"c":-0E+1}}', expected: [["1.50", "-0E+1", null]] },
  "objects and arrays come as their text": {
    source: '{"a":{"k": [1, "}"]},"b":{"c":[ ]}}',
    expected: [['{"k": [1, "}"]}', "[ ]", null]],
  },
  "empty text is no null": { source: '{"a":"","b":{"c":null}}', expected: [["", null, null]] },
  escapes: { source: '{"a":"\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9"}', expected: [['"\\/\b\f\n\r\té', null, null]] },
  "surrogate pair": { source: '{"a":"\\ud83d\\ude00!"}', expected: [["😀!", null, null]] },
  "lone surrogates": {
    source: '{"a":"\\ud83dx\\ude00\\ud83d\\u0041"}',
    expected: [["\ufffdx\ufffd\ufffdA", null, null]],
  },
  "escaped keys": {
    source: '{"\\u0061":1,"b":{"\\u0063":2}}\n{"a":3}',
    expected: [
      ["1", "2", null],
      ["3", null, null],
    ],
  },
  "key order changes": {
    source: '{"a":1,"b":{"c":2}}\n{"b":{"z":0,"c":3},"n":0,"a":4}\n{"n":1,"a":5}',
    expected: [
      ["1", "2", null],
      ["4", "3", null],
      ["5", null, null],
    ],
  },
  "a key that is the beginning of another": {
    source: '{"aa":1,"a":2}\n{"a":3,"aa":4}',
    expected: [
      ["2", null, null],
      ["3", null, null],
    ],
  },
  "the last of two equal keys counts": { source: '{"a":1,"a":2,"b":{"c":1},"b":{}}', expected: [["2", null, null]] },
  "a name with a dot in it": {
    source: '{"x.y":7}\n{"x":{"y":8}}',
    expected: [
      [null, null, "7"],
      [null, null, "8"],
    ],
  },
  "spaces everywhere, crlf, blank lines": {
    source: ' { "a" : 1 , "b" : { "c" : 2 } } \r\n\r\n \t\n',
    expected: [["1", "2", null]],
  },
  "empty object": {
    source: "{}\n{ }",
    expected: [
      [null, null, null],
      [null, null, null],
    ],
  },
  "byte order mark": { source: '\ufeff{"a":1}', expected: [["1", null, null]] },
  "a string with a delimiter of JSON in it": { source: '{"z":"}{\\"","a":"],"}', expected: [["],", null, null]] },
};

const options: ParserOptions = {
  format: { kind: "ndjson" },
  schema: { columns: names.map((name) => ({ name, type: "text" })), fields: 0 },
  wanted: [0, 1, 2],
  lineBytesMax: 1 << 20,
};

const whole = { start: 0, end: Number.POSITIVE_INFINITY, first: true };

describe.each(parserKernels)("ndjson traps ($kernel)", ({ createParser }) => {
  for (const [name, { source, expected }] of Object.entries(traps)) {
    test(name, () => {
      const bytes = Buffer.from(source);
      for (const cuts of [[], Array.from(bytes.keys())]) {
        const { rows, rejected } = parseChunks(createParser(options), bytes, whole, cuts);
        expect(rejected).toEqual([]);
        expect(rows.map((row) => row.values)).toEqual(expected);
      }
    });
  }
});

describe.each(parserKernels)("lines that are no JSON object ($kernel)", ({ createParser }) => {
  const deep = `{"z":${"[".repeat(100_000)}`;
  const lines = [
    '{"a":1',
    '{"a":"x',
    "[]",
    "1",
    '"a"',
    '{"a":1}}',
    "{a:1}",
    "{'a':1}",
    '{"a":NaN}',
    '{"a":.5}',
    '{"a":1e}',
    '{"a":"\\ud8"}',
    '{"a":nul}',
    '{"a":1,,"b":2}',
    '{"a":[1 2]}',
    '{"a":"\t"}',
    deep,
  ];
  for (const line of lines) {
    test(line.slice(0, 20), () => {
      const source = Buffer.from(`{"a":0}\n${line}\n{"a":2}\n`);
      const { rows, rejected } = parseChunks(createParser(options), source, whole, []);
      expect(rows.map((row) => row.values[0])).toEqual(["0", "2"]);
      expect(rejected.map((row) => [row.reason, row.offset, row.line, row.raw])).toEqual([["bad-json", 8, 1, line]]);
    });
  }
});
