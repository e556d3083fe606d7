/** distinct(x): exact count of different non-null values. A dictionary of values and a set of (group, value) pairs. */
import type { ByteReader, ByteWriter } from "../../sketch/bytes.ts";
import type { Vector } from "../vector.ts";
import { type Accumulator, inputOf } from "./accumulator.ts";
import type { Members, Tables } from "./tables.ts";
import type { ValueTable } from "./value-table.ts";

export class DistinctAccumulator implements Accumulator {
  readonly #tables: Tables;
  readonly #values: ValueTable;
  readonly #pairs: Members;
  #counts: Float64Array;
  #groups = 0;
  #ids: Int32Array;
  #kept: Int32Array;
  /** Value ids by group, made for the first write and dropped by the next change. */
  #sorted: { starts: Float64Array; ids: Int32Array } | undefined;

  constructor(tables: Tables) {
    this.#tables = tables;
    this.#values = tables.values();
    this.#pairs = tables.members();
    this.#counts = tables.arrays.floats(16);
    this.#ids = tables.arrays.ints(0);
    this.#kept = tables.arrays.ints(0);
  }

  get bytes(): number {
    return this.#values.bytes + this.#pairs.bytes;
  }

  clear(): void {
    this.#counts.fill(0, 0, this.#groups);
    this.#groups = 0;
    this.#values.clear();
    this.#pairs.clear();
    this.#sorted = undefined;
  }

  grow(count: number): void {
    this.#counts = this.#tables.arrays.growFloats(this.#counts, count);
    this.#groups = count;
    this.#sorted = undefined;
  }

  step(groups: Int32Array, n: number, inputs: Vector[]): void {
    this.#ids = this.#tables.arrays.growInts(this.#ids, n);
    const hasNulls = this.#values.intern(inputOf(inputs, "distinct"), n, this.#ids, "skip");
    if (!hasNulls) {
      this.#add(groups, this.#ids, n);
      return;
    }
    this.#kept = this.#tables.arrays.growInts(this.#kept, n);
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
    this.#pairs.collect(next, ids);
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
