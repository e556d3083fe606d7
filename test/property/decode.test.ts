/** Decoding in WebAssembly gives what the scalar twin gives, bit by bit: values, nulls, and what is said of bad fields. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ColumnType } from "../../src/input/batch.ts";
import { decodeColumn } from "../../src/kernel/scalar/decode.ts";
import { SimdDecoder } from "../../src/kernel/simd/decode.ts";
import { KernelInstance } from "../../src/kernel/simd/instance.ts";
import type { Vector } from "../../src/kernel/vector.ts";
import { batchOf } from "../support/kernel-batch.ts";

const types: ColumnType[] = ["text", "int", "bigint", "float", "bool", "timestamp"];
type Field = string | Uint8Array | null;

/** The first n rows: the bits of numbers, the content of text. */
function contentOf(vector: Vector, n: number): unknown {
  if (vector.kind === "values") return vector.values.slice(0, n);
  if (vector.kind === "text") {
    const text = (i: number) => Buffer.from(vector.bytes.slice(vector.starts[i], vector.ends[i])).toString("latin1");
    return Array.from({ length: n }, (_, i) => (vector.ends[i] < 0 ? null : text(i)));
  }
  const bits = new BigUint64Array(vector.values.slice(0, n).buffer as ArrayBuffer);
  const isNull = (i: number) => vector.nulls !== undefined && vector.nulls[i] === 1;
  return { kind: vector.kind, values: Array.from(bits, (bit, i) => (isNull(i) ? null : bit)) };
}

const instance = new KernelInstance();
const decoder = new SimdDecoder(instance);
/** By type, from call to call, as the pipeline does it. */
const outs = new Map<ColumnType, Vector>();

function check(fields: Field[], type: ColumnType, pick: (row: number) => boolean = () => true, around = ","): void {
  const [simd, scalar] = [batchOf(fields, instance, around), batchOf(fields, undefined, around)];
  const rows = Int32Array.from(fields.keys()).filter(pick);
  const actual = decoder.decode(simd, 0, type, rows, rows.length, outs.get(type));
  outs.set(type, actual.vector);
  const expected = decodeColumn(scalar, 0, type, rows, rows.length);
  expect(contentOf(actual.vector, rows.length)).toEqual(contentOf(expected.vector, rows.length));
  expect(actual.bad).toEqual(expected.bad);
  instance.free(simd.bytes.byteOffset);
  instance.free(simd.ranges.byteOffset);
}

const digit = fc.constantFrom(..."0123456789");
const digits = (maxLength: number) => fc.string({ unit: digit, minLength: 0, maxLength });
const sign = fc.constantFrom("", "", "", "-", "+", "--");
const decimal = fc
  .tuple(sign, digits(20), fc.constantFrom("", ".", ".", ","), digits(12))
  .map((parts) => parts.join(""));
const exponent = fc.tuple(decimal, fc.constantFrom("e", "E"), sign, digits(3)).map((parts) => parts.join(""));
const words = fc.constantFrom(
  ...[
    "",
    " ",
    "nan",
    "-inf",
    "Infinity",
    "true",
    "TRUE",
    "tRuE",
    "false",
    "False",
    "yes",
    "no",
    "t",
    "F",
    "y",
    "1",
    "0",
  ],
  ...["-0", "-0.0", "+0", ".", "-", "5.", ".5", "-.5", "1 ", " 1", "1\t", "9007199254740991", "9007199254740992"],
  ...[
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775808",
    "0000000000000000000000001",
    "1..2",
    "1.2.3",
  ],
);
const two = (max: number) => fc.integer({ min: 0, max }).map((n) => String(n).padStart(2, "0"));
const zone = fc.constantFrom("", "", "Z", "z", "+02:00", "-11:30", "+24:00", " +0200", "+0200", "UTC", "+02", "+2:00");
const fraction = fc.constantFrom("", ".", ".1", ".123", ".123456", ".1234567", ".x");
const year = fc.oneof(
  fc.integer({ min: 1969, max: 2030 }),
  fc.constantFrom(0, 1, 1600, 1699, 1700, 1900, 2000, 2250, 2251, 2255, 9999),
);
const years = year.map((n) => String(n).padStart(4, "0"));
const iso = fc
  .tuple(years, two(13), two(32), fc.constantFrom("T", " ", "t", "_"), two(25), two(61), two(61), fraction, zone)
  .map(([y, mo, d, t, h, mi, s, f, z]) => `${y}-${mo}-${d}${t}${h}:${mi}:${s}${f}${z}`);
