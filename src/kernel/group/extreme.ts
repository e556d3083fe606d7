/** min(x) and max(x) of any type: numbers by value (NaN greatest), text by bytes, false before true. */
import type { ByteReader, ByteWriter } from "../../sketch/bytes.ts";
import type { NumberVector, Vector } from "../vector.ts";
import { type Accumulator, inputOf } from "./accumulator.ts";
import type { Arrays } from "./arrays.ts";
import { Cell, compareCells, NULL, tagOf } from "./cell.ts";
import { CellColumn } from "./cell-column.ts";

export class ExtremeAccumulator implements Accumulator {
  readonly #op: "min" | "max";
  protected readonly sign: number;
  protected readonly best: CellColumn;
  readonly #cell: Cell = new Cell();
  readonly #other: Cell = new Cell();

  constructor(op: "min" | "max", arrays: Arrays) {
    this.#op = op;
    this.sign = op === "min" ? 1 : -1;
    this.best = new CellColumn(arrays);
  }

  get bytes(): number {
    return this.best.bytes;
  }

  clear(): void {
    this.best.clear();
  }

  grow(count: number): void {
    this.best.grow(count);
  }

  step(groups: Int32Array, n: number, inputs: Vector[]): void {
    const input = inputOf(inputs, this.#op);
    if (input.kind !== "text" && input.kind !== "values" && input.kind !== "bigint") {
      this.stepNumbers(groups, n, input);
      return;
    }
    for (let i = 0; i < n; i++) this.offerRow(groups[i], input, i);
  }

  protected offerRow(group: number, input: Vector, row: number): void {
    this.#cell.load(input, row);
    this.#offer(group);
  }

  protected stepNumbers(groups: Int32Array, n: number, input: NumberVector): void {
    const { tags, numbers } = this.best;
    const { values, nulls } = input;
    const sign = this.sign;
    const tag = tagOf(input.kind);
    for (let i = 0; i < n; i++) {
      if (nulls !== undefined && nulls[i] !== 0) continue;
      const group = groups[i];
      // Not better in the plain order of numbers; whatever NaN or another type makes of it is decided below.
      if (tags[group] === tag && (values[i] - numbers[group]) * sign >= 0) continue;
      this.#cell.setNumber(tag, values[i]);
      this.#offer(group);
    }
  }

  #offer(group: number): void {
    if (this.#cell.tag === NULL) return;
    if (this.best.tags[group] !== NULL) {
      this.best.load(group, this.#other);
      if (compareCells(this.#cell, this.#other) * this.sign >= 0) return;
    }
    this.best.set(group, this.#cell);
  }

  write(writer: ByteWriter, groups: Int32Array): void {
    for (const group of groups) this.best.write(writer, group);
  }

  merge(reader: ByteReader, map: Int32Array): void {
    for (const group of map) {
      this.#cell.read(reader);
      this.#offer(group);
    }
  }

  finish(group: number): unknown {
    return this.best.value(group);
  }
}
