/** How often each (group, something) pair was met: the state of topK, histogram and quantile. */
import type { ByteReader, ByteWriter } from "../../sketch/bytes.ts";
import { type ByGroup, byGroup } from "./by-group.ts";
import type { Pairs, Tables } from "./tables.ts";

export class PairCounts {
  readonly #tables: Tables;
  readonly #table: Pairs;
  #counts: Float64Array;
  #pairs: Int32Array;
  #groups = 0;
  #sorted: (ByGroup & { rights: Int32Array }) | undefined;
  readonly #rightCount: () => number;

  /** rightCount(): what all right sides are below; Infinity: anything. */
  constructor(tables: Tables, rightCount: () => number) {
    this.#tables = tables;
    this.#table = tables.pairs();
    this.#counts = tables.arrays.floats(64);
    this.#pairs = tables.arrays.ints(0);
    this.#rightCount = rightCount;
  }

  get bytes(): number {
    return this.#table.bytes;
  }

  clear(): void {
    this.#counts.fill(0, 0, this.#table.size);
    this.#table.clear();
    this.#groups = 0;
    this.#sorted = undefined;
  }

  grow(count: number): void {
    this.#groups = count;
    this.#sorted = undefined;
  }

  /** Counts (groups[i], rights[i]) of the first n rows, once each or weights[i] times. */
  add(groups: Int32Array, rights: Int32Array, n: number, weights?: Float64Array): void {
    this.#sorted = undefined;
    this.#pairs = this.#tables.arrays.growInts(this.#pairs, n);
    const pairs = this.#pairs;
    this.#table.intern(groups, rights, n, pairs, this.#groups, this.#rightCount());
    this.#counts = this.#tables.arrays.growFloats(this.#counts, this.#table.size);
    const counts = this.#counts;
    if (weights === undefined) for (let i = 0; i < n; i++) counts[pairs[i]]++;
    else for (let i = 0; i < n; i++) counts[pairs[i]] += weights[i];
  }

  #byGroup(): ByGroup & { rights: Int32Array } {
    const { lefts, rights, size } = this.#table;
    this.#sorted ??= { ...byGroup(lefts, size, this.#groups), rights };
    return this.#sorted;
  }

  entries(group: number): { right: number; count: number }[] {
    const { starts, order, rights } = this.#sorted ?? this.#byGroup();
    const entries: { right: number; count: number }[] = [];
    for (let i = starts[group]; i < starts[group + 1]; i++) {
      entries.push({ right: rights[order[i]], count: this.#counts[order[i]] });
    }
    return entries;
  }

  /** Writes the counts by group and returns the right sides in that order, for the caller to write after them. */
  write(writer: ByteWriter, groups: Int32Array): Int32Array {
    const { starts, order, rights: all } = this.#byGroup();
    const sizes = new Int32Array(groups.length);
    let total = 0;
    let largest = 0;
    for (let i = 0; i < groups.length; i++) {
      sizes[i] = starts[groups[i] + 1] - starts[groups[i]];
      largest = Math.max(largest, sizes[i]);
      total += sizes[i];
    }
    const pairs = new Int32Array(total);
    const rights = new Int32Array(total);
    let at = 0;
    for (let i = 0; i < groups.length; i++) {
      const end = starts[groups[i] + 1];
      for (let k = starts[groups[i]]; k < end; k++) {
        pairs[at] = order[k];
        rights[at++] = all[order[k]];
      }
    }
    writer.uints(sizes, sizes.length, largest);
    writer.counts(this.#counts, pairs);
    return rights;
  }

  /** Reads what `write` wrote, without the right sides. */
  static read(reader: ByteReader, map: Int32Array): { groups: Int32Array; counts: Float64Array } {
    const sizes = reader.uints(map.length);
    let total = 0;
    for (let i = 0; i < sizes.length; i++) total += sizes[i];
    // Each pair takes a byte at least: a corrupt size cannot ask for more memory than that.
    reader.atLeast(total);
    const counts = Float64Array.from(reader.counts(total));
    const groups = new Int32Array(total);
    let at = 0;
    for (let i = 0; i < sizes.length; i++) {
      groups.fill(map[i], at, at + sizes[i]);
      at += sizes[i];
    }
    return { groups, counts };
  }
}
