/**
 * sum(x) and mean(x), exact until the one rounding at the end. Integers: a double while it is safe, then a big integer
 * per group (no width limit). Floats: ExactSums. Infinities and NaN are kept as flags, since they forget the order anyway.
 */
import type { ByteReader, ByteWriter } from "../../sketch/bytes.ts";
import type { Vector } from "../vector.ts";
import { type Accumulator, doubles, inputOf } from "./accumulator.ts";
import type { Arrays } from "./arrays.ts";
import { addExact, ExactSums, ratio } from "./exact.ts";

const INT = 1;
const BIG = 2;
const FLOAT = 4;
const PLUS_INFINITY = 8;
const MINUS_INFINITY = 16;
const NAN = 32;

export class SumAccumulator implements Accumulator {
  protected readonly op: "sum" | "mean";
  protected readonly arrays: Arrays;
  #groups = 0;
  /** What was met per group: INT | BIG | FLOAT | the values that are not finite. 0: nothing. */
  protected seen: Uint8Array;
  protected counts: Float64Array;
  protected ints: Float64Array;
  readonly #bigs: Map<number, bigint> = new Map();
  protected readonly floats: ExactSums;

  constructor(op: "sum" | "mean", arrays: Arrays) {
    this.op = op;
    this.arrays = arrays;
    this.seen = arrays.bytes(16);
    this.counts = arrays.floats(16);
    this.ints = arrays.floats(16);
    this.floats = new ExactSums(arrays);
  }

  grow(count: number): void {
    this.#groups = count;
    this.seen = this.arrays.growBytes(this.seen, count);
    this.counts = this.arrays.growFloats(this.counts, count);
    this.ints = this.arrays.growFloats(this.ints, count);
    this.floats.grow(count);
  }

  clear(): void {
    this.seen.fill(0, 0, this.#groups);
    this.counts.fill(0, 0, this.#groups);
    this.ints.fill(0, 0, this.#groups);
    this.floats.clear(this.#groups);
    this.#bigs.clear();
  }

  step(groups: Int32Array, n: number, inputs: Vector[]): void {
    const input = inputOf(inputs, this.op);
    if (input.kind === "bigint") {
      this.#stepBigints(groups, n, input.values, input.nulls);
      return;
    }
    if (input.kind === "values") {
      this.#stepValues(groups, n, input);
      return;
    }
    const { values, nulls } = doubles(input, n, this.op);
    if (input.kind === "float") this.stepFloats(groups, n, values, nulls);
    else this.stepInts(groups, n, values, nulls);
  }

  protected stepInts(groups: Int32Array, n: number, values: Float64Array, nulls: Uint8Array | undefined): void {
    for (let i = 0; i < n; i++) {
      if (nulls !== undefined && nulls[i] !== 0) continue;
      this.addIntRow(groups[i], values[i]);
    }
  }

  protected addIntRow(group: number, value: number): void {
    this.seen[group] |= INT;
    this.counts[group]++;
    this.#addInt(group, value);
  }

  #addInt(group: number, value: number): void {
    const sum = this.ints[group] + value;
    if (sum <= Number.MAX_SAFE_INTEGER && sum >= -Number.MAX_SAFE_INTEGER) this.ints[group] = sum;
    else {
      this.#addBig(group, BigInt(this.ints[group]));
      this.ints[group] = value;
    }
  }

  #addBig(group: number, value: bigint): void {
    this.#bigs.set(group, (this.#bigs.get(group) ?? 0n) + value);
  }

  protected stepFloats(groups: Int32Array, n: number, values: Float64Array, nulls: Uint8Array | undefined): void {
    for (let i = 0; i < n; i++) {
      if (nulls !== undefined && nulls[i] !== 0) continue;
      this.addFloatRow(groups[i], values[i]);
    }
  }

  protected addFloatRow(group: number, value: number): void {
    this.counts[group]++;
    this.seen[group] |= FLOAT;
    if (Number.isFinite(value)) this.floats.add(group, value);
    else this.seen[group] |= value > 0 ? PLUS_INFINITY : value < 0 ? MINUS_INFINITY : NAN;
  }

  #stepBigints(groups: Int32Array, n: number, values: BigInt64Array, nulls: Uint8Array | undefined): void {
    for (let i = 0; i < n; i++) {
      if (nulls === undefined || nulls[i] === 0) this.#addBigint(groups[i], values[i]);
    }
  }

  #addBigint(group: number, value: bigint): void {
    this.seen[group] |= BIG;
    this.counts[group]++;
    const number = Number(value);
    if (Number.isSafeInteger(number)) this.#addInt(group, number);
    else this.#addBig(group, value);
  }

