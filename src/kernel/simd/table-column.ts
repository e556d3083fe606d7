/**
 * One column of a result table in the kernel's memory: it takes rows of result vectors of any kind, and turns to plain
 * JavaScript values where they do not fit together. Text lies as it came: `starts` and `ends` say where.
 */
import { cellOf, type NumberColumn, type ResultVector, type TextColumn, valuesOf, vectorOf } from "../columns.ts";
import type { KernelInstance } from "./instance.ts";

/** The kernel reads text up to 15 bytes beyond its end. */
const TEXT_SLACK = 64;

interface TextFunctions {
  textExtent(starts: number, ends: number, nulls: number, n: number, out: number): void;
  shiftWords(words: number, n: number, shift: number): void;
}

/** Memory that nobody touches costs nothing, and copying does. */
const GROWTH = 3;

/** A block of the kernel's memory that grows. */
class Block {
  at = 0;
  capacity = 0;
  readonly #kernel: KernelInstance;

  constructor(kernel: KernelInstance) {
    this.#kernel = kernel;
  }

  /** Keeps the first `used` bytes. */
  reserve(used: number, bytes: number): void {
    if (bytes <= this.capacity) return;
    const capacity = Math.max(bytes, this.capacity * GROWTH, 4096);
    const at = this.#kernel.alloc(capacity + TEXT_SLACK);
    if (used > 0) this.#kernel.bytes.copyWithin(at, this.at, this.at + used);
    if (this.at !== 0) this.#kernel.free(this.at);
    this.at = at;
    this.capacity = capacity;
  }

  free(): void {
    if (this.at !== 0) this.#kernel.free(this.at);
    this.at = 0;
    this.capacity = 0;
  }
}

export class TableColumn {
  kind: ResultVector["kind"] | undefined;
  hasNulls = false;
  /** Where `kind` is values. */
  values: unknown[] = [];
  /** Numbers, or where texts start. */
  readonly first: Block;
  readonly ends: Block;
  readonly nulls: Block;
  readonly text: Block;
  #textUsed = 0;
  #rows = 0;
  readonly #kernel: KernelInstance;

  constructor(kernel: KernelInstance) {
    this.#kernel = kernel;
    this.first = new Block(kernel);
    this.ends = new Block(kernel);
    this.nulls = new Block(kernel);
    this.text = new Block(kernel);
  }

  get bytes(): number {
    const each = this.kind === "text" ? 9 : this.kind === "values" ? 64 : 9;
    return this.#rows * each + this.#textUsed;
  }

  clear(): void {
    this.kind = undefined;
    this.hasNulls = false;
    this.values = [];
    this.#textUsed = 0;
    this.#rows = 0;
  }

  /** Gives the memory back; the column is of no use afterwards. */
  free(): void {
    for (const block of [this.first, this.ends, this.nulls, this.text]) block.free();
  }

  /** So many nulls, in a column that has no rows yet. */
  addBlank(rows: number): void {
    const none = new Uint32Array(rows);
    const nulls = new Uint8Array(rows).fill(1);
    this.add({ kind: "text", bytes: new Uint8Array(0), starts: none, ends: none, nulls }, 0, rows);
  }

  add(vector: ResultVector, from: number, to: number): void {
    if (to === from) return;
    const fitting = this.#fit(vector, from, to);
    if (this.kind === "values") {
      for (const value of valuesOf(fitting.vector, fitting.from, fitting.to)) this.values.push(value);
    } else if (fitting.vector.kind === "text") this.#addText(fitting.vector, fitting.from, fitting.to);
    else if (fitting.vector.kind !== "values") this.#addNumbers(fitting.vector, fitting.from, fitting.to);
    this.#rows += to - from;
  }

