/** From byte ranges to values: a column of selected rows at once, or a single field when somebody looks at it. */
import type { Batch, ColumnType, Rejected, RejectReason } from "../../input/batch.ts";
import type { DecodeResult } from "../kernel.ts";
import type { BigintVector, NumberVector, TextVector, Vector } from "../vector.ts";
import { parseBigint, parseBool, parseFloatValue, parseInteger } from "./number.ts";
import { parseTimestamp } from "./timestamp.ts";
import { decodeText } from "./utf8.ts";

export { validUtf8 } from "./utf8.ts";

/** What `decodeField` returns for content that is not of the type. */
export const BAD: unique symbol = Symbol("not of the type");

type Bad = DecodeResult["bad"];

/**
 * Column `column` (a position in the batch's ranges) of the n rows whose indexes are in `rows`, as a vector of its
 * type. A value that does not parse is null there and listed in `bad`, by its index in the selection; the caller leaves
 * that row out. `out`: a vector to use again, of whatever kind. `name`: the column, for messages.
 * Timestamps are microseconds. Text is not checked to be UTF-8: see `validUtf8`.
 */
export function decodeColumn(
  batch: Batch,
  column: number,
  type: ColumnType,
  rows: Int32Array,
  n: number,
  out?: Vector,
  name?: string,
): DecodeResult {
  if (type === "text") return { vector: decodeTexts(batch, column, rows, n, out), bad: [] };
  const failed: number[] = [];
  const vector =
    type === "bigint"
      ? decodeBigints(batch, column, rows, n, failed, out)
      : decodeNumbers(batch, column, type, rows, n, failed, out);
  const bad: Bad = failed.map((index) => ({ index, rejected: rejectedField(batch, rows[index], column, type, name) }));
  return { vector, bad };
}

/** A row that is refused because of one of its fields. */
export function rejectedField(batch: Batch, row: number, column: number, type: ColumnType, name?: string): Rejected {
  const { bytes, ranges, columns, base, starts, ends, lines } = batch;
  const at = (row * columns + column) * 2;
  const text = decodeText(bytes, ranges[at], Math.max(ranges[at], Math.min(ranges[at + 1], ranges[at] + 200)));
  const where = name === undefined ? "" : `column ${JSON.stringify(name)}: `;
  return {
    reason: `bad-${type}` as RejectReason,
    message: `${where}${JSON.stringify(text)} is not ${expectations[type]}`,
    offset: base + starts[row],
    line: lines[row],
    raw: bytes.slice(starts[row], ends[row]),
  };
}

const expectations: Record<ColumnType, string> = {
  text: "text",
  int: "an integer (at most 2^53 - 1)",
  bigint: "a 64-bit integer",
  float: "a number",
  bool: "a boolean (true, false, t, f, yes, no, y, n, 1, 0)",
  timestamp: "a timestamp",
};

/**
 * One field. Timestamps come as milliseconds with the microseconds as fraction; a null range (end -1) gives null;
 * content that is not of the type gives BAD.
 */
export function decodeField(
  bytes: Uint8Array,
  start: number,
  end: number,
  type: ColumnType,
): string | number | bigint | boolean | null | typeof BAD {
  if (end < 0) return null;
  switch (type) {
    case "text":
      return decodeText(bytes, start, end);
    case "bigint":
      return parseBigint(bytes, start, end) ?? BAD;
    case "float":
      return parseFloatValue(bytes, start, end) ?? BAD;
    case "bool": {
      const value = parseBool(bytes, start, end);
      return value < 0 ? BAD : value === 1;
    }
    case "int": {
      const value = parseInteger(bytes, start, end);
      return Number.isNaN(value) ? BAD : value;
    }
    case "timestamp": {
      const value = parseTimestamp(bytes, start, end);
      if (Number.isNaN(value)) return BAD;
      // Beyond 2^53 microseconds (the year 2255) they are no longer exact: the milliseconds are.
      return Number.isSafeInteger(value) ? value / 1000 : Math.round(value / 1000);
    }
  }
}

function decodeTexts(batch: Batch, column: number, rows: Int32Array, n: number, out: Vector | undefined): TextVector {
  const { ranges, bytes } = batch;
  const reusable = out?.kind === "text" && out.starts.length >= n;
  const starts = reusable ? out.starts : new Int32Array(n);
  const ends = reusable ? out.ends : new Int32Array(n);
  const stride = batch.columns * 2;
  const offset = column * 2;
  for (let i = 0; i < n; i++) {
    const at = rows[i] * stride + offset;
    starts[i] = ranges[at];
    ends[i] = ranges[at + 1];
  }
  if (!reusable) return { kind: "text", bytes, starts, ends };
  out.bytes = bytes;
  return out;
}

/** The vector to fill: `out` where it fits. Its nulls are all 0. */
function numberVector(kind: NumberVector["kind"], n: number, out: Vector | undefined): NumberVector {
  if (out === undefined || !("values" in out) || !(out.values instanceof Float64Array) || out.values.length < n) {
    return { kind, values: new Float64Array(n), nulls: undefined };
  }
  const vector = out as NumberVector;
  vector.kind = kind;
  vector.nulls?.fill(0, 0, n);
  return vector;
}

function decodeNumbers(
  batch: Batch,
  column: number,
  type: NumberVector["kind"],
  rows: Int32Array,
  n: number,
  failed: number[],
  out: Vector | undefined,
): NumberVector {
  const vector = numberVector(type, n, out);
  const { values } = vector;
  const { bytes, ranges } = batch;
  const stride = batch.columns * 2;
  const offset = column * 2;
  for (let i = 0; i < n; i++) {
    const at = rows[i] * stride + offset;
    const end = ranges[at + 1];
    const value = end < 0 ? undefined : parseValue(bytes, ranges[at], end, type);
    values[i] = value ?? 0;
    if (value !== undefined) continue;
    if (end >= 0) failed.push(i);
    (vector.nulls ??= new Uint8Array(values.length))[i] = 1;
  }
  return vector;
}

/** The number that a field of this type stands for: microseconds, 1 and 0 for a boolean; undefined where it is none. */
export function parseValue(
  bytes: Uint8Array,
  start: number,
  end: number,
  type: NumberVector["kind"],
): number | undefined {
  // NaN is a value of floats only: these say themselves whether it was written.
  if (type === "float") return parseFloatValue(bytes, start, end);
  if (type === "bool") {
    const truth = parseBool(bytes, start, end);
    return truth < 0 ? undefined : truth;
  }
  const value = type === "int" ? parseInteger(bytes, start, end) : parseTimestamp(bytes, start, end);
  return Number.isNaN(value) ? undefined : value;
}

function decodeBigints(
  batch: Batch,
  column: number,
  rows: Int32Array,
  n: number,
  failed: number[],
  out: Vector | undefined,
): BigintVector {
  const reusable = out?.kind === "bigint" && out.values.length >= n;
  const vector: BigintVector = reusable ? out : { kind: "bigint", values: new BigInt64Array(n), nulls: undefined };
  vector.nulls?.fill(0, 0, n);
  const { bytes, ranges } = batch;
  for (let i = 0; i < n; i++) {
    const at = (rows[i] * batch.columns + column) * 2;
    const end = ranges[at + 1];
    const value = end < 0 ? undefined : parseBigint(bytes, ranges[at], end);
    vector.values[i] = value ?? 0n;
    if (value !== undefined) continue;
    if (end >= 0) failed.push(i);
    (vector.nulls ??= new Uint8Array(vector.values.length))[i] = 1;
  }
  return vector;
}