const isoStart = fc.tuple(iso, fc.nat(30)).map(([text, length]) => text.slice(0, length));
const months = fc.constantFrom(..."Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec jan DEC Foo".split(" "));
const apache = fc
  .tuple(two(32), months, years, two(24), two(60), two(60), fc.constantFrom(" +0000", " -0730", "", " +9900", "Z"))
  .map(([d, mo, y, h, mi, s, z]) => `${d}/${mo}/${y}:${h}:${mi}:${s}${z}`);
/** A text with one byte changed: what is nearly right. */
const spoiled = fc.tuple(fc.oneof(iso, apache, decimal, words), fc.nat(30), fc.nat(255)).map(([text, at, byte]) => {
  const bytes = Buffer.from(text);
  if (bytes.length > 0) bytes[at % bytes.length] = byte;
  return new Uint8Array(bytes);
});
const field: fc.Arbitrary<Field> = fc.oneof(
  { arbitrary: decimal, weight: 4 },
  { arbitrary: iso, weight: 4 },
  fc.oneof(exponent, words, isoStart, apache, fc.string()),
  spoiled,
  fc.uint8Array({ maxLength: 20 }),
  fc.constant(null),
);

/** What lies between the fields must not count, even where it could be a part of them. */
const fences = fc.constantFrom(",", "-", "+1", "9", ".", "Z", "");

describe("the kernel's decoding and the scalar twin agree", () => {
  for (const type of types) {
    test(`${type}: any fields`, () => {
      fc.assert(
        fc.property(fc.array(field, { maxLength: 40 }), fc.nat(3), fences, (fields, skip, around) => {
          check(fields, type, (row) => row % (skip + 1) === 0, around);
        }),
        { numRuns: 400 },
      );
    });
  }

  test("each minute of some days, one after the other and jumping about", () => {
    const starts = ["1970-01-01", "2000-02-29", "2019-09-14", "2250-12-31", "1700-01-01", "2100-02-28"];
    const minutes = starts.flatMap((day) =>
      Array.from({ length: 240 }, (_, i) => Date.parse(`${day}T00:00Z`) + i * 3e5),
    );
    const texts = minutes.map((ms) => new Date(ms).toISOString());
    check(texts, "timestamp");
    check(
      texts.map((_, i) => texts[(i * 7919) % texts.length].slice(0, 19)),
      "timestamp",
    );
    check(
      texts.map((_, i) => texts[(i * 31) % texts.length].slice(0, 10)),
      "timestamp",
    );
  });

  test("every number of up to four digits, with the point at every place", () => {
    const texts = Array.from({ length: 10_000 }, (_, i) => String(i));
    check(texts, "int");
    check(texts, "float");
    for (let places = 0; places <= 4; places++) {
      check(
        texts.map((text) => `${text.slice(0, text.length - places)}.${text.slice(text.length - places)}`),
        "float",
      );
    }
  });

  test("a batch in ordinary memory is read by the scalar twin", () => {
    const batch = batchOf(["1", "x", null]);
    const { vector, bad } = decoder.decode(batch, 0, "int", Int32Array.of(0, 1, 2), 3);
    expect(contentOf(vector, 3)).toEqual(contentOf(decodeColumn(batch, 0, "int", Int32Array.of(0, 1, 2), 3).vector, 3));
    expect(bad).toHaveLength(1);
  });
});
