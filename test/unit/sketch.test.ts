/** Sketches keep their stated error, whatever the order, and survive their bytes. */
import { describe, expect, test } from "vitest";
import { mix32 } from "../../src/base/hash.ts";
import { ByteReader, ByteWriter } from "../../src/sketch/bytes.ts";
import { DDSketch } from "../../src/sketch/ddsketch.ts";
import { HyperLogLog } from "../../src/sketch/hyperloglog.ts";

function bytesOf(sketch: { write(writer: ByteWriter): void }): Uint8Array {
  const writer = new ByteWriter();
  sketch.write(writer);
  return writer.finish();
}

/** Values start..end-1, hashed. */
function loglog(start: number, end: number): HyperLogLog {
  const sketch = new HyperLogLog();
  for (let i = start; i < end; i++) sketch.add(mix32(i ^ 0x51ed270b), mix32(mix32(i) ^ 0x2c1b3c6d));
  return sketch;
}

describe("HyperLogLog", () => {
  test.each([0, 1, 2, 10, 100, 400, 512, 513, 1000, 10_000, 100_000, 1_000_000])(
    "estimates %i within four standard errors",
    (n) => {
      expect(Math.abs(loglog(0, n).estimate() - n)).toBeLessThanOrEqual(Math.ceil(n * 0.065));
    },
  );

  test.each([
    [100, 50, 150],
    [3000, 100, 3100],
    [100, 0, 5000],
  ])("merging 0..%i with %i..%i is adding all, sparse or dense, in either order", (first, start, end) => {
    const all = bytesOf(loglog(0, Math.max(first, end)));
    for (const [a, b] of [
      [loglog(0, first), loglog(start, end)],
      [loglog(start, end), loglog(0, first)],
    ]) {
      const copied = new HyperLogLog();
      copied.mergeFrom(new ByteReader(bytesOf(a)));
      copied.merge(b);
      expect(bytesOf(copied)).toEqual(all);
    }
  });
});

describe("DDSketch", () => {
  const values = Array.from(
    { length: 20_000 },
    (_, i) => Math.exp(((mix32(i) >>> 0) / 2 ** 32) * 60 - 30) * (i % 3 === 0 ? -1 : 1),
  );
  const sorted = Float64Array.from(values).sort();

  test.each([0.001, 0.01, 0.1])("quantiles within %f, negative and positive", (error) => {
    const sketch = new DDSketch(error);
    for (const value of values) sketch.add(value);
    for (const q of [0, 0.01, 0.25, 0.333, 0.5, 0.9, 0.99, 0.9999, 1]) {
      const exact = sorted[Math.floor(q * (sorted.length - 1))];
      expect(Math.abs((sketch.quantile(q) as number) - exact)).toBeLessThanOrEqual(
        Math.abs(exact) * error * (1 + 1e-9),
      );
    }
  });

  test("the ends of the doubles, zero, infinities, NaN", () => {
    for (const value of [Number.MIN_VALUE * 1000, Number.MAX_VALUE, 2 ** -1022, -Number.MAX_VALUE]) {
      const sketch = new DDSketch();
      sketch.add(value);
      expect(Math.abs((sketch.quantile(0.5) as number) / value - 1)).toBeLessThanOrEqual(0.011);
    }
    const sketch = new DDSketch();
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, 0, -0, Number.NEGATIVE_INFINITY]) sketch.add(value);
    expect([0, 0.25, 0.5, 0.75, 1].map((q) => sketch.quantile(q))).toEqual([-Infinity, 0, 0, Infinity, Number.NaN]);
    expect(new DDSketch().quantile(0.5)).toBe(null);
  });

  test("merging is adding, and equal sketches write equal bytes", () => {
    const all = new DDSketch();
    const parts = [new DDSketch(), new DDSketch()];
    values.forEach((value, i) => {
      all.add(value);
      parts[i % 2].add(value);
    });
    const merged = DDSketch.read(new ByteReader(bytesOf(parts[1])));
    merged.merge(parts[0]);
    expect(bytesOf(merged)).toEqual(bytesOf(all));
    expect(() => merged.merge(new DDSketch(0.02))).toThrow(expect.objectContaining({ code: "ERR_AGGREGATE_OPTION" }));
  });
});

describe("bytes", () => {
  test("numbers come back, and a cut end is an error", () => {
    const numbers = [0, 1, 127, 128, 2 ** 31 - 1, 2 ** 31, 2 ** 32, 2 ** 51 - 1];
    const writer = new ByteWriter(1);
    for (const number of numbers) {
      writer.varint(number);
      writer.signed(-number);
      writer.float64(number / 3);
    }
    writer.varint(Number.MAX_SAFE_INTEGER);
    writer.text("é");
    writer.bigint(-(2n ** 100n));
    const reader = new ByteReader(writer.finish());
    for (const number of numbers)
      expect([reader.varint(), reader.signed() + 0, reader.float64()]).toEqual([number, 0 - number, number / 3]);
    expect(reader.varint()).toBe(Number.MAX_SAFE_INTEGER);
    expect([reader.text(), reader.bigint()]).toEqual(["é", -(2n ** 100n)]);
    expect(() => reader.byte()).toThrow(expect.objectContaining({ code: "ERR_PARTIAL_CORRUPT" }));
  });
});
