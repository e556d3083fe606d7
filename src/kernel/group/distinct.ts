/** distinct(x): exact count of different non-null values. A dictionary of values and a set of (group, value) pairs. */
import type { ByteReader, ByteWriter } from "../../sketch/bytes.ts";
import type { ResultVector } from "../columns.ts";
import type { Vector } from "../vector.ts";
import { type Accumulator, countsOf, inputOf } from "./accumulator.ts";
import type { Members, Tables } from "./tables.ts";
import type { ValueTable } from "./value-table.ts";

/** Of a value in a partial, about: with rows of bits all of them are written, also to each of many parts. */
const VALUE_BYTES = 8;
/** Rows of bits are copied as they are, and joined word by word: up to so many times larger than lists of ids they are faster. */
const BITS_WORTH = 4;
/** Forms of a partial. */
const LISTS = 0;
const BITS = 1;

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

  /**
   * Either all values and a row of bits per group, where that is not much larger, or per group a number of ids, and those ids.
   *
   *     0 · ids per group · ids as a column          1 · values · rows of bits
   */
  write(writer: ByteWriter, groups: Int32Array): void {
    let total = 0;
    for (let i = 0; i < groups.length; i++) total += this.#counts[groups[i]];
    const { size } = this.#values;
    const words = (size + 31) >>> 5;
    const width = size < 256 ? 1 : size < 65_536 ? 2 : 4;
    const isDense = groups.length * words * 4 + size * VALUE_BYTES < total * width * BITS_WORTH;
    const rows = isDense ? this.#pairs.rows(groups, words) : undefined;
    writer.byte(rows === undefined ? LISTS : BITS);
    if (rows === undefined) this.#writeLists(writer, groups, total);
    else {
      const all = new Int32Array(size);
      for (let id = 0; id < size; id++) all[id] = id;
      this.#values.writeValues(writer, all);
      writer.raw(rows);
    }
  }

  #writeLists(writer: ByteWriter, groups: Int32Array, total: number): void {
    const { starts, ids } = this.#byGroup();
    const column = new Int32Array(total);
    let at = 0;
    for (let i = 0; i < groups.length; i++) {
      const end = starts[groups[i] + 1];
      for (let k = starts[groups[i]]; k < end; k++) column[at++] = ids[k];
    }
    writer.counts(this.#counts, groups);
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
    this.#sorted = undefined;
    if (reader.index(BITS + 1) === LISTS) {
      this.#mergeLists(reader, map);
      return;
    }
    const ids = this.#values.readValues(reader);
    const words = (ids.length + 31) >>> 5;
    const rows = reader.raw(map.length * words * 4);
    this.#pairs.addRows(map, ids, rows, words, this.#counts, this.#groups, this.#values.size);
  }

  #mergeLists(reader: ByteReader, map: Int32Array): void {
    const sizes = reader.counts(map.length);
    const ids = this.#values.readIds(reader);
    const groups = new Int32Array(ids.length);
    let at = 0;
    for (let i = 0; i < map.length; at += sizes[i++]) groups.fill(map[i], at, at + sizes[i]);
    this.#add(groups, ids, Math.min(at, ids.length));
  }

  vector(groups: Int32Array): ResultVector {
    return countsOf(this.#counts, groups);
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
