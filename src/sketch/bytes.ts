/**
 * Compact binary writing and reading for partials and sketches: LEB128 varints, zigzag for signed, little-endian floats.
 * Readers check every bound: a partial comes from a store or a socket, and a cut one must end in an error, not in zeros.
 */
import { ThreadmillError } from "../base/errors.ts";

const float = new Float64Array(1);
const floatBytes = new Uint8Array(float.buffer);

export class ByteWriter {
  bytes: Uint8Array;
  length = 0;

  constructor(capacity = 1024) {
    this.bytes = new Uint8Array(capacity);
  }

  /** Makes room for `more` bytes; later writes of that many need no check. */
  reserve(more: number): void {
    if (this.length + more <= this.bytes.length) return;
    const grown = new Uint8Array(Math.max(this.bytes.length * 2, this.length + more));
    grown.set(this.bytes.subarray(0, this.length));
    this.bytes = grown;
  }

  byte(value: number): void {
    this.reserve(1);
    this.bytes[this.length++] = value;
  }

  /** A non-negative safe integer. */
  varint(value: number): void {
    this.reserve(10);
    if (value < 128) {
      this.bytes[this.length++] = value;
      return;
    }
    let rest = value;
    while (rest > 0x7fffffff) {
      this.bytes[this.length++] = (rest % 128) | 0x80;
      rest = Math.floor(rest / 128);
    }
    while (rest > 127) {
      this.bytes[this.length++] = (rest & 127) | 0x80;
      rest >>>= 7;
    }
    this.bytes[this.length++] = rest;
  }

  /** Many at once, of one width each, little-endian: table[index] + offset, all from 0 to `max`. */
  column(indexes: Int32Array, table: Int32Array, offset: number, max: number): void {
    const width = widthOf(max);
    const { length: count } = indexes;
    this.reserve(count * width);
    const { bytes, length } = this;
    for (let i = 0, at = length; i < count; i++) {
      const value = table[indexes[i]] + offset;
      bytes[at++] = value;
      if (width > 1) bytes[at++] = value >>> 8;
      if (width > 2) {
        bytes[at++] = value >>> 16;
        bytes[at++] = value >>> 24;
      }
    }
    this.length = length + count * width;
  }

  /** n integers from 0 to `max`, of one width each. */
  uints(values: Int32Array, n: number, max: number): void {
    this.varint(max);
    const width = widthOf(max);
    this.reserve(n * width);
    const { bytes, length } = this;
    for (let i = 0, at = length; i < n; i++) {
      const value = values[i];
      bytes[at++] = value;
      if (width > 1) bytes[at++] = value >>> 8;
      if (width > 2) {
        bytes[at++] = value >>> 16;
        bytes[at++] = value >>> 24;
      }
    }
    this.length = length + n * width;
  }

  /** n counts: as integers of 32 bits where they fit, else as doubles. */
  counts(values: Float64Array, indexes: Int32Array): void {
    const { length: n } = indexes;
    let max = 0;
    for (let i = 0; i < n; i++) if (values[indexes[i]] > max) max = values[indexes[i]];
    if (max < 2 ** 31) {
      const ints = new Int32Array(n);
      for (let i = 0; i < n; i++) ints[i] = values[indexes[i]];
      this.uints(ints, n, max);
      return;
    }
    this.varint(2 ** 31);
    for (let i = 0; i < n; i++) this.float64(values[indexes[i]]);
  }

  /** Bytes as they are, without their length. */
  raw(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.bytes.set(bytes, this.length);
    this.length += bytes.length;
  }

  /** A signed integer, |value| < 2^52. */
  signed(value: number): void {
    this.varint(value < 0 ? -value * 2 - 1 : value * 2);
  }

  float64(value: number): void {
    this.reserve(8);
    float[0] = value;
    this.bytes.set(floatBytes, this.length);
    this.length += 8;
  }

  /** Length and bytes[start..end). */
  slice(bytes: Uint8Array, start: number, end: number): void {
    const size = end - start;
    this.varint(size);
    this.reserve(size);
    if (size > 48) this.bytes.set(bytes.subarray(start, end), this.length);
    else for (let i = 0; i < size; i++) this.bytes[this.length + i] = bytes[start + i];
    this.length += size;
  }

  text(value: string): void {
    const bytes = Buffer.from(value, "utf8");
    this.slice(bytes, 0, bytes.length);
  }

  /** Decimal text: exact at any size, and rare. */
  bigint(value: bigint): void {
    this.text(value.toString());
  }

  /** What was written, once and for all: a copy without the room that is left, where that is worth one. */
  finish(): Uint8Array {
    const { bytes, length } = this;
    return length * 8 < bytes.length * 7 ? bytes.slice(0, length) : bytes.subarray(0, length);
  }
}

