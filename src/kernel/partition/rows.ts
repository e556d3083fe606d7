/**
 * Writes rows to partitions and reads them again: the contract, and its implementation in TypeScript. What a record is,
 * layout.ts says. Rows are gathered in one block of staging memory per partition, so that a row costs a write to a cache
 * line that is there already; whoever appends takes full blocks away.
 */
import type { Kernel } from "../kernel.ts";
import type { TextVector } from "../vector.ts";
import { LENGTH_NULL, LENGTH_WORD, type RawColumn } from "./layout.ts";
import { PARTITIONS } from "./piece.ts";

/** Staging per partition. All of them: 4 MB, of which one cache line each is in use at a time. */
export const STAGING_BYTES: number = 16 * 1024;

/** Rows that are read at a time: their vectors stay in a cache of 256 KB. */
export const READ_ROWS = 2048;

export interface RowsRead {
  rows: number;
  /** Where the next record begins. */
  next: number;
  /** Valid until the next call. */
  columns: RawColumn[];
}

export interface RowCodec {
  /** `PARTITIONS` blocks of STAGING_BYTES; the first used[p] bytes of block p are whole records. */
  readonly staging: Uint8Array;
  readonly used: Int32Array;
  /** Numbers of one batch, in memory that this codec reaches best: rows and hashes. Valid until a larger batch asks. */
  room(n: number): { rows: Int32Array; hashes: Int32Array };
  /**
   * Appends the rows rows[from..n) to the blocks of their partitions (hashes[i] >>> 24). Stops at the first that does not
   * fit into what is left of its block, and returns its place; n: all are written.
   */
  append(from: number, n: number, rows: Int32Array, hashes: Int32Array, columns: RawColumn[]): number;
  /** Reads up to READ_ROWS records of `block` from byte `from` on. `isText`: by column. */
  read(block: Uint8Array, from: number, isText: boolean[]): RowsRead;
}

/** The codec that goes with a kernel. */
export function rowsOf(kernel: Kernel): RowCodec {
  return kernel.rows?.() ?? new ScalarRows();
}

/** Bytes of the record of one row. */
function recordBytes(columns: RawColumn[], row: number): number {
  let bytes = 0;
  for (const { text, nulls } of columns) {
    if (text === undefined) bytes += nulls !== undefined && nulls[row] !== 0 ? 1 : 9;
    else {
      const length = text.ends[row] - text.starts[row];
      bytes += text.ends[row] < 0 ? 1 : length < LENGTH_WORD ? 1 + length : 5 + length;
    }
  }
  return bytes;
}

/** The record of one row by itself: of rows that are larger than a block. */
export function recordOf(columns: RawColumn[], row: number): Uint8Array {
  const record = new Uint8Array(recordBytes(columns, row));
  writeRecord(columns, row, record, new DataView(record.buffer), 0);
  return record;
}

function writeRecord(columns: RawColumn[], row: number, out: Uint8Array, view: DataView, from: number): number {
  let at = from;
  for (const { text, eight, nulls } of columns) {
    if (text !== undefined) at = writeText(text, row, out, view, at);
    else if (nulls !== undefined && nulls[row] !== 0) out[at++] = 0;
    else {
      out[at++] = 1;
      if (eight instanceof BigInt64Array) view.setBigInt64(at, eight[row], true);
      else view.setFloat64(at, eight[row], true);
      at += 8;
    }
  }
  return at;
}

function writeText(text: TextVector, row: number, out: Uint8Array, view: DataView, from: number): number {
  const start = text.starts[row];
  const end = text.ends[row];
  let at = from;
  if (end < 0) {
    out[at++] = LENGTH_NULL;
    return at;
  }
  const length = end - start;
  if (length < LENGTH_WORD) out[at++] = length;
  else {
    out[at] = LENGTH_WORD;
    view.setUint32(at + 1, length, true);
    at += 5;
  }
  if (length > 64) out.set(text.bytes.subarray(start, end), at);
  else for (let i = 0; i < length; i++) out[at + i] = text.bytes[start + i];
  return at + length;
}

/** One column while it is read. */
interface Target {
  starts: Int32Array;
  ends: Int32Array;
  eight: Float64Array;
  /** The same memory. */
  words: Int32Array;
  nulls: Uint8Array;
}

export class ScalarRows implements RowCodec {
  readonly staging: Uint8Array;
  readonly used: Int32Array;
  readonly #view: DataView;
  #rows: Int32Array = new Int32Array(0);
  #hashes: Int32Array = new Int32Array(0);
  readonly #targets: Target[] = [];

  /** `memory`: staging that another codec shares. */
  constructor(memory?: { staging: Uint8Array; used: Int32Array }) {
    this.staging = memory?.staging ?? new Uint8Array(PARTITIONS * STAGING_BYTES);
    this.used = memory?.used ?? new Int32Array(PARTITIONS);
    this.#view = new DataView(this.staging.buffer, this.staging.byteOffset, this.staging.byteLength);
  }

  room(n: number): { rows: Int32Array; hashes: Int32Array } {
    if (this.#rows.length < n) {
      this.#rows = new Int32Array(n * 2);
      this.#hashes = new Int32Array(n * 2);
    }
    return { rows: this.#rows, hashes: this.#hashes };
  }

  append(from: number, n: number, rows: Int32Array, hashes: Int32Array, columns: RawColumn[]): number {
    const { staging, used } = this;
    for (let i = from; i < n; i++) {
      const partition = hashes[i] >>> 24;
      if (recordBytes(columns, rows[i]) > STAGING_BYTES - used[partition]) return i;
      const block = partition * STAGING_BYTES;
      used[partition] = writeRecord(columns, rows[i], staging, this.#view, block + used[partition]) - block;
    }
    return n;
  }

  read(block: Uint8Array, from: number, isText: boolean[]): RowsRead {
    while (this.#targets.length < isText.length) this.#targets.push(createTarget());
    const view = new DataView(block.buffer, block.byteOffset, block.byteLength);
    const targets = this.#targets;
    const nulls = isText.map(() => false);
    let at = from;
    let rows = 0;
    for (; rows < READ_ROWS && at < block.length; rows++) {
      for (let c = 0; c < isText.length; c++) {
        const target = targets[c];
        const head = block[at++];
        if (!isText[c]) {
          target.nulls[rows] = 1 - head;
          if (head === 0) nulls[c] = true;
          else {
            // By words: through a double, an integer could come out as another NaN.
            target.words[rows * 2] = view.getInt32(at, true);
            target.words[rows * 2 + 1] = view.getInt32(at + 4, true);
            at += 8;
          }
        } else if (head === LENGTH_NULL) {
          target.starts[rows] = at;
          target.ends[rows] = -1;
        } else {
          const length = head === LENGTH_WORD ? view.getUint32(at, true) : head;
          if (head === LENGTH_WORD) at += 4;
          target.starts[rows] = at;
          at += length;
          target.ends[rows] = at;
        }
      }
    }
    const columns = isText.map((text, c): RawColumn => {
      const { starts, ends, eight, nulls: flags } = targets[c];
      return text
        ? { text: { kind: "text", bytes: block, starts, ends } }
        : { eight, nulls: nulls[c] ? flags : undefined };
    });
    return { rows, next: at, columns };
  }
}

function createTarget(): Target {
  const eight = new Float64Array(READ_ROWS);
  return {
    starts: new Int32Array(READ_ROWS),
    ends: new Int32Array(READ_ROWS),
    eight,
    words: new Int32Array(eight.buffer),
    nulls: new Uint8Array(READ_ROWS),
  };
}
