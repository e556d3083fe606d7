/**
 * Columns of values for a run of rows: what filters, keys and aggregates work on. Row i of every vector of one step is
 * the same record. Vectors are reused: valid until the next batch.
 */

/** UTF-8 text as byte ranges: bytes[starts[i]..ends[i]]; ends[i] === -1 is null. */
export interface TextVector {
  kind: "text";
  bytes: Uint8Array;
  starts: Int32Array;
  ends: Int32Array;
}

/** int (safe integers), float, bool (0/1) or timestamp (microseconds since the epoch, integral: exact up to 2^53). */
export interface NumberVector {
  kind: "int" | "float" | "bool" | "timestamp";
  values: Float64Array;
  /** 1 where the value is null; undefined: no nulls. */
  nulls: Uint8Array | undefined;
}

export interface BigintVector {
  kind: "bigint";
  values: BigInt64Array;
  nulls: Uint8Array | undefined;
}

/** Computed values: strings, or anything that user functions return. null and undefined are null. Dates are timestamps. */
export interface ValueVector {
  kind: "values";
  values: unknown[];
}

export type Vector = TextVector | NumberVector | BigintVector | ValueVector;

/** Where each row of a step came from, for tie-breaking by file and byte offset. */
export interface RowOrder {
  /** Index of the input file in the job's list. */
  file: number;
  /** Per row: absolute byte offset of its record. Rows made from one record (flatMap) share it. */
  offsets: Float64Array;
}