  #stepValues(groups: Int32Array, n: number, input: Vector & { kind: "values" }): void {
    const { values, nulls } = doubles(input, n, this.op);
    for (let i = 0; i < n; i++) {
      const value = input.values[i];
      if (typeof value === "bigint") this.#addBigint(groups[i], value);
      else if (nulls?.[i] === 0) this.addFloatRow(groups[i], values[i]);
    }
  }

  write(writer: ByteWriter, groups: Int32Array): void {
    for (const group of groups) {
      const seen = this.seen[group];
      const big = this.#bigs.get(group);
      writer.byte(seen + (big === undefined ? 0 : 64));
      writer.varint(this.counts[group]);
      if (seen & (INT | BIG)) writer.float64(this.ints[group]);
      if (big !== undefined) writer.bigint(big);
      if (seen & FLOAT) this.floats.write(writer, group);
    }
  }

  merge(reader: ByteReader, map: Int32Array): void {
    for (const group of map) {
      const head = reader.byte();
      this.seen[group] |= head & 63;
      this.counts[group] += reader.varint();
      if (head & (INT | BIG)) this.#addInt(group, reader.float64());
      if (head & 64) this.#addBig(group, reader.bigint());
      if (head & FLOAT) this.floats.merge(reader, group);
    }
  }

  finish(group: number): number | bigint | null {
    const seen = this.seen[group];
    if (seen === 0) return null;
    if (seen & NAN || (seen & PLUS_INFINITY && seen & MINUS_INFINITY)) return Number.NaN;
    if (seen & PLUS_INFINITY) return Number.POSITIVE_INFINITY;
    if (seen & MINUS_INFINITY) return Number.NEGATIVE_INFINITY;
    return this.op === "sum" ? this.#sum(group) : this.#mean(group);
  }

  #total(group: number): bigint {
    return (this.#bigs.get(group) ?? 0n) + BigInt(this.ints[group]);
  }

  #sum(group: number): number | bigint {
    const seen = this.seen[group];
    if (seen & FLOAT) return this.#rounded(group);
    if (seen === INT && !this.#bigs.has(group)) return this.ints[group] + 0;
    const total = this.#total(group);
    const number = Number(total);
    return seen & BIG || !Number.isSafeInteger(number) ? total : number;
  }

  #rounded(group: number): number {
    if (!(this.seen[group] & (INT | BIG))) return this.floats.round(group);
    const { mantissa, exponent } = addExact(this.floats.exact(group), { mantissa: this.#total(group), exponent: 0 });
    return ratio(mantissa, 1n, exponent);
  }

  #mean(group: number): number {
    const count = this.counts[group];
    if (!(this.seen[group] & FLOAT)) {
      return this.#bigs.has(group) ? ratio(this.#total(group), BigInt(count), 0) : this.ints[group] / count + 0;
    }
    const sum = this.#rounded(group);
    if (Number.isFinite(sum)) return sum / count;
    const { mantissa, exponent } = addExact(this.floats.exact(group), { mantissa: this.#total(group), exponent: 0 });
    return ratio(mantissa, BigInt(count), exponent);
  }
}
