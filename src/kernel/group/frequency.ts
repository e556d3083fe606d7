/**
 * topK(x): the k most frequent values of a group with their counts, exact, ties by value.
 * histogram(x): values counted by bucket, [start of the bucket, count], in the order of the buckets.
 * Both count (group, value id) pairs.
 */
import { UsageError } from "../../base/errors.ts";
import type { ByteReader, ByteWriter } from "../../sketch/bytes.ts";
import type { Vector } from "../vector.ts";
import { type Accumulator, doubles, inputOf } from "./accumulator.ts";
import { NUMBER } from "./cell.ts";
import { compact } from "./distinct.ts";
import { PairCounts } from "./pair-counts.ts";
import type { Tables } from "./tables.ts";
import type { ValueTable } from "./value-table.ts";

abstract class Frequencies implements Accumulator {
  protected readonly tables: Tables;
  protected readonly values: ValueTable;
  protected readonly pairs: PairCounts;
  protected ids: Int32Array;
  #kept: Int32Array;
  #ranks: Int32Array | undefined;

  constructor(tables: Tables) {
    this.tables = tables;
    this.values = tables.values();
    this.pairs = new PairCounts(tables, () => this.values.size);
    this.ids = tables.arrays.ints(0);
    this.#kept = tables.arrays.ints(0);
  }

  get bytes(): number {
    return this.values.bytes + this.pairs.bytes;
  }

  clear(): void {
    this.values.clear();
    this.pairs.clear();
    this.#ranks = undefined;
  }

  grow(count: number): void {
    this.pairs.grow(count);
  }

  /** Value ids of the rows into this.ids; true: some are -1. */
  protected abstract intern(input: Vector, n: number): boolean;
  abstract finish(group: number): unknown;

  step(groups: Int32Array, n: number, inputs: Vector[]): void {
    this.ids = this.tables.arrays.growInts(this.ids, n);
    this.#ranks = undefined;
    const hasNulls = this.intern(inputOf(inputs, "topK and histogram"), n);
    if (!hasNulls) {
      this.pairs.add(groups, this.ids, n);
      return;
    }
    this.#kept = this.tables.arrays.growInts(this.#kept, n);
    this.pairs.add(this.#kept, this.ids, compact(groups, this.ids, n, this.#kept));
  }

  write(writer: ByteWriter, groups: Int32Array): void {
    this.values.writeIds(writer, this.pairs.write(writer, groups));
  }

  merge(reader: ByteReader, map: Int32Array): void {
    const pairs = PairCounts.read(reader, map);
    const ids = this.values.readIds(reader);
    this.#ranks = undefined;
    this.pairs.add(pairs.groups, ids, Math.min(ids.length, pairs.groups.length), pairs.counts);
  }

  /** Place of each value id in value order. */
  protected get ranks(): Int32Array {
    this.#ranks ??= this.values.ranks();
    return this.#ranks;
  }
}

export class TopKAccumulator extends Frequencies {
  readonly #k: number;

  /** k: how many, at least 1; default 10. */
  constructor(tables: Tables, k: unknown) {
    super(tables);
    const wanted = k ?? 10;
    if (typeof wanted !== "number" || !Number.isInteger(wanted) || wanted < 1) {
      throw new UsageError("ERR_AGGREGATE_OPTION", "topK needs k, a whole number of at least 1", {
        hint: "for example topK(url, 10)",
      });
    }
    this.#k = wanted;
  }

  protected override intern(input: Vector, n: number): boolean {
    return this.values.intern(input, n, this.ids, "skip");
  }

  override finish(group: number): unknown[][] {
    const { ranks } = this;
    const entries = this.pairs.entries(group);
    entries.sort((a, b) => b.count - a.count || ranks[a.right] - ranks[b.right]);
    return entries.slice(0, this.#k).map(({ right, count }) => [this.values.value(right), count]);
  }
}

export class HistogramAccumulator extends Frequencies {
  readonly #width: number;
  #buckets: Float64Array;

  /** width of a bucket, in the units of the values (microseconds for timestamps), above 0. */
  constructor(tables: Tables, width: unknown) {
    super(tables);
    if (typeof width !== "number" || !(width > 0) || width === Number.POSITIVE_INFINITY) {
      throw new UsageError("ERR_AGGREGATE_OPTION", "histogram needs a bucket width, a number above 0", {
        hint: "for example histogram(ttfb, 0.1)",
      });
    }
    this.#width = width;
    this.#buckets = tables.arrays.floats(0);
  }

  protected override intern(input: Vector, n: number): boolean {
    const { values, nulls } = doubles(input, n, "histogram");
    this.#buckets = this.tables.arrays.growFloats(this.#buckets, n);
    for (let i = 0; i < n; i++) this.#buckets[i] = Math.floor(values[i] / this.#width);
    return this.values.internNumbers(NUMBER, this.#buckets, nulls, n, this.ids, true);
  }

  override finish(group: number): [number, number][] {
    const { ranks } = this;
    const entries = this.pairs.entries(group).sort((a, b) => ranks[a.right] - ranks[b.right]);
    return entries.map(({ right, count }) => [(this.values.value(right) as number) * this.#width, count]);
  }
}
