/**
 * Reading and making vectors: typed views of any vector (numbers, texts, times, truths) for the functions of expressions, and
 * output vectors whose memory is used again from batch to batch.
 */
import { formatTimestamp, parseIsoTime } from "../base/calendar.ts";
import type { KernelArrays } from "../kernel/kernel.ts";
import type { BigintVector, NumberVector, TextVector, Vector } from "../kernel/vector.ts";

/** An output of numbers. `take(n)` gives the same memory every time, nulls cleared; the kernel's, where it has arrays to give. */
export class NumberOutput {
  readonly vector: NumberVector;
  readonly #arrays: KernelArrays | undefined;
  #nulls: Uint8Array = new Uint8Array(0);

  constructor(kind: NumberVector["kind"], arrays?: KernelArrays) {
    this.#arrays = arrays;
    this.vector = { kind, values: new Float64Array(0), nulls: undefined };
  }

  take(n: number, kind: NumberVector["kind"] = this.vector.kind): NumberVector {
    const { values } = this.vector;
    if (values.length < n) this.vector.values = this.#arrays?.doubles(n, values) ?? new Float64Array(n * 2);
    this.vector.nulls = undefined;
    this.vector.kind = kind;
    return this.vector;
  }

  /** The null flags of the vector just taken, made on the first null. */
  nulls(n: number): Uint8Array {
    if (this.vector.nulls !== undefined) return this.vector.nulls;
    if (this.#nulls.length < n) this.#nulls = new Uint8Array(n * 2);
    else this.#nulls.fill(0, 0, n);
    this.vector.nulls = this.#nulls;
    return this.#nulls;
  }
}

export class BigintOutput {
  readonly vector: BigintVector = { kind: "bigint", values: new BigInt64Array(0), nulls: undefined };

  take(n: number): BigintVector {
    if (this.vector.values.length < n) this.vector.values = new BigInt64Array(n * 2);
    this.vector.nulls = undefined;
    return this.vector;
  }

