/**
 * The rows of a batch that are still in the game, and their columns. Rows are indexes into the batch, ascending; nothing is done
 * per row that nobody asks for: columns are decoded, byte offsets computed, texts numbered when they are needed. One selection a
 * pipeline, used again for each batch: what it gives out is valid until rows leave it.
 */
import type { Batch, Rejected } from "../input/batch.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type { Vector } from "../kernel/vector.ts";
import { DistinctTexts } from "./distinct-texts.ts";
import type { Frame, NumberedTexts } from "./node.ts";
import type { Plan } from "./plan.ts";

/** A wanted column: its vector for the rows as they were at a version of the selection. */
interface Slot {
  vector: Vector | undefined;
  version: number;
  distinct: DistinctTexts | undefined;
  numbered: NumberedTexts | undefined;
  numberedVersion: number;
}

export class Selection implements Frame {
  readonly kernel: Kernel;
  readonly #columns: Plan["schema"]["columns"];
  readonly wanted: number[];
  /** Where in `wanted` a column is, by its name. */
  readonly #slotOf: Map<string, number>;
  readonly #slots: Slot[];
  #batch: Batch | undefined;
  n = 0;
  rows: Int32Array;
  /** 0, 1, 2, …: all rows of a batch. */
  #all: Int32Array;
  #some: Int32Array;
  /** For whoever chooses among the rows: as long as the selection, at least. */
  matches: Int32Array;
  /** Goes up when rows leave. */
  #version = 0;
  #offsets: Float64Array = new Float64Array(0);
  #offsetsVersion = -1;

  constructor(plan: Plan, wanted: number[], kernel: Kernel) {
    this.kernel = kernel;
    this.wanted = wanted;
    this.#columns = plan.schema.columns;
    this.#slotOf = new Map(wanted.map((column, slot) => [plan.schema.columns[column].name, slot]));
    this.#slots = wanted.map(() => ({
      vector: undefined,
      version: -1,
      distinct: undefined,
      numbered: undefined,
      numberedVersion: -1,
    }));
    this.#all = new Int32Array(0);
    this.#some = new Int32Array(0);
    this.matches = new Int32Array(0);
    this.rows = this.#all;
  }

  get batch(): Batch {
    return this.#batch ?? unreachable();
  }

  /** All rows of a batch. */
  begin(batch: Batch): void {
    this.#batch = batch;
    this.#version++;
    this.n = batch.rows;
    if (this.#all.length < batch.rows) this.#grow(batch.rows);
    this.rows = this.#all;
  }

  #grow(n: number): void {
    const { arrays } = this.kernel;
    const room = (old: Int32Array) => arrays?.ints(n, old.length > 0 ? old : undefined) ?? new Int32Array(n * 2);
    this.#all = room(this.#all);
    this.#some = room(this.#some);
    this.matches = room(this.matches);
    for (let row = 0; row < this.#all.length; row++) this.#all[row] = row;
  }

  /** Keeps the rows at these places of the selection: the first `n` of `matches`. */
  keep(n: number): void {
    if (n === this.n) return;
    const { matches } = this;
    const some = this.#some;
    // Ascending: a place is read before it is written.
    if (this.rows === this.#all) some.set(matches.subarray(0, n));
    else for (let i = 0; i < n; i++) some[i] = some[matches[i]];
    this.rows = some;
    this.n = n;
    this.#version++;
  }

  /** Absolute offsets of the rows, computed for who looks. */
  get offsets(): Float64Array {
    if (this.#offsetsVersion === this.#version) return this.#offsets;
    if (this.#offsets.length < this.n) {
      const old = this.#offsets.length > 0 ? this.#offsets : undefined;
      this.#offsets = this.kernel.arrays?.doubles(this.n, old) ?? new Float64Array(this.n * 2);
    }
    const { base, starts } = this.batch;
    const { rows } = this;
    const offsets = this.#offsets;
    for (let i = 0; i < this.n; i++) offsets[i] = base + starts[rows[i]];
    this.#offsetsVersion = this.#version;
    return offsets;
  }

  offsetOf(i: number): number {
    return this.batch.base + this.batch.starts[this.rows[i]];
  }

  /** Decodes the columns that are needed now; rows with a field that does not parse leave the selection. */
  decode(names: readonly string[], onReject: (rejected: Rejected) => void): void {
    while (this.n > 0) {
      const bad = new Map<number, Rejected>();
      for (const name of names) this.#decodeColumn(name, bad);
      if (bad.size === 0) return;
      let n = 0;
      for (let i = 0; i < this.n; i++) {
        const rejected = bad.get(i);
        if (rejected) onReject(rejected);
        else this.matches[n++] = i;
      }
      this.keep(n);
    }
  }

  #decodeColumn(name: string, bad: Map<number, Rejected>): void {
    const at = this.#slotOf.get(name) ?? unreachable();
    const slot = this.#slots[at];
    if (slot.version === this.#version) return;
    const { type } = this.#columns[this.wanted[at]];
    const decoded = this.kernel.decode(this.batch, at, type, this.rows, this.n, slot.vector);
    slot.vector = decoded.vector;
    slot.version = this.#version;
    for (const { index, rejected } of decoded.bad) {
      if (!bad.has(index)) bad.set(index, { ...rejected, message: `column ${name}: ${rejected.message}` });
    }
  }

  column(name: string): Vector {
    const slot = this.#slots[this.#slotOf.get(name) ?? unreachable()];
    return slot.version === this.#version ? slot.vector! : unreachable();
  }

  numbered(name: string): NumberedTexts | undefined {
    const slot = this.#slots[this.#slotOf.get(name) ?? unreachable()];
    if (slot.numberedVersion !== this.#version) {
      slot.numberedVersion = this.#version;
      slot.numbered = this.#number(slot);
    }
    return slot.numbered;
  }

  #number(slot: Slot): NumberedTexts | undefined {
    const { vector } = slot;
    if (vector?.kind !== "text" || slot.version !== this.#version) return undefined;
    if (slot.distinct === undefined) {
      const interner = this.kernel.interner?.();
      if (interner === undefined) return undefined;
      slot.distinct = new DistinctTexts(interner);
    }
    const numbers = slot.distinct.numbersOf(vector, this.n);
    return numbers && { numbers, distinct: slot.distinct };
  }
}

function unreachable(): never {
  throw new Error("a column was read that was not decoded");
}
