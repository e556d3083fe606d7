/**
 * Results of the group-by as typed columns: what workers hand over when there may be millions of groups, and no
 * JavaScript value should be made per cell. Not for the rows on their way in: those are the vectors of vector.ts.
 *
 *     text     row i is bytes[starts[i]..ends[i]), UTF-8; rows may lie anywhere. Where they lie one behind the other,
 *              both are views of one array of n + 1 offsets: starts = offsets[0..n), ends = offsets[1..n + 1)
 *     numbers  int (safe integers), float, bool (0 or 1), timestamp (microseconds): one double per row
 *     bigint   64 bits, signed
 *     values   JavaScript values, where the others do not fit: lists, objects, mixed types, large bigints
 *
 * A column may be longer than its rows: the number of rows stands beside it. Everything but `values` may lie in shared
 * memory, and is then posted to other threads without a copy.
 */

export interface TextColumn {
  kind: "text";
  bytes: Uint8Array;
  starts: Uint32Array;
  ends: Uint32Array;
  /** 1 where the value is null; undefined: no nulls. */
  nulls: Uint8Array | undefined;
}

export interface NumberColumn {
  kind: "int" | "float" | "bool" | "timestamp";
  values: Float64Array;
  nulls: Uint8Array | undefined;
}

export interface BigintColumn {
  kind: "bigint";
  values: BigInt64Array;
  nulls: Uint8Array | undefined;
}

/** null where there is none; never undefined. Timestamps are microseconds (number), as in `Grouping.finish`. */
export interface ValueColumn {
  kind: "values";
  values: unknown[];
}

export type ResultVector = TextColumn | NumberColumn | BigintColumn | ValueColumn;

/** Finished groups: one vector per key column, then one per aggregate. */
export interface ResultVectors {
  rows: number;
  vectors: ResultVector[];
}

/** Row i as the value that `Grouping.finish` shows. */
export function cellOf(vector: ResultVector, i: number): unknown {
  if (vector.kind === "values") return vector.values[i];
  if (vector.nulls !== undefined && vector.nulls[i] !== 0) return null;
  if (vector.kind === "text") return viewOf(vector.bytes).utf8Slice(vector.starts[i], vector.ends[i]);
  return vector.kind === "bool" ? vector.values[i] !== 0 : vector.values[i];
}

/** Rows from..to as such values. */
export function valuesOf(vector: ResultVector, from: number, to: number): unknown[] {
  if (vector.kind === "values") return vector.values.slice(from, to);
  const values: unknown[] = new Array(to - from);
  for (let i = from; i < to; i++) values[i - from] = cellOf(vector, i);
  return values;
}

/** Rows from..to; the same memory. */
export function sliceVector(vector: ResultVector, from: number, to: number): ResultVector {
  if (vector.kind === "values") return { kind: "values", values: vector.values.slice(from, to) };
  const nulls = vector.nulls?.subarray(from, to);
  if (vector.kind === "text") {
    return { ...vector, starts: vector.starts.subarray(from, to), ends: vector.ends.subarray(from, to), nulls };
  }
  return { ...vector, values: vector.values.subarray(from, to), nulls } as NumberColumn | BigintColumn;
}

/** Values as the narrowest column that gives all of them back. `kind`: what numbers are. */
export function vectorOf(values: unknown[], kind: NumberColumn["kind"] = "float"): ResultVector {
  const nulls = new Uint8Array(values.length);
  let type = "";
  let hasNulls = false;
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (value === null || value === undefined) {
      nulls[i] = 1;
      hasNulls = true;
    } else if (type === "") type = typeof value;
    else if (typeof value !== type) type = "mixed";
  }
  const flags = hasNulls ? nulls : undefined;
  if (type === "string") return textOf(values as (string | null)[], flags) ?? asValues(values);
  if (type === "bigint") return bigintsOf(values as (bigint | null)[], flags) ?? asValues(values);
  if (type === "number") return { kind, values: Float64Array.from(values as number[]), nulls: flags };
  if (type === "boolean") return { kind: "bool", values: Float64Array.from(values as number[]), nulls: flags };
  return asValues(values);
}

function asValues(values: unknown[]): ValueColumn {
  return { kind: "values", values: values.map((value) => value ?? null) };
}

/** Undefined where UTF-8 would not give a text back: halves of surrogate pairs. */
function textOf(values: (string | null)[], nulls: Uint8Array | undefined): TextColumn | undefined {
  let size = 0;
  for (const value of values) {
    if (value == null) continue;
    if (!value.isWellFormed()) return undefined;
    size += Buffer.byteLength(value);
  }
  const bytes = Buffer.alloc(size);
  const offsets = new Uint32Array(values.length + 1);
  let at = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (value != null) at += bytes.write(value, at, "utf8");
    offsets[i + 1] = at;
  }
  return { kind: "text", bytes, starts: offsets.subarray(0, values.length), ends: offsets.subarray(1), nulls };
}

function bigintsOf(values: (bigint | null)[], nulls: Uint8Array | undefined): BigintColumn | undefined {
  const column = new BigInt64Array(values.length);
  for (let i = 0; i < values.length; i++) {
    column[i] = values[i] ?? 0n;
    if (column[i] !== (values[i] ?? 0n)) return undefined;
  }
  return { kind: "bigint", values: column, nulls };
}

/** Bytes of memory that rows from..to take, about. */
export function sizeOf(vector: ResultVector, from: number, to: number): number {
  const rows = to - from;
  if (vector.kind === "values") return rows * VALUE_BYTES;
  if (vector.kind !== "text") return rows * 9;
  let size = rows * 5;
  for (let i = from; i < to; i++) size += vector.ends[i] - vector.starts[i];
  return size;
}

/** A guess: a small list or object. */
const VALUE_BYTES = 64;

interface Slices {
  utf8Slice(start: number, end: number): string;
}

const views = new WeakMap<Uint8Array, Buffer & Slices>();

/** The methods of Buffer decode short ranges much faster than TextDecoder, keep a leading U+FEFF, and read shared memory. */
function viewOf(bytes: Uint8Array): Buffer & Slices {
  let view = views.get(bytes);
  if (view === undefined) {
    view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength) as Buffer & Slices;
    views.set(bytes, view);
  }
  return view;
}
