/**
 * variance(x) and stddev(x) of a sample (divisor n - 1; null below two values), from exact sums of x and x²:
 * (n·Σx² - (Σx)²) / (n·(n - 1)) in big integers, rounded once. No cancellation, and no order can show.
 */
import type { ByteReader, ByteWriter } from "../../sketch/bytes.ts";
import type { Vector } from "../vector.ts";
import { type Accumulator, doubles, inputOf } from "./accumulator.ts";
import type { Arrays } from "./arrays.ts";
import { addExact, ExactSums, ratio } from "./exact.ts";

export class VarianceAccumulator implements Accumulator {
  readonly #op: "variance" | "stddev";
  protected readonly arrays: Arrays;
  #groups = 0;
  protected counts: Float64Array;
  /** 1: a value was infinite or NaN, and so there is no variance but NaN. */
  #infinite: Uint8Array;
  protected readonly sums: ExactSums;
  protected readonly squares: ExactSums;

  constructor(op: "variance" | "stddev", arrays: Arrays) {
    this.#op = op;
    this.arrays = arrays;
    this.counts = arrays.floats(16);
    this.#infinite = arrays.bytes(16);
    this.sums = new ExactSums(arrays);
    this.squares = new ExactSums(arrays);
  }

  grow(count: number): void {
    this.#groups = count;
    this.counts = this.arrays.growFloats(this.counts, count);
    this.#infinite = this.arrays.growBytes(this.#infinite, count);
    this.sums.grow(count);
    this.squares.grow(count);
  }

  clear(): void {
    this.counts.fill(0, 0, this.#groups);
    this.#infinite.fill(0, 0, this.#groups);
    this.sums.clear(this.#groups);
    this.squares.clear(this.#groups);
  }

  step(groups: Int32Array, n: number, inputs: Vector[]): void {
    const { values, nulls } = doubles(inputOf(inputs, this.#op), n, this.#op);
    this.stepDoubles(groups, n, values, nulls);
  }

  protected stepDoubles(groups: Int32Array, n: number, values: Float64Array, nulls: Uint8Array | undefined): void {
    for (let i = 0; i < n; i++) if (nulls === undefined || nulls[i] === 0) this.addRow(groups[i], values[i]);
  }

  protected addRow(group: number, value: number): void {
    this.counts[group]++;
    if (!Number.isFinite(value)) this.#infinite[group] = 1;
    else {
      this.sums.add(group, value);
      this.squares.addSquare(group, value);
    }
  }

  write(writer: ByteWriter, groups: Int32Array): void {
    for (const group of groups) {
      writer.varint(this.counts[group]);
      writer.byte(this.#infinite[group]);
      this.sums.write(writer, group);
      this.squares.write(writer, group);
    }
  }

  merge(reader: ByteReader, map: Int32Array): void {
    for (const group of map) {
      this.counts[group] += reader.varint();
      this.#infinite[group] |= reader.byte();
      this.sums.merge(reader, group);
      this.squares.merge(reader, group);
    }
  }

  finish(group: number): number | null {
    const count = this.counts[group];
    if (count < 2) return null;
    if (this.#infinite[group] !== 0) return Number.NaN;
    const n = BigInt(count);
    const sum = this.sums.exact(group);
    const squares = this.squares.exact(group);
    const { mantissa, exponent } = addExact(
      { mantissa: n * squares.mantissa, exponent: squares.exponent },
      { mantissa: -sum.mantissa * sum.mantissa, exponent: 2 * sum.exponent },
    );
    const variance = ratio(mantissa, n * (n - 1n), exponent);
    return this.#op === "variance" ? variance : Math.sqrt(variance);
  }
}