export class ByteReader {
  readonly bytes: Uint8Array;
  at = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  byte(): number {
    if (this.at >= this.bytes.length) throw truncated(this.at);
    return this.bytes[this.at++];
  }

  varint(): number {
    const { bytes, at } = this;
    // One and two bytes are nearly all there is. What is read beyond the end is undefined, and not below 128.
    const first = bytes[at];
    if (first < 128) {
      this.at = at + 1;
      return first;
    }
    const second = bytes[at + 1];
    if (second < 128) {
      this.at = at + 2;
      return (first & 127) + second * 128;
    }
    let value = 0;
    let scale = 1;
    for (let i = 0; i < 8; i++) {
      const byte = this.byte();
      value += (byte & 127) * scale;
      if (byte < 128) return value;
      scale *= 128;
    }
    throw truncated(this.at);
  }

  /** A count of things of which each takes at least `bytesEach` bytes: a corrupt count cannot ask for more memory than that. */
  count(bytesEach = 0): number {
    const count = this.varint();
    if (count * bytesEach > this.bytes.length - this.at) throw truncated(this.at);
    return count;
  }

  /** Throws unless n bytes more are there. */
  atLeast(n: number): void {
    if (n > this.bytes.length - this.at) throw truncated(this.at);
  }

  /** A varint below `limit`. */
  index(limit: number): number {
    const value = this.varint();
    if (value >= limit) throw truncated(this.at);
    return value;
  }

  /** What `column` wrote: `count` of them, mapped by `table`. All must lie below its length. */
  column(count: number, table: Int32Array): Int32Array {
    const width = widthOf(table.length - 1);
    if (count * width > this.bytes.length - this.at) throw truncated(this.at);
    const { bytes } = this;
    const { length: limit } = table;
    const out = new Int32Array(count);
    let at = this.at;
    let worst = 0;
    for (let i = 0; i < count; i++) {
      let value = bytes[at++];
      if (width > 1) value |= bytes[at++] << 8;
      if (width > 2) value |= (bytes[at++] << 16) | (bytes[at++] << 24);
      worst = Math.max(worst, value >>> 0);
      out[i] = table[value];
    }
    if (worst >= limit && count > 0) throw truncated(this.at);
    this.at = at;
    return out;
  }

  /** What `uints` wrote, n of them. */
  uints(n: number): Int32Array {
    const width = widthOf(this.index(2 ** 31));
    const bytes = this.raw(n * width);
    const out = new Int32Array(n);
    for (let i = 0, at = 0; i < n; i++) {
      let value = bytes[at++];
      if (width > 1) value |= bytes[at++] << 8;
      if (width > 2) value |= (bytes[at++] << 16) | (bytes[at++] << 24);
      if (value < 0) throw truncated(this.at);
      out[i] = value;
    }
    return out;
  }

  /** What `counts` wrote, n of them. */
  counts(n: number): Int32Array | Float64Array {
    const { at } = this;
    if (this.varint() < 2 ** 31) {
      this.at = at;
      return this.uints(n);
    }
    if (n * 8 > this.bytes.length - this.at) throw truncated(this.at);
    const out = new Float64Array(n);
    for (let i = 0; i < n; i++) out[i] = this.float64();
    return out;
  }

  /** The next n bytes, where they are. */
  raw(n: number): Uint8Array {
    if (n > this.bytes.length - this.at) throw truncated(this.at);
    this.at += n;
    return this.bytes.subarray(this.at - n, this.at);
  }

  signed(): number {
    const value = this.varint();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  float64(): number {
    if (this.at + 8 > this.bytes.length) throw truncated(this.at);
    for (let i = 0; i < 8; i++) floatBytes[i] = this.bytes[this.at + i];
    this.at += 8;
    return float[0];
  }

  /** Reads a length, skips that many bytes and returns where they start; `at` is their end. */
  skipSlice(): number {
    const size = this.varint();
    const start = this.at;
    if (start + size > this.bytes.length) throw truncated(start);
    this.at = start + size;
    return start;
  }

  text(): string {
    const start = this.skipSlice();
    return Buffer.from(this.bytes.buffer, this.bytes.byteOffset + start, this.at - start).toString("utf8");
  }

  bigint(): bigint {
    const text = this.text();
    if (!/^-?\d+$/.test(text)) throw truncated(this.at);
    return BigInt(text);
  }
}

/** Bytes of a column's values. */
function widthOf(max: number): number {
  return max < 256 ? 1 : max < 65_536 ? 2 : 4;
}

function truncated(at: number): ThreadmillError {
  return new ThreadmillError("ERR_PARTIAL_CORRUPT", `a partial ends or breaks at byte ${at}`, {
    hint: "the bytes were cut or changed on the way; rerun the split",
  });
}
