/** One column as the record reads it (record.ts): for all rows of the selection at once where that pays, from typed arrays. */
import type { Column } from "../input/batch.ts";
import type { Vector } from "../kernel/vector.ts";
import { DistinctTexts } from "./distinct-texts.ts";
import type { Selection } from "./selection.ts";
import { textsOf } from "./vectors.ts";

/** Looked at in more than one of so many rows: reading all of them costs less. */
const ALL_PAYS = 8;

export class RecordColumn {
  readonly column: Column;
  /** Its place in the batch's ranges. */
  readonly slot: number;
  /** The arrays below hold the rows of the selection. */
  isReady = false;
  /** How often the getter was called since `begin`, more or less. */
  looks = 0;
  /** Text: strings[numbers[row]]. */
  numbers: Int32Array = new Int32Array(0);
  strings: (string | null)[] = [];
  /** Numbers: values[row], unless nulls[row]; also where the field does not parse. */
  values: Float64Array = new Float64Array(0);
  nulls: Uint8Array | undefined;
  readonly #selection: Selection;
  #vector: Vector | undefined;
  /** Whether the first look at it should read all. At first nobody knows: one batch is a cheap try. */
  #isWanted = true;
  #rows = 0;
  #distinct: DistinctTexts | undefined;
  #epoch = 0;

  constructor(column: Column, slot: number, selection: Selection) {
    this.column = column;
    this.slot = slot;
    this.#selection = selection;
    const interner = column.type === "text" ? selection.kernel.interner?.() : undefined;
    if (interner) this.#distinct = new DistinctTexts(interner);
    if (column.type === "text" && !interner) this.#isWanted = false;
  }

  begin(): void {
    if (this.#rows > 0) this.#isWanted = this.looks * ALL_PAYS >= this.#rows && this.#canReadAll;
    this.looks = 0;
    this.isReady = false;
    this.#rows = this.#selection.n;
  }

  get #canReadAll(): boolean {
    return this.column.type !== "text" || (this.#distinct !== undefined && !this.#distinct.isGivenUp);
  }

  /** The value of row `at`; undefined: it must be read by itself. */
  read(at: number): unknown {
    this.looks++;
    if (!this.isReady) {
      if (!this.#isWanted || !this.#load()) return undefined;
      this.isReady = true;
    }
    const vector = this.#vector!;
    if (vector.kind === "text") return this.strings[this.numbers[at]];
    if (vector.kind === "values" || vector.nulls?.[at] === 1) return undefined;
    const value = vector.values[at];
    if (vector.kind === "bool") return value === 1;
    if (vector.kind !== "timestamp") return value;
    // Milliseconds with the microseconds as fraction, as decodeField has it.
    return Number.isSafeInteger(value) ? (value as number) / 1000 : Math.round((value as number) / 1000);
  }

  #load(): boolean {
    const { kernel, batch, rows, n } = this.#selection;
    const { vector } = kernel.decode(batch, this.slot, this.column.type, rows, n, this.#vector);
    this.#vector = vector;
    if (vector.kind === "int" || vector.kind === "float") {
      this.values = vector.values;
      this.nulls = vector.nulls;
    }
    if (vector.kind !== "text") return true;
    const distinct = this.#distinct!;
    const numbers = distinct.numbersOf(vector, n);
    if (distinct.epoch !== this.#epoch) {
      this.strings = [];
      this.#epoch = distinct.epoch;
    }
    if (numbers === undefined) {
      this.#isWanted = false;
      return false;
    }
    const known = this.strings.length;
    if (distinct.size > known) {
      for (const text of textsOf(distinct.textsFrom(known), distinct.size - known)) this.strings.push(text);
    }
    this.numbers = numbers;
    return true;
  }
}
