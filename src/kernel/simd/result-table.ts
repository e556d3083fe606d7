/** The result table in WebAssembly memory: see result-table.ts for the contract, assembly/sort.ts for how it sorts. */
import { mapBytes } from "../../base/pages.ts";
import type { BigintColumn, NumberColumn, ResultVector } from "../columns.ts";
import { compareValues, type OrderColumn } from "../order.ts";
import type { ResultTable } from "../result-table.ts";
import { KernelInstance } from "./instance.ts";
import { cellsOf, TableColumn } from "./table-column.ts";

interface SortFunctions {
  sortRows(columns: number, count: number, n: number, out: number): void;
  textLength(starts: number, ends: number, order: number, n: number): number;
  gatherText(starts: number, ends: number, bytes: number, order: number, n: number, out: number, offsets: number): void;
  gather64(values: number, order: number, n: number, out: number): void;
  gather8(values: number, order: number, n: number, out: number): void;
}

const KIND = { text: 0, double: 1, long: 2 } as const;
const COLUMN_WORDS = 8;
const LONG_MIN = -(2n ** 63n);
const LONG_MAX = 2n ** 63n - 1n;
const TEXT_SLACK = 64;

export class SimdTable implements ResultTable {
  readonly kernel: KernelInstance = new KernelInstance();
  readonly columns: TableColumn[] = [];
  rows = 0;
  /** Address of the row numbers in order; 0: as they were added. */
  #order = 0;
  #functions: SortFunctions = this.kernel.functions<SortFunctions>();

  get bytes(): number {
    return this.columns.reduce((sum, column) => sum + column.bytes, 0);
  }

  add(vectors: ResultVector[], from: number, to: number): void {
    this.#dropOrder();
    while (this.rows === 0 && this.columns.length > vectors.length) this.columns.pop()!.free();
    while (this.columns.length < vectors.length) this.columns.push(new TableColumn(this.kernel));
    vectors.forEach((vector, c) => {
      this.columns[c].add(vector, from, to);
    });
    this.rows += to - from;
  }

  clear(): void {
    this.#dropOrder();
    for (const column of this.columns) column.clear();
    this.rows = 0;
  }

  close(): void {
    this.kernel.close();
  }

  #dropOrder(): void {
    if (this.#order !== 0) this.kernel.free(this.#order);
    this.#order = 0;
  }

  sort(order: OrderColumn[]): void {
    this.#dropOrder();
    const { kernel, rows } = this;
    const described = kernel.alloc(Math.max(1, order.length) * COLUMN_WORDS * 4);
    const borrowed: number[] = [];
    order.forEach(({ column, descending }, k) => {
      const words = this.#describe(this.columns[column], borrowed);
      words[1] = descending ? 1 : 0;
      kernel.words.set(words, described / 4 + k * COLUMN_WORDS);
    });
    const out = kernel.alloc(rows * 4 + 16);
    this.#functions.sortRows(described, order.length, rows, out);
    for (const at of borrowed) kernel.free(at);
    kernel.free(described);
    this.#order = out;
  }

