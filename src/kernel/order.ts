/** The one order of values, and of rows of typed columns by it: false before true, numbers by value (NaN last), text by code points, null last. */
import { cellOf, type ResultVector, type TextColumn } from "./columns.ts";

/** One column that rows are sorted by. Null is last in both directions. */
export interface OrderColumn {
  column: number;
  descending: boolean;
}

const ranks: Record<string, number> = { boolean: 0, number: 1, bigint: 1, string: 2, object: 3 };

/** The one order of values: false before true, numbers by value (NaN last), text by code points, null last. */
export function compareValues(a: unknown, b: unknown): number {
  if (a == null || b == null) return Number(a == null) - Number(b == null);
  if (a instanceof Date) a = a.getTime();
  if (b instanceof Date) b = b.getTime();
  const rank = ranks[typeof a] - ranks[typeof b];
  if (rank !== 0) return rank;
  if (typeof a === "string") return compareText(a, b as string);
  if (typeof a === "object") return compareText(JSON.stringify(a), JSON.stringify(b));
  const x = a as number;
  const y = b as number;
  return x < y ? -1 : x > y ? 1 : x === y ? 0 : Number(Number.isNaN(x)) - Number(Number.isNaN(y));
}

/** By code points, which is the order of UTF-8 bytes; `<` compares UTF-16 units and differs where surrogates are. */
function compareText(a: string, b: string): number {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    let x = a.charCodeAt(i);
    let y = b.charCodeAt(i);
    if (x === y) continue;
    // Surrogates stand for code points above all others of the basic plane.
    if (x >= 0xd800 && y >= 0xd800) {
      x += x >= 0xe000 ? -0x800 : 0x2000;
      y += y >= 0xe000 ? -0x800 : 0x2000;
    }
    return x - y;
  }
  return a.length - b.length;
}

/** Row i of a against row j of b, which have the same columns. */
export function compareRows(a: ResultVector[], i: number, b: ResultVector[], j: number, order: OrderColumn[]): number {
  for (const { column, descending } of order) {
    const by = compareCells(a[column], i, b[column], j, descending);
    if (by !== 0) return by;
  }
  return 0;
}

function compareCells(a: ResultVector, i: number, b: ResultVector, j: number, descending: boolean): number {
  const isNull = Number(isNullAt(a, i)) - Number(isNullAt(b, j));
  if (isNull !== 0) return isNull;
  if (isNullAt(a, i)) return 0;
  const by =
    a.kind === "text" && b.kind === "text" ? compareBytes(a, i, b, j) : compareValues(cellOf(a, i), cellOf(b, j));
  return descending ? -by : by;
}

function isNullAt(vector: ResultVector, i: number): boolean {
  if (vector.kind === "values") return vector.values[i] == null;
  return vector.nulls !== undefined && vector.nulls[i] !== 0;
}

function compareBytes(a: TextColumn, i: number, b: TextColumn, j: number): number {
  let at = a.starts[i];
  let other = b.starts[j];
  const end = a.ends[i];
  const otherEnd = b.ends[j];
  for (; at < end && other < otherEnd; at++, other++) {
    const by = a.bytes[at] - b.bytes[other];
    if (by !== 0) return by;
  }
  return end - at - (otherEnd - other);
}
