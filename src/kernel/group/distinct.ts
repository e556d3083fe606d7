/** distinct(x): exact count of different non-null values. A dictionary of values and a set of (group, value) pairs. */
import type { ByteReader, ByteWriter } from "../../sketch/bytes.ts";
import type { Vector } from "../vector.ts";
import { type Accumulator, inputOf } from "./accumulator.ts";
import { Dictionary } from "./dictionary.ts";
import { growFloats, growInts } from "./grow.ts";
import { PairSet } from "./pair-set.ts";

export class DistinctAccumulator implements Accumulator {
  readonly #values: Dictionary = new Dictionary();
  readonly #pairs: PairSet = new PairSet();
  #counts: Float64Array = new Float64Array(16);
  #groups = 0;
  #ids: Int32Array = new Int32Array(0);
  #kept: Int32Array = new Int32Array(0);
  /** Value ids by group, made for the first write and dropped by the next change. */
  #sorted: { starts: Float64Array; ids: Int32Array } | undefined;

  grow(count: number): void {
    this.#counts = growFloats(this.#counts, count);
    this.#groups = count;
    this.#sorted = undefined;
  }

  step(groups: Int32Array, n: number, inputs: Vector[]): void {
    this.#ids = growInts(this.#ids, n);
    const hasNulls = this.#values.intern(inputOf(inputs, "distinct"), n, this.#ids, "skip");
    if (!hasNulls) {
      this.#add(groups, this.#ids, n);
      return;
    }
    this.#kept = growInts(this.#kept, n);
    this.#add(this.#kept, this.#ids, compact(groups, this.#ids, n, this.#kept));
  }

  #add(groups: Int32Array, ids: Int32Array, n: number): void {
    this.#sorted = undefined;
    this.#pairs.add(groups, ids, n, this.#counts, this.#groups, this.#values.size);
  }

  write(writer: ByteWriter, groups: Int32Array): void {
    const { starts, ids } = this.#byGroup();
    let total = 0;
    for (const group of groups) total += starts[group + 1] - starts[group];
    const column = new Int32Array(total);
    let at = 0;
    for (const group of groups) {
      writer.varint(starts[group + 1] - starts[group]);
      for (let i = starts[group]; i < starts[group + 1]; i++) column[at++] = ids[i];
    }
    this.#values.writeIds(writer, column);
  }

  #byGroup(): { starts: Float64Array; ids: Int32Array } {
    if (this.#sorted !== undefined) return this.#sorted;
    const starts = new Float64Array(this.#groups + 1);
    for (let g = 0; g < this.#groups; g++) starts[g + 1] = starts[g] + this.#counts[g];
    const next = Int32Array.from(starts);
    const ids = new Int32Array(this.#pairs.size);
    this.#pairs.each((group, id) => {
      ids[next[group]++] = id;
    });
    this.#sorted = { starts, ids };
    return this.#sorted;
  }

  merge(reader: ByteReader, map: Int32Array): void {
    const sizes = new Int32Array(map.length);
    for (let i = 0; i < map.length; i++) sizes[i] = reader.varint();
    const ids = this.#values.readIds(reader);
    const groups = new Int32Array(ids.length);
    for (let i = 0, at = 0; i < map.length; at += sizes[i++]) groups.fill(map[i], at, at + sizes[i]);
    this.#add(groups, ids, ids.length);
  }

  finish(group: number): number {
    return this.#counts[group];
  }
}

/** Drops the rows whose id is -1, in place in ids; their groups go to `kept`. Returns how many are left. */
export function compact(groups: Int32Array, ids: Int32Array, n: number, kept: Int32Array): number {
  let count = 0;
  for (let i = 0; i < n; i++) {
    if (ids[i] < 0) continue;
    kept[count] = groups[i];
    ids[count++] = ids[i];
  }
  return count;
}