  #describe(column: TableColumn, borrowed: number[]): number[] {
    const nulls = column.hasNulls ? column.nulls.at : 0;
    if (column.kind === "text") {
      return [KIND.text, 0, nulls, column.first.at, column.ends.at, column.text.at, 0, 0];
    }
    if (column.kind !== "values" && !hasExtremes(column.vector() as NumberColumn | BigintColumn)) {
      const kind = column.kind === "bigint" ? KIND.long : KIND.double;
      return [kind, 0, nulls, column.first.at, 0, 0, 0, 0];
    }
    const at = this.kernel.alloc(this.rows * 8 + 16);
    const flags = this.kernel.alloc(this.rows + 16);
    borrowed.push(at, flags);
    const cells = cellsOf(column, this.rows);
    this.kernel.doubles(at, this.rows).set(ranksOf(cells));
    this.kernel.bytes.set(
      cells.map((cell) => (cell == null ? 1 : 0)),
      flags,
    );
    return [KIND.double, 0, flags, at, 0, 0, 0, 0];
  }

  /** Address of the row numbers in order. */
  orderAt(): number {
    if (this.#order !== 0) return this.#order;
    this.#order = this.kernel.alloc(this.rows * 4 + 16);
    const order = new Uint32Array(this.kernel.memory.buffer, this.#order, this.rows);
    for (let i = 0; i < order.length; i++) order[i] = i;
    return this.#order;
  }

  /** All columns in one block of shared memory: a message names it once, and each further block would cost as much again. */
  take(from: number, to: number): ResultVector[] {
    const block = new SharedArrayBuffer(this.#bytesOf(from, to));
    let at = 0;
    return this.#take(from, to, (bytes) => {
      const room = new Uint8Array(block, at, bytes);
      at += aligned(bytes);
      return room;
    });
  }

  takeOwn(from: number, to: number): ResultVector[] {
    return this.#take(from, to, mapBytes);
  }

  /** What the arrays of rows from..to take. */
  #bytesOf(from: number, to: number): number {
    const n = to - from;
    const order = this.orderAt() + from * 4;
    let bytes = 0;
    for (const { kind, hasNulls, first, ends } of this.columns) {
      if (kind === "values" || kind === undefined) continue;
      if (hasNulls) bytes += aligned(n);
      if (kind !== "text") bytes += n * 8;
      else bytes += aligned(this.#functions.textLength(first.at, ends.at, order, n)) + aligned(n * 4 + 4);
    }
    return bytes;
  }

  #take(from: number, to: number, room: Room): ResultVector[] {
    const order = this.orderAt() + from * 4;
    return this.columns.map((column) => this.#takeColumn(column, order, to - from, room));
  }

  #takeColumn(column: TableColumn, order: number, n: number, room: Room): ResultVector {
    const { kind } = column;
    if (kind === "values" || kind === undefined) {
      const rows = new Uint32Array(this.kernel.memory.buffer, order, n);
      return { kind: "values", values: Array.from(rows, (row) => column.values[row]) };
    }
    const nulls = column.hasNulls
      ? this.#gather(n, room, (out) => this.#functions.gather8(column.nulls.at, order, n, out))
      : undefined;
    if (kind === "text") return this.#takeText(column, order, n, nulls, room);
    const bytes = this.#gather(n * 8, room, (out) => this.#functions.gather64(column.first.at, order, n, out));
    if (kind === "bigint") return { kind, values: new BigInt64Array(bytes.buffer, bytes.byteOffset, n), nulls };
    return { kind, values: new Float64Array(bytes.buffer, bytes.byteOffset, n), nulls };
  }

  #takeText(column: TableColumn, order: number, n: number, nulls: Uint8Array | undefined, room: Room): ResultVector {
    const { first, ends, text } = column;
    const length = this.#functions.textLength(first.at, ends.at, order, n);
    const offsetsAt = this.kernel.alloc(n * 4 + 16);
    const bytes = this.#gather(length, room, (out) =>
      this.#functions.gatherText(first.at, ends.at, text.at, order, n, out, offsetsAt),
    );
    const { buffer, byteOffset } = room(n * 4 + 4);
    const offsets = new Uint32Array(buffer, byteOffset, n + 1);
    offsets.set(new Uint32Array(this.kernel.memory.buffer, offsetsAt, n + 1));
    this.kernel.free(offsetsAt);
    return { kind: "text", bytes, starts: offsets.subarray(0, n), ends: offsets.subarray(1), nulls };
  }

  /** What `fill` writes into a block of the kernel's memory, in a block of its own. */
  #gather(bytes: number, room: Room, fill: (out: number) => void): Uint8Array {
    const out = this.kernel.alloc(bytes + TEXT_SLACK);
    fill(out);
    const copy = room(bytes);
    copy.set(this.kernel.bytes.subarray(out, out + bytes));
    this.kernel.free(out);
    return copy;
  }
}

/** Where the bytes of an array of a column go; at a multiple of eight. */
type Room = (bytes: number) => Uint8Array;

function aligned(bytes: number): number {
  return (bytes + 7) & ~7;
}

/** The words of the smallest and of the largest long are null's. */
function hasExtremes(vector: NumberColumn | BigintColumn): boolean {
  return vector.kind === "bigint" && vector.values.some((value) => value === LONG_MIN || value === LONG_MAX);
}

/** Equal values have equal ranks. */
function ranksOf(values: unknown[]): Float64Array {
  const order = Uint32Array.from(values, (_, i) => i).sort((a, b) => compareValues(values[a], values[b]));
  const ranks = new Float64Array(values.length);
  let rank = 0;
  for (let i = 0; i < order.length; i++) {
    if (i > 0 && compareValues(values[order[i - 1]], values[order[i]]) !== 0) rank = i;
    ranks[order[i]] = rank;
  }
  return ranks;
}
