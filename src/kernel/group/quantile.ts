/** quantile(x, q): DDSketch counts of all groups in one table, with the exact least and greatest value as bounds. */
import type { ByteReader, ByteWriter } from "../../sketch/bytes.ts";
import { Buckets, quantile, quantilesOf } from "../../sketch/ddsketch.ts";
import type { Vector } from "../vector.ts";
import { type Accumulator, doubles, inputOf } from "./accumulator.ts";
import { PairCounts } from "./pair-counts.ts";
import type { Tables } from "./tables.ts";

export class QuantileAccumulator implements Accumulator {
  readonly #several: boolean;
  readonly #quantiles: number[];
  readonly #buckets: Buckets;
  readonly #tables: Tables;
  readonly #pairs: PairCounts;
  #least: Float64Array;
  #greatest: Float64Array;
  #groups = 0;
  #codes: Int32Array;
  #kept: Int32Array;

  /** q: a number from 0 to 1, or several; relativeError: default 0.01. */
  constructor(tables: Tables, q: unknown, relativeError: unknown) {
    this.#several = Array.isArray(q);
    this.#quantiles = quantilesOf(q);
    this.#buckets = new Buckets(relativeError);
    this.#tables = tables;
    this.#pairs = new PairCounts(tables, () => Number.POSITIVE_INFINITY);
    this.#least = tables.arrays.floats(0);
    this.#greatest = tables.arrays.floats(0);
    this.#codes = tables.arrays.ints(0);
    this.#kept = tables.arrays.ints(0);
  }

  get bytes(): number {
    return this.#pairs.bytes;
  }

  clear(): void {
    this.#pairs.clear();
    this.#groups = 0;
  }

  grow(count: number): void {
    this.#pairs.grow(count);
    this.#least = this.#tables.arrays.growFloats(this.#least, count);
    this.#greatest = this.#tables.arrays.growFloats(this.#greatest, count);
    this.#least.fill(Number.POSITIVE_INFINITY, this.#groups, count);
    this.#greatest.fill(Number.NEGATIVE_INFINITY, this.#groups, count);
    this.#groups = count;
  }

  step(groups: Int32Array, n: number, inputs: Vector[]): void {
    const { values, nulls } = doubles(inputOf(inputs, "quantile"), n, "quantile");
    this.#codes = this.#tables.arrays.growInts(this.#codes, n);
    this.#kept = this.#tables.arrays.growInts(this.#kept, n);
    let count = 0;
    for (let i = 0; i < n; i++) {
      if (nulls !== undefined && nulls[i] !== 0) continue;
      this.#bound(groups[i], values[i], values[i]);
      this.#codes[count] = this.#buckets.code(values[i]);
      this.#kept[count++] = groups[i];
    }
    this.#pairs.add(this.#kept, this.#codes, count);
  }

  #bound(group: number, least: number, greatest: number): void {
    if (least < this.#least[group]) this.#least[group] = least;
    if (greatest > this.#greatest[group]) this.#greatest[group] = greatest;
  }

  write(writer: ByteWriter, groups: Int32Array): void {
    const codes = this.#pairs.write(writer, groups);
    writer.raw(new Uint8Array(codes.buffer, 0, codes.byteLength));
    for (let i = 0; i < groups.length; i++) {
      writer.float64(this.#least[groups[i]]);
      writer.float64(this.#greatest[groups[i]]);
    }
  }

  merge(reader: ByteReader, map: Int32Array): void {
    const { groups, counts } = PairCounts.read(reader, map);
    const codes = new Int32Array(groups.length);
    new Uint8Array(codes.buffer).set(reader.raw(codes.byteLength));
    this.#pairs.add(groups, codes, codes.length, counts);
    for (let i = 0; i < map.length; i++) this.#bound(map[i], reader.float64(), reader.float64());
  }

  finish(group: number): number | null | (number | null)[] {
    const entries = this.#pairs.entries(group).sort((a, b) => a.right - b.right);
    const codes = entries.map((entry) => entry.right);
    const counts = entries.map((entry) => entry.count);
    const found = this.#quantiles.map((q) =>
      quantile(this.#buckets, codes, counts, q, this.#least[group] + 0, this.#greatest[group] + 0),
    );
    if (!this.#several) return found[0];
    return entries.length === 0 ? null : found;
  }
}
