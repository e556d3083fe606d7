/**
 * One value of any type, as the group-by sees it: a type tag, a number, or a range of bytes. Computed values and parsed
 * columns meet here: the string "a" and the byte 0x61 of a file are one value; so are 1 from an int and 1 from a float.
 *
 *     tag        number                      bytes[start..end)
 *     bool       0 or 1
 *     number     the value; 0 for -0         (int, float and JavaScript numbers are one type)
 *     bigint     the value rounded           decimal text, only where it is no safe integer
 *     timestamp  microseconds
 *     text                                   UTF-8
 *     object                                 v8.serialize of anything else
 */
import { deserialize, serialize } from "node:v8";
import type { ByteReader, ByteWriter } from "../../sketch/bytes.ts";
import type { Vector } from "../vector.ts";

export const NULL = 0;
const BOOL = 1;
export const NUMBER = 2;
const BIGINT = 3;
const TIMESTAMP = 4;
export const TEXT = 5;
export const OBJECT = 6;

const RAW_FLOAT = 0x10;
const DECIMAL = 0x20;

export const NO_BYTES: Uint8Array = new Uint8Array(0);

/** A reusable register. With `hasBytes` false, `bytes` means nothing. */
export class Cell {
  tag: number = NULL;
  number = 0;
  bytes: Uint8Array = NO_BYTES;
  start = 0;
  end = 0;
  hasBytes = false;

  setNumber(tag: number, number: number): void {
    this.tag = tag;
    this.number = number + 0;
    this.hasBytes = false;
  }

  setBytes(tag: number, bytes: Uint8Array, start: number, end: number): void {
    this.tag = tag;
    this.number = 0;
    this.bytes = bytes;
    this.start = start;
    this.end = end;
    this.hasBytes = true;
  }

  setBigint(value: bigint): void {
    const number = Number(value);
    if (Number.isSafeInteger(number)) {
      this.setNumber(BIGINT, number);
      return;
    }
    const bytes = Buffer.from(value.toString(), "latin1");
    this.setBytes(BIGINT, bytes, 0, bytes.length);
    this.number = number;
  }

  /** Any JavaScript value; undefined and invalid dates are null. */
  setValue(value: unknown): void {
    if (value === null || value === undefined) this.tag = NULL;
    else if (typeof value === "number") this.setNumber(NUMBER, value);
    else if (typeof value === "string") {
      const bytes = Buffer.from(value, "utf8");
      this.setBytes(TEXT, bytes, 0, bytes.length);
    } else if (typeof value === "boolean") this.setNumber(BOOL, value ? 1 : 0);
    else if (typeof value === "bigint") this.setBigint(value);
    else if (value instanceof Date) {
      if (Number.isNaN(value.getTime())) this.tag = NULL;
      else this.setNumber(TIMESTAMP, value.getTime() * 1000);
    } else {
      const bytes = serialize(value);
      this.setBytes(OBJECT, bytes, 0, bytes.length);
    }
  }

  /** Row i of a vector. */
  load(vector: Vector, i: number): void {
    if (vector.kind === "text") {
      if (vector.ends[i] < 0) this.tag = NULL;
      else this.setBytes(TEXT, vector.bytes, vector.starts[i], vector.ends[i]);
    } else if (vector.kind === "values") this.setValue(vector.values[i]);
    else if (vector.nulls !== undefined && vector.nulls[i] !== 0) this.tag = NULL;
    else if (vector.kind === "bigint") this.setBigint(vector.values[i]);
    else this.setNumber(tagOf(vector.kind), vector.values[i]);
  }

  /** What `finish` of the contract shows: microseconds for timestamps, strings for text. */
  value(): unknown {
    if (this.tag === NULL) return null;
    if (this.tag === BOOL) return this.number === 1;
    if (this.tag === NUMBER || this.tag === TIMESTAMP) return this.number;
    if (this.tag === BIGINT) return this.hasBytes ? BigInt(this.#text()) : BigInt(this.number);
    if (this.tag === TEXT) return this.#text();
    return deserialize(this.bytes.slice(this.start, this.end));
  }

  #text(): string {
    return view(this.bytes).toString("utf8", this.start, this.end);
  }

  write(writer: ByteWriter): void {
    if (this.tag === NULL) writer.byte(NULL);
    else if (this.hasBytes) {
      writer.byte(this.tag === BIGINT ? this.tag | DECIMAL : this.tag);
      writer.slice(this.bytes, this.start, this.end);
    } else if (Number.isInteger(this.number) && Math.abs(this.number) < 2 ** 51) {
      writer.byte(this.tag);
      writer.signed(this.number);
    } else {
      writer.byte(this.tag | RAW_FLOAT);
      writer.float64(this.number);
    }
  }

  /** Bytes stay where the reader has them: copy what must live longer. */
  read(reader: ByteReader): void {
    const head = reader.byte();
    const tag = head & 0x0f;
    if (head === NULL) this.tag = NULL;
    else if (head & RAW_FLOAT) this.setNumber(tag, reader.float64());
    else if (tag === TEXT || tag === OBJECT || head & DECIMAL) {
      const start = reader.skipSlice();
      this.setBytes(tag, reader.bytes, start, reader.at);
      if (tag === BIGINT) this.number = Number(this.#text());
    } else this.setNumber(tag, reader.signed());
  }
}

const views = new WeakMap<Uint8Array, Buffer>();

/** Buffer decodes short ranges much faster than TextDecoder, and keeps a leading U+FEFF. */
function view(bytes: Uint8Array): Buffer {
  if (bytes instanceof Buffer) return bytes;
  let buffer = views.get(bytes);
  if (buffer === undefined) {
    buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    views.set(bytes, buffer);
  }
  return buffer;
}

export function tagOf(kind: "int" | "float" | "bool" | "timestamp"): number {
  return kind === "bool" ? BOOL : kind === "timestamp" ? TIMESTAMP : NUMBER;
}

/** Null last; types in the order of their tags; numbers by value with NaN last; text and objects by bytes. */
export function compareCells(a: Cell, b: Cell): number {
  if (a.tag !== b.tag) return a.tag === NULL ? 1 : b.tag === NULL ? -1 : a.tag - b.tag;
  if (a.tag === NULL) return 0;
  if (a.tag === TEXT || a.tag === OBJECT) return compareBytes(a, b);
  if (a.number < b.number) return -1;
  if (a.number > b.number) return 1;
  if (a.tag === NUMBER) return Number(Number.isNaN(a.number)) - Number(Number.isNaN(b.number));
  if (a.tag !== BIGINT || (!a.hasBytes && !b.hasBytes)) return 0;
  const left = a.value() as bigint;
  const right = b.value() as bigint;
  return left < right ? -1 : left > right ? 1 : 0;
}

function compareBytes(a: Cell, b: Cell): number {
  const left = a.bytes;
  const right = b.bytes;
  const length = Math.min(a.end - a.start, b.end - b.start);
  for (let i = 0, x = a.start, y = b.start; i < length; i++, x++, y++) {
    const difference = left[x] - right[y];
    if (difference !== 0) return difference;
  }
  return a.end - a.start - (b.end - b.start);
}
