/**
 * first(x[, time]), last(x[, time]) and any(x): the non-null value whose (time, file, offset) is least or greatest.
 * Rows of one record (flatMap) share their offset and always go through one grouping in order: first and any keep the
 * earlier of them, last the later.
 */
import { UsageError } from "../../base/errors.ts";
import type { ByteReader, ByteWriter } from "../../sketch/bytes.ts";
import type { RowOrder, Vector } from "../vector.ts";
import { type Accumulator, doubles, inputOf } from "./accumulator.ts";
import type { Arrays } from "./arrays.ts";
import { Cell, NULL } from "./cell.ts";
import { CellColumn } from "./cell-column.ts";

export class PositionAccumulator implements Accumulator {
  readonly #op: "first" | "last" | "any";
  readonly #arrays: Arrays;
  readonly #values: CellColumn;
  #times: Float64Array;
  #files: Float64Array;
  #offsets: Float64Array;
  readonly #cell: Cell = new Cell();

  constructor(op: "first" | "last" | "any", arrays: Arrays) {
    this.#op = op;
    this.#arrays = arrays;
    this.#values = new CellColumn(arrays);
    this.#times = arrays.floats(16);
    this.#files = arrays.floats(16);
    this.#offsets = arrays.floats(16);
  }

  get bytes(): number {
    return this.#values.bytes;
  }

  /** Times, files and offsets mean nothing where there is no value. */
  clear(): void {
    this.#values.clear();
  }

  grow(count: number): void {
    this.#values.grow(count);
    this.#times = this.#arrays.growFloats(this.#times, count);
    this.#files = this.#arrays.growFloats(this.#files, count);
    this.#offsets = this.#arrays.growFloats(this.#offsets, count);
  }

  step(groups: Int32Array, n: number, inputs: Vector[], order: RowOrder): void {
    const input = inputOf(inputs, this.#op);
    const times = this.#op === "any" || inputs[1] === undefined ? undefined : this.#timesOf(inputs[1], n);
    for (let i = 0; i < n; i++) {
      if (times?.nulls !== undefined && times.nulls[i] !== 0) continue;
      const time = times === undefined ? 0 : times.values[i];
      if (Number.isNaN(time) || !this.#isBetter(groups[i], time, order.file, order.offsets[i])) continue;
      this.#cell.load(input, i);
      if (this.#cell.tag !== NULL) this.#set(groups[i], time, order.file, order.offsets[i]);
    }
  }

  #timesOf(input: Vector, n: number): { values: Float64Array; nulls: Uint8Array | undefined } {
    if (input.kind === "text") {
      throw new UsageError("ERR_AGGREGATE_INPUT", `${this.#op} needs a timestamp or a number as its second input`, {
        hint: `declare the column as a timestamp, or leave the second input out: ${this.#op}(column)`,
      });
    }
    return doubles(input, n, this.#op);
  }

  #isBetter(group: number, time: number, file: number, offset: number): boolean {
    if (this.#values.tags[group] === NULL) return true;
    const inTime = time - this.#times[group] || 0;
    const difference = inTime !== 0 ? inTime : file - this.#files[group] || offset - this.#offsets[group];
    return this.#op === "last" ? difference >= 0 : difference < 0;
  }

  #set(group: number, time: number, file: number, offset: number): void {
    this.#values.set(group, this.#cell);
    this.#times[group] = time;
    this.#files[group] = file;
    this.#offsets[group] = offset;
  }

  write(writer: ByteWriter, groups: Int32Array): void {
    for (const group of groups) {
      this.#values.write(writer, group);
      if (this.#values.tags[group] === NULL) continue;
      writer.float64(this.#times[group]);
      writer.varint(this.#files[group]);
      writer.varint(this.#offsets[group]);
    }
  }

  merge(reader: ByteReader, map: Int32Array): void {
    for (const group of map) {
      this.#cell.read(reader);
      if (this.#cell.tag === NULL) continue;
      const time = reader.float64();
      const file = reader.varint();
      const offset = reader.varint();
      if (this.#isBetter(group, time, file, offset)) this.#set(group, time, file, offset);
    }
  }

  finish(group: number): unknown {
    return this.#values.value(group);
  }
}
