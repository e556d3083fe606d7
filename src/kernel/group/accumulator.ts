/**
 * The contract of one aggregate over all groups of a grouping, column at a time. State lies in arrays by group number.
 * Laws, tested as properties: merging is associative and commutative, an empty partial changes nothing, and the result
 * does not depend on how rows were split between accumulators, to the last byte.
 */
import { UsageError } from "../../base/errors.ts";
import type { ByteReader, ByteWriter } from "../../sketch/bytes.ts";
import type { ResultVector } from "../columns.ts";
import type { RowOrder, Vector } from "../vector.ts";

export interface Accumulator {
  /** Room for groups 0..count-1; new ones are zero. Called before step and merge. */
  grow(count: number): void;
  /** Folds n rows; groups[i] is the group of row i. */
  step(groups: Int32Array, n: number, inputs: Vector[], order: RowOrder): void;
  /** The state of these groups, in this order. */
  write(writer: ByteWriter, groups: Int32Array): void;
  /** Folds what `write` wrote; map[i] is the group here of the i-th group there. */
  merge(reader: ByteReader, map: Int32Array): void;
  finish(group: number): unknown;
  /** The same for many groups as a typed column, where that is cheaper. */
  vector?(groups: Int32Array): ResultVector | undefined;
  /** Forgets everything and keeps the memory; without it, a new accumulator takes its place. */
  clear?(): void;
  /** Memory of tables and objects, about, beside the arrays. */
  readonly bytes?: number;
}

/** The one place that says which input is missing, so that no aggregate reads undefined. */
export function inputOf(inputs: Vector[], op: string): Vector {
  const input = inputs[0];
  if (input === undefined) {
    throw new UsageError("ERR_AGGREGATE_INPUT", `${op} needs a column or expression`, {
      hint: `write ${op}(column)`,
    });
  }
  return input;
}

function notANumber(op: string, found: unknown): UsageError {
  const shown = typeof found === "string" ? `the text ${JSON.stringify(found.slice(0, 40))}` : typeof found;
  return new UsageError("ERR_AGGREGATE_INPUT", `${op} needs numbers and found ${shown}`, {
    hint: "declare the column's type (name:int, name:float) or convert the value first",
  });
}

let scratchValues = new Float64Array(1024);
let scratchNulls = new Uint8Array(1024);

/** Any numeric vector as doubles: bool as 0 and 1, timestamps and dates as microseconds, bigint rounded. Valid until the next call. */
export function doubles(
  vector: Vector,
  n: number,
  op: string,
): { values: Float64Array; nulls: Uint8Array | undefined } {
  if (vector.kind === "text") {
    for (let i = 0; i < n; i++) if (vector.ends[i] >= 0) throw notANumber(op, "");
  } else if (vector.kind !== "bigint" && vector.kind !== "values") return vector;
  if (n > scratchValues.length) {
    scratchValues = new Float64Array(n * 2);
    scratchNulls = new Uint8Array(n * 2);
  }
  for (let i = 0; i < n; i++) {
    const value =
      vector.kind === "text" ? null : vector.kind === "bigint" && vector.nulls?.[i] ? null : vector.values[i];
    const number = toDouble(value, op);
    scratchNulls[i] = number === undefined ? 1 : 0;
    scratchValues[i] = number ?? 0;
  }
  return { values: scratchValues, nulls: scratchNulls };
}

function toDouble(value: unknown, op: string): number | undefined {
  if (value === null || value === undefined) return undefined;
  if (typeof value === "number") return value;
  if (typeof value === "bigint" || typeof value === "boolean") return Number(value);
  if (!(value instanceof Date)) throw notANumber(op, value);
  const time = value.getTime();
  return Number.isNaN(time) ? undefined : time * 1000;
}

/** Counts of groups as a column of a result. */
export function countsOf(counts: Float64Array, groups: Int32Array): ResultVector {
  const values = new Float64Array(groups.length);
  for (let i = 0; i < values.length; i++) values[i] = counts[groups[i]];
  return { kind: "int", values, nulls: undefined };
}