  /** Settles the kind of this column: the first one's, while all that comes can be it. */
  #fit(vector: ResultVector, from: number, to: number): { vector: ResultVector; from: number; to: number } {
    if (this.kind === undefined) this.kind = vector.kind;
    else if (this.kind !== "values" && !isAlike(this.kind, vector.kind)) {
      if (vector.kind === "values") {
        const isNumber = this.kind === "int" || this.kind === "float" || this.kind === "timestamp";
        const typed = vectorOf(vector.values.slice(from, to), isNumber ? (this.kind as NumberColumn["kind"]) : "float");
        if (isAlike(this.kind, typed.kind)) return { vector: typed, from: 0, to: to - from };
      }
      this.#becomeValues();
    }
    return { vector, from, to };
  }

  #becomeValues(): void {
    this.values = valuesOf(this.vector(), 0, this.#rows);
    this.kind = "values";
    this.#textUsed = 0;
  }

  /** The rows as they were added; views of the kernel's memory, valid until the next change. */
  vector(): ResultVector {
    const { kind } = this;
    const n = this.#rows;
    if (kind === "values" || kind === undefined) return { kind: "values", values: this.values };
    const { buffer } = this.#kernel.memory;
    const nulls = this.hasNulls ? new Uint8Array(buffer, this.nulls.at, n) : undefined;
    if (kind === "text") {
      const starts = new Uint32Array(buffer, this.first.at, n);
      const ends = new Uint32Array(buffer, this.ends.at, n);
      return { kind, bytes: new Uint8Array(buffer, this.text.at, this.#textUsed), starts, ends, nulls };
    }
    if (kind === "bigint") return { kind, values: new BigInt64Array(buffer, this.first.at, n), nulls };
    return { kind, values: new Float64Array(buffer, this.first.at, n), nulls };
  }

  #addNulls(nulls: Uint8Array | undefined, from: number, to: number): void {
    const rows = this.#rows;
    if (nulls === undefined && !this.hasNulls) return;
    this.nulls.reserve(this.hasNulls ? rows : 0, rows + to - from);
    const own = this.#kernel.bytes;
    if (!this.hasNulls) own.fill(0, this.nulls.at, this.nulls.at + rows);
    this.hasNulls = true;
    const at = this.nulls.at + rows;
    if (nulls) own.set(nulls.subarray(from, to), at);
    else own.fill(0, at, at + to - from);
  }

  #addNumbers(vector: Exclude<ResultVector, TextColumn | { kind: "values" }>, from: number, to: number): void {
    this.#addNulls(vector.nulls, from, to);
    this.first.reserve(this.#rows * 8, (this.#rows + to - from) * 8);
    const { values } = vector;
    const bytes = new Uint8Array(values.buffer, values.byteOffset + from * 8, (to - from) * 8);
    this.#kernel.bytes.set(bytes, this.first.at + this.#rows * 8);
  }

  #addText(vector: TextColumn, from: number, to: number): void {
    this.#addNulls(vector.nulls, from, to);
    const rows = this.#rows;
    const n = to - from;
    this.first.reserve(rows * 4, (rows + n) * 4);
    this.ends.reserve(rows * 4, (rows + n) * 4);
    const { buffer } = this.#kernel.memory;
    const starts = this.first.at + rows * 4;
    const ends = this.ends.at + rows * 4;
    new Uint32Array(buffer, starts, n).set(vector.starts.subarray(from, to));
    new Uint32Array(buffer, ends, n).set(vector.ends.subarray(from, to));
    const { low, high, sum } = this.#extent(starts, ends, vector.nulls ? this.nulls.at + rows : 0, n);
    if (high - low > sum * 2 + TEXT_SLACK) return this.#addScattered(vector, from, to, sum);
    this.text.reserve(this.#textUsed, this.#textUsed + high - low);
    this.#kernel.bytes.set(vector.bytes.subarray(low, high), this.text.at + this.#textUsed);
    const { shiftWords } = this.#kernel.functions<TextFunctions>();
    shiftWords(starts, n, this.#textUsed - low);
    shiftWords(ends, n, this.#textUsed - low);
    if (vector.nulls) {
      const { buffer: grown } = this.#kernel.memory;
      blank(new Uint32Array(grown, starts, n), new Uint32Array(grown, ends, n), vector.nulls, from);
    }
    this.#textUsed += high - low;
  }

  #extent(starts: number, ends: number, nulls: number, n: number): { low: number; high: number; sum: number } {
    const out = this.#kernel.alloc(16);
    this.#kernel.functions<TextFunctions>().textExtent(starts, ends, nulls, n, out);
    const low = this.#kernel.words[out / 4] >>> 0;
    const high = this.#kernel.words[out / 4 + 1] >>> 0;
    const sum = this.#kernel.floats[out / 8 + 1];
    this.#kernel.free(out);
    return { low, high, sum };
  }

  /** Texts that lie far apart are copied one by one. */
  #addScattered(vector: TextColumn, from: number, to: number, sum: number): void {
    this.text.reserve(this.#textUsed, this.#textUsed + sum);
    const { buffer } = this.#kernel.memory;
    const starts = new Uint32Array(buffer, this.first.at + this.#rows * 4, to - from);
    const ends = new Uint32Array(buffer, this.ends.at + this.#rows * 4, to - from);
    const source = Buffer.from(vector.bytes.buffer, vector.bytes.byteOffset, vector.bytes.length);
    const target = this.#kernel.bytes;
    for (let i = from; i < to; i++) {
      starts[i - from] = this.#textUsed;
      if (!vector.nulls?.[i]) {
        source.copy(target, this.text.at + this.#textUsed, vector.starts[i], vector.ends[i]);
        this.#textUsed += vector.ends[i] - vector.starts[i];
      }
      ends[i - from] = this.#textUsed;
    }
  }
}

/** Null has no text. */
function blank(starts: Uint32Array, ends: Uint32Array, nulls: Uint8Array, from: number): void {
  for (let i = 0; i < starts.length; i++) {
    if (nulls[from + i] === 0) continue;
    starts[i] = 0;
    ends[i] = 0;
  }
}

/** Columns of numbers are one kind of column; what they mean is the plan's affair. */
function isAlike(a: ResultVector["kind"], b: ResultVector["kind"]): boolean {
  return a === b || (isNumbers(a) && isNumbers(b));
}

function isNumbers(kind: ResultVector["kind"]): boolean {
  return kind === "int" || kind === "float" || kind === "timestamp";
}

/** The rows as JavaScript values. */
export function cellsOf(column: TableColumn, n: number): unknown[] {
  const vector = column.vector();
  return Array.from({ length: n }, (_, i) => cellOf(vector, i));
}