  nulls(n: number): Uint8Array {
    this.vector.nulls ??= new Uint8Array(n);
    return this.vector.nulls;
  }
}

/** Whether row i is null, for any kind of vector. */
export function isNullAt(vector: Vector, i: number): boolean {
  if (vector.kind === "text") return vector.ends[i] < 0;
  if (vector.kind === "values") return vector.values[i] === null || vector.values[i] === undefined;
  return vector.nulls !== undefined && vector.nulls[i] === 1;
}

/**
 * Row i as a JavaScript value: string, number, bigint, boolean, or null. Timestamps are Dates only where a user made them;
 * from a timestamp vector they are microseconds.
 */
export function valueAt(vector: Vector, i: number): unknown {
  if (isNullAt(vector, i)) return null;
  if (vector.kind === "text") return decodeText(vector.bytes, vector.starts[i], vector.ends[i]);
  if (vector.kind === "bool") return vector.values[i] === 1;
  return vector.values[i];
}

let viewed: Uint8Array | undefined;
let view: Buffer = Buffer.alloc(0);

function decodeText(bytes: Uint8Array, start: number, end: number): string {
  if (viewed !== bytes) {
    viewed = bytes;
    view = Buffer.from(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.byteLength);
  }
  return view.toString("utf8", start, end);
}

/** The texts of a vector; what is no text is null. */
export function textsOf(vector: Vector, n: number): (string | null)[] {
  const texts = new Array<string | null>(n);
  if (vector.kind === "text") {
    const { bytes, starts, ends } = vector;
    for (let i = 0; i < n; i++) texts[i] = ends[i] < 0 ? null : decodeText(bytes, starts[i], ends[i]);
  } else if (vector.kind === "values") {
    const { values } = vector;
    for (let i = 0; i < n; i++) texts[i] = typeof values[i] === "string" ? (values[i] as string) : null;
  } else texts.fill(null);
  return texts;
}

/** Any value printed as the text() function does; undefined for null. Timestamps in UTC. */
export function printAt(vector: Vector, i: number): string | undefined {
  const value = valueAt(vector, i);
  if (value === null) return undefined;
  if (vector.kind === "timestamp") return formatTimestamp(value as number);
  if (typeof value === "string") return value;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? undefined : formatTimestamp(value.getTime() * 1000);
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/**
 * Numbers of a vector (bool as 0 and 1, bigint rounded); what is no number is null. Number
 * vectors are returned as they are; all else comes as float, whatever the values: a kind must not vary from batch to batch.
 */
export function numbersOf(vector: Vector, n: number, output: NumberOutput): NumberVector {
  if (vector.kind === "int" || vector.kind === "float" || vector.kind === "bool" || vector.kind === "timestamp")
    return vector;
  const out = output.take(n, "float");
  for (let i = 0; i < n; i++) {
    const value = numberOf(valueAt(vector, i));
    out.values[i] = value ?? 0;
    if (value === undefined) output.nulls(n)[i] = 1;
  }
  return out;
}

function numberOf(value: unknown): number | undefined {
  if (typeof value === "number") return value;
  if (typeof value === "bigint" || typeof value === "boolean") return Number(value);
  return undefined;
}

/** Microseconds of a vector. Of user values: Dates, numbers of milliseconds (what a record's timestamp reads as), ISO 8601 texts. */
export function timesOf(vector: Vector, n: number, output: NumberOutput): NumberVector {
  if (vector.kind === "timestamp") return vector;
  const out = output.take(n, "timestamp");
  for (let i = 0; i < n; i++) {
    const micros = microsOf(valueAt(vector, i));
    out.values[i] = micros ?? 0;
    if (micros === undefined) output.nulls(n)[i] = 1;
  }
  return out;
}

export function microsOf(value: unknown): number | undefined {
  let micros: number | undefined;
  if (value instanceof Date) micros = value.getTime() * 1000;
  else if (typeof value === "number") micros = Math.round(value * 1000);
  else if (typeof value === "string") micros = parseIsoTime(value)?.micros;
  return micros === undefined || Number.isNaN(micros) ? undefined : micros;
}

/** Truths (0, 1) of a vector; what is no boolean is null. */
export function boolsOf(vector: Vector, n: number, output: NumberOutput): NumberVector {
  if (vector.kind === "bool") return vector;
  const out = output.take(n, "bool");
  for (let i = 0; i < n; i++) {
    const value = valueAt(vector, i);
    out.values[i] = value === true ? 1 : 0;
    if (typeof value !== "boolean") output.nulls(n)[i] = 1;
  }
  return out;
}

/** Compares texts by their UTF-8 bytes, which is by code points; UTF-16 order differs beyond U+FFFF. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const [x, y] = [a.charCodeAt(i), b.charCodeAt(i)];
    if (x !== y) return (isSurrogate(x) === isSurrogate(y) ? x < y : isSurrogate(y)) ? -1 : 1;
  }
  return a.length - b.length;
}

function isSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdfff;
}

/** Compares bytes a[aStart..aEnd] with b[bStart..bEnd]. */
export function compareBytes(
  a: Uint8Array,
  aStart: number,
  aEnd: number,
  b: Uint8Array,
  bStart: number,
  bEnd: number,
): number {
  const length = Math.min(aEnd - aStart, bEnd - bStart);
  for (let i = 0; i < length; i++) {
    const difference = a[aStart + i] - b[bStart + i];
    if (difference !== 0) return difference;
  }
  return aEnd - aStart - (bEnd - bStart);
}

/** A vector of n times the same value. bigint values and strings too; micros for type timestamp. */
export function constantVector(value: unknown, type: string, n: number): Vector {
  if (type === "bigint" && value !== null)
    return { kind: "bigint", values: new BigInt64Array(n).fill(BigInt(value as string)), nulls: undefined };
  if ((typeof value === "number" || typeof value === "boolean") && type !== "any") {
    const kind = type === "float" || type === "bool" || type === "timestamp" ? type : "int";
    return { kind, values: new Float64Array(n).fill(Number(value)), nulls: undefined };
  }
  return { kind: "values", values: new Array(n).fill(value) };
}

export type { NumberVector, TextVector, Vector };
