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
  #sorted: ByGroup | undefined;
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

  #byGroup(): ByGroup {
    this.#sorted ??= byGroup(this.#table.lefts, this.#table.size, this.#groups);
    return this.#sorted;
  }

  entries(group: number): { right: number; count: number }[] {
    const { starts, order } = this.#byGroup();
    const entries: { right: number; count: number }[] = [];
    for (let i = starts[group]; i < starts[group + 1]; i++) {
      entries.push({ right: this.#table.rights[order[i]], count: this.#counts[order[i]] });
    }
    return entries;
  }

  /** Writes the counts by group and returns the right sides in that order, for the caller to write after them. */
  write(writer: ByteWriter, groups: Int32Array): Int32Array {
    const { starts, order } = this.#byGroup();
    let total = 0;
    for (const group of groups) total += starts[group + 1] - starts[group];
    writer.varint(total);
    const rights = new Int32Array(total);
    let at = 0;
    for (const group of groups) {
      writer.varint(starts[group + 1] - starts[group]);
      for (let i = starts[group]; i < starts[group + 1]; i++) {
        writer.varint(this.#counts[order[i]]);
        rights[at++] = this.#table.rights[order[i]];
      }
    }
    return rights;
  }

  /** Reads what `write` wrote, without the right sides. */
  static read(reader: ByteReader, map: Int32Array): { groups: Int32Array; counts: Float64Array } {
    const total = reader.count(1);
    const groups = new Int32Array(total);
    const counts = new Float64Array(total);
    let at = 0;
    for (const group of map) {
      for (let left = reader.count(1); left > 0; left--) {
        groups[at] = group;
        counts[at++] = reader.varint();
      }
    }
    return { groups, counts };
  }
}
