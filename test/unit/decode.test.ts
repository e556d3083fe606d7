/** Values from bytes. The accepted and refused texts were compared with DuckDB's casts; what differs is said. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Batch, ColumnType } from "../../src/input/batch.ts";
import { BAD, decodeColumn, decodeField, validUtf8 } from "../../src/kernel/scalar/decode.ts";
import type { BigintVector, NumberVector, TextVector } from "../../src/kernel/vector.ts";

function field(text: string, type: ColumnType): unknown {
  const bytes = Buffer.from(`##${text}##`);
  return decodeField(bytes, 2, bytes.length - 2, type);
}

const cases: [ColumnType, string, unknown][] = [
  ["int", "1", 1],
  ["int", " 12\t", 12],
  ["int", "+1", 1],
  ["int", "-0", 0],
  ["int", "-42", -42],
  ["int", "9007199254740991", 9007199254740991],
  ["int", "0009007199254740991", 9007199254740991],
  ["int", "9007199254740992", BAD],
  ["int", "99999999999999999999999", BAD],
  // DuckDB rounds these.
  ["int", "1.5", BAD],
  ["int", "1e3", BAD],
  ...["", " ", "-", "--1", "1 2", "0x1f", "1_000", "abc"].map((text): [ColumnType, string, unknown] => [
    "int",
    text,
    BAD,
  ]),
  ["bigint", "9223372036854775807", 9223372036854775807n],
  ["bigint", "-9223372036854775808", -9223372036854775808n],
  ["bigint", " +5 ", 5n],
  ["bigint", "9223372036854775808", BAD],
  ["bigint", "1.0", BAD],
  ["bigint", "", BAD],
  ["float", "1.5", 1.5],
  ["float", " -1.5 ", -1.5],
  ["float", "+.5", 0.5],
  ["float", "5.", 5],
  ["float", "-0", -0],
  ["float", "1E+5", 1e5],
  ["float", "1e400", Number.POSITIVE_INFINITY],
  ["float", "1e-400", 0],
  ["float", "iNf", Number.POSITIVE_INFINITY],
  ["float", "-infinity", Number.NEGATIVE_INFINITY],
  ["float", "NaN", Number.NaN],
  ["float", "0.1234567890123456789", Number("0.1234567890123456789")],
  ...[".", "1e", "0x10", "1.2.3", "", "-", "one"].map((text): [ColumnType, string, unknown] => ["float", text, BAD]),
  ...["true", "T", "1", "YES", "y"].map((text): [ColumnType, string, unknown] => ["bool", text, true]),
  ...["FALSE", "f", "0", "no", "N"].map((text): [ColumnType, string, unknown] => ["bool", text, false]),
  ...[" true ", "on", "off", "2", "", "\u0011", "truely"].map((text): [ColumnType, string, unknown] => [
    "bool",
    text,
    BAD,
  ]),
  ["text", "é😀", "é😀"],
  ["text", "", ""],
];

describe("single fields", () => {
  for (const [type, text, expected] of cases) {
    test(`${type} ${JSON.stringify(text)}`, () => expect(field(text, type)).toBe(expected));
  }
  test("null", () => expect(decodeField(Buffer.from("x"), 0, -1, "int")).toBe(null));
});

const utc = (text: string): number => Date.parse(text);
const times: [string, number | typeof BAD][] = [
  ["2019-09-14", utc("2019-09-14T00:00:00Z")],
  ["2019-9-4", utc("2019-09-04T00:00:00Z")],
  ["2019-09-14T23:56", utc("2019-09-14T23:56:00Z")],
  ["2019-09-14 23:56:58", utc("2019-09-14T23:56:58Z")],
  [" 2019-09-14 23:56:58 ", utc("2019-09-14T23:56:58Z")],
  ["2019-09-14 1:2:3", utc("2019-09-14T01:02:03Z")],
  ["2019-09-14T23:56:58Z", utc("2019-09-14T23:56:58Z")],
  ["2019-09-14 23:56:58 UTC", utc("2019-09-14T23:56:58Z")],
  ["2019-09-14T23:56Z", utc("2019-09-14T23:56:00Z")],
  ["2019-09-14T23:56:58.5Z", utc("2019-09-14T23:56:58.500Z")],
  ["2019-09-14T23:56:58.123456", utc("2019-09-14T23:56:58.123Z") + 0.456],
  ["2019-09-14T23:56:58.1234569", utc("2019-09-14T23:56:58.123Z") + 0.456],
  ["2019-09-14T23:56:58.", utc("2019-09-14T23:56:58Z")],
  ["2019-09-14T23:56:58+02", utc("2019-09-14T21:56:58Z")],
  ["2019-09-14T23:56:58.250-05:30", utc("2019-09-15T05:26:58.250Z")],
  ["2019-09-14T23:56:58 +0530", utc("2019-09-14T18:26:58Z")],
  ["2019-09-14T24:00:00", utc("2019-09-15T00:00:00Z")],
  ["0001-01-01", utc("0001-01-01T00:00:00Z")],
  ["9999-12-31T23:59:59Z", utc("9999-12-31T23:59:59Z")],
  ["1969-12-31T23:59:59.5Z", -500],
  ["2000-02-29", utc("2000-02-29T00:00:00Z")],
  ["14/Sep/2019:23:56:58 +0000", utc("2019-09-14T23:56:58Z")],
  ["[4/sep/2019:23:56:58 -0700]", utc("2019-09-05T06:56:58Z")],
  ["1568505418", 1568505418000],
  ["1568505418.25", 1568505418250],
  ["1568505418123", 1568505418123],
  ["1568505418123.5", 1568505418123.5],
  ["1568505418123456", 1568505418123.456],
  ["-1", -1000],
  ["0", 0],
  ...(
    "2019-02-30 1900-02-29 2019-13-01 2019-00-01 2019-01-00 0000-01-01 2019-01 2019-01-01T 2019-01-01T10 2019-01-01T25:00 " +
    "2019-01-01T24:01:00 2019-01-01T10:60 2019-01-01T10:00:60 2019-01-01T10:00:00+ 2019-01-01T10:00:00+25 2019-01-01T10:00:00x " +
    "2019-01-01T10:00:00.1x 2019-01-01T10:0a:00 2019-01-01x10:00:00 2019/01/01 31/Feb/2019:00:00:00 14/Foo/2019:23:56:58 " +
    "14/Anf/2019:23:56:58 14/Sep/2019:24:56:58 1.2.3 - now 99999999999999999999 12h"
  )
    .split(" ")
    .concat("", " ")
    .map((text): [string, typeof BAD] => [text, BAD]),
];

describe("timestamps", () => {
  // Twice, for the second time the hour comes from the cache.
  for (const [text, expected] of times) {
    test(JSON.stringify(text), () =>
      expect([field(text, "timestamp"), field(text, "timestamp")]).toEqual([expected, expected]),
    );
  }
  test("every instant that Date writes is read back", () => {
    fc.assert(
      fc.property(
        fc.date({ noInvalidDate: true, min: new Date("0001-01-01"), max: new Date("9999-12-31") }),
        (date) => {
          expect(field(date.toISOString(), "timestamp")).toBe(date.getTime());
        },
      ),
    );
  });
});

test("floats equal Number, integers too", () => {
  const decimal = fc
    .tuple(fc.integer(), fc.nat(), fc.integer({ min: 0, max: 20 }))
    .map(([whole, rest, zeros]) => `${whole}.${"0".repeat(zeros)}${rest}`);
  const float = fc.oneof(fc.double({ noNaN: true }).map(String), decimal);
  const bigint = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
  fc.assert(
    fc.property(float, fc.maxSafeInteger(), bigint, (text, int, big) => {
      expect(field(text, "float")).toBe(Number(text));
      expect(field(String(int), "int")).toBe(int);
      expect(field(String(big), "bigint")).toBe(big);
    }),
  );
});

/** A batch of one column, one line per value; undefined is null. */
function batchOf(values: (string | undefined)[]): Batch {
  const bytes = Buffer.from(values.map((value) => value ?? "").join("\n"));
  const ranges = new Int32Array(values.length * 2);
  let at = 0;
  const starts = Int32Array.from(values, (value, i) => {
    const start = at;
    const length = Buffer.byteLength(value ?? "");
    ranges.set([start, value === undefined ? -1 : start + length], i * 2);
    at += length + 1;
    return start;
  });
  const ends = starts.map((start, i) => start + Buffer.byteLength(values[i] ?? ""));
  return {
    rows: values.length,
    columns: 1,
    bytes,
    ranges,
    base: 100,
    starts,
    ends,
    lines: Int32Array.from(values.keys()),
    rejected: [],
  };
}

