/**
 * Rows of results that are gathered, sorted and handed on as typed columns: the contract, and its scalar twin, which
 * keeps JavaScript values. The other implementation works in WebAssembly memory (simd/result-table.ts).
 */
import { type NumberColumn, type ResultVector, valuesOf, vectorOf } from "./columns.ts";
import { compareValues, type OrderColumn } from "./order.ts";

export interface ResultTable {
  readonly rows: number;
  /** What the rows take, about. */
  readonly bytes: number;
  /** Copies rows from..to. All calls bring the same columns; their kinds may differ. */
  add(vectors: ResultVector[], from: number, to: number): void;
  /** Ties stay in the order in which they were added. */
  sort(order: OrderColumn[]): void;
  /** Rows from..to in the sorted order, or as they were added; copies, in shared memory where they are no `values`. */
  take(from: number, to: number): ResultVector[];
  /** The same, in memory that is not shared: whoever took them gives it back. */
  takeOwn(from: number, to: number): ResultVector[];
  /** Forgets the rows and keeps the memory. */
  clear(): void;
  /** Gives the memory back; the table may not be used any more. */
  close(): void;
}

export class ScalarTable implements ResultTable {
  rows = 0;
  bytes = 0;
  #columns: { kind: NumberColumn["kind"]; values: unknown[] }[] = [];
  #order: Uint32Array | undefined;

  add(vectors: ResultVector[], from: number, to: number): void {
    if (this.#columns.length === 0) this.#columns = vectors.map(() => ({ kind: "float", values: [] }));
    vectors.forEach((vector, c) => {
      const column = this.#columns[c];
      if (vector.kind === "int" || vector.kind === "timestamp") column.kind = vector.kind;
      for (const value of valuesOf(vector, from, to)) column.values.push(value);
    });
    this.rows += to - from;
    this.bytes += (to - from) * vectors.length * SCALAR_CELL_BYTES;
  }

  sort(order: OrderColumn[]): void {
    const columns = order.map(({ column }) => this.#columns[column].values);
    this.#order = Uint32Array.from({ length: this.rows }, (_, i) => i).sort((left, right) => {
      for (let k = 0; k < order.length; k++) {
        const a = columns[k][left];
        const b = columns[k][right];
        const by = compareValues(a, b);
        if (by !== 0) return order[k].descending && a != null && b != null ? -by : by;
      }
      return left - right;
    });
  }

  take(from: number, to: number): ResultVector[] {
    return this.#columns.map(({ kind, values }) => {
      const taken = this.#order ? Array.from(this.#order.subarray(from, to), (i) => values[i]) : values.slice(from, to);
      return vectorOf(taken, kind);
    });
  }

  takeOwn(from: number, to: number): ResultVector[] {
    return this.take(from, to);
  }

  clear(): void {
    this.rows = 0;
    this.bytes = 0;
    this.#columns = [];
    this.#order = undefined;
  }

  close(): void {
    this.clear();
  }
}

/** A value in an array, with its part of a heap object. */
const SCALAR_CELL_BYTES = 32;