describe("columns", () => {
  const rows = Int32Array.of(3, 1, 0, 2);
  test("numbers, nulls and bad values, into a reused vector", () => {
    const batch = batchOf(["7", undefined, "x", "-5"]);
    const first = decodeColumn(batch, 0, "int", rows, 4, undefined, "status");
    const vector = first.vector as NumberVector;
    expect([...vector.values]).toEqual([-5, 0, 7, 0]);
    expect([...vector.nulls!]).toEqual([0, 1, 0, 1]);
    expect(
      first.bad.map(({ index, rejected }) => [
        index,
        rejected.reason,
        rejected.offset,
        rejected.line,
        Buffer.from(rejected.raw).toString(),
      ]),
    ).toEqual([[3, "bad-int", 103, 2, "x"]]);
    expect(first.bad[0].rejected.message).toBe('column "status": "x" is not an integer (at most 2^53 - 1)');
    const again = decodeColumn(batchOf(["1.5", "2", "3", "4"]), 0, "float", rows, 4, vector);
    expect(again.vector).toBe(vector);
    expect([vector.kind, [...vector.values], [...vector.nulls!], again.bad]).toEqual([
      "float",
      [4, 2, 1.5, 3],
      [0, 0, 0, 0],
      [],
    ]);
  });
  test("timestamps are microseconds, booleans 0 and 1", () => {
    const time = decodeColumn(batchOf(["1970-01-01T00:00:01.000001Z"]), 0, "timestamp", Int32Array.of(0), 1)
      .vector as NumberVector;
    expect([time.kind, time.values[0], time.nulls]).toEqual(["timestamp", 1000001, undefined]);
    const bool = decodeColumn(batchOf(["t", "no"]), 0, "bool", Int32Array.of(0, 1), 2).vector as NumberVector;
    expect([bool.kind, ...bool.values]).toEqual(["bool", 1, 0]);
  });
  test("bigint and text", () => {
    const batch = batchOf(["7", undefined, "x", "-5"]);
    const { vector, bad } = decodeColumn(batch, 0, "bigint", rows, 4);
    expect([[...(vector as BigintVector).values], [...(vector as BigintVector).nulls!], bad.length]).toEqual([
      [-5n, 0n, 7n, 0n],
      [0, 1, 0, 1],
      1,
    ]);
    const text = decodeColumn(batch, 0, "text", rows, 2).vector as TextVector;
    expect([[...text.starts], [...text.ends]]).toEqual([
      [5, 2],
      [7, -1],
    ]);
  });
});

test("valid UTF-8 is what the platform's decoder takes", () => {
  const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  const piece = fc.oneof(
    fc.uint8Array({ maxLength: 4 }),
    fc.string({ unit: "binary", maxLength: 20 }).map((text) => Buffer.from(text)),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      const bytes = Buffer.concat([Buffer.of(0xff), ...pieces, Buffer.of(0xff)]);
      let expected = true;
      try {
        strict.decode(bytes.subarray(1, -1));
      } catch {
        expected = false;
      }
      expect(validUtf8(bytes, 1, bytes.length - 1)).toBe(expected);
    }),
  );
});
