/**
 * Rows to groups: each key column is interned to ids by its own dictionary; several columns are combined from the left,
 * (id, id) → pair, (pair, id) → pair, …; the last pair is the group. With one column the id is the group; with none
 * there is one group, which exists even without rows (as SQL has it: count() of nothing is 0).
 */
import { mix32 } from "../../base/hash.ts";
import type { ByteReader, ByteWriter } from "../../sketch/bytes.ts";
import type { ResultVector } from "../columns.ts";
import type { Vector } from "../vector.ts";
import { PARTITION_SEED } from "./hash-vector.ts";
import type { Pairs, Tables } from "./tables.ts";
import type { ValueTable } from "./value-table.ts";

export class Keys {
  readonly #tables: Tables;
  readonly #columns: ValueTable[];
  readonly #pairs: Pairs[];
  #groups: Int32Array;
  #ids: Int32Array;

  constructor(count: number, tables: Tables) {
    this.#tables = tables;
    this.#columns = Array.from({ length: count }, () => tables.values());
    this.#pairs = Array.from({ length: Math.max(0, count - 1) }, () => tables.pairs());
    this.#groups = tables.arrays.ints(0);
    this.#ids = tables.arrays.ints(0);
  }

  clear(): void {
    for (const column of this.#columns) column.clear();
    for (const pairs of this.#pairs) pairs.clear();
  }

  /** Memory of the tables. */
  get bytes(): number {
    let bytes = 0;
    for (const { bytes: more } of [...this.#columns, ...this.#pairs]) bytes += more;
    return bytes;
  }

  get size(): number {
    if (this.#columns.length === 0) return 1;
    return this.#pairs.at(-1)?.size ?? this.#columns[0].size;
  }

  /** The group of each of the first n rows; valid until the next call. */
  groupsOf(n: number, keys: Vector[]): Int32Array {
    this.#reserve(n);
    const groups = this.#groups;
    if (this.#columns.length === 0) return groups.fill(0, 0, n);
    this.#columns[0].intern(keys[0], n, groups, "key");
    for (let c = 1; c < this.#columns.length; c++) {
      this.#columns[c].intern(keys[c], n, this.#ids, "key");
      this.#combine(c, groups, this.#ids, n);
    }
    return groups;
  }

  #combine(column: number, groups: Int32Array, ids: Int32Array, n: number): void {
    const left = column === 1 ? this.#columns[0].size : this.#pairs[column - 2].size;
    this.#pairs[column - 1].intern(groups, ids, n, groups, left, this.#columns[column].size);
  }

  #reserve(n: number): void {
    this.#groups = this.#tables.arrays.growInts(this.#groups, n);
    this.#ids = this.#tables.arrays.growInts(this.#ids, n);
  }

  /** The same for groups that are there; -1 for the others. `isMissing`: there is a -1. */
  find(n: number, keys: Vector[]): { groups: Int32Array; isMissing: boolean } {
    this.#reserve(n);
    const groups = this.#groups;
    if (this.#columns.length === 0) return { groups: groups.fill(0, 0, n), isMissing: false };
    let isMissing = this.#columns[0].find(keys[0], n, groups);
    for (let c = 1; c < this.#columns.length; c++) {
      this.#columns[c].find(keys[c], n, this.#ids);
      isMissing = this.#pairs[c - 1].find(groups, this.#ids, n, groups);
    }
    return { groups, isMissing };
  }

  /** A hash of each row's keys, the same in every worker and kernel: what partitions are cut by. */
  hashes(n: number, keys: Vector[], out: Int32Array): void {
    this.#tables.hash(keys, n, out);
  }

  /** ids[column][group]. */
  idsByColumn(): Int32Array[] {
    const { size } = this;
    const ids = this.#columns.map(() => new Int32Array(size));
    const left = new Int32Array(size);
    for (let group = 0; group < size; group++) left[group] = group;
    for (let c = this.#columns.length - 1; c > 0; c--) {
      const { lefts, rights } = this.#pairs[c - 1];
      const out = ids[c];
      for (let group = 0; group < size; group++) {
        const at = left[group];
        out[group] = rights[at];
        left[group] = lefts[at];
      }
    }
    if (ids.length > 0) ids[0] = left;
    return ids;
  }

  /** Groups cut into parts by the hash of their key values, which is the same in every worker. */
  parts(count: number, ids: Int32Array[]): Int32Array[] {
    const hashes = this.#columns.map((column) => column.hashes());
    const partOf = new Int32Array(this.size);
    const sizes = new Int32Array(count);
    for (let group = 0; group < partOf.length; group++) {
      let h = 0;
      for (let c = 0; c < ids.length; c++) h = Math.imul(h, 31) ^ hashes[c][ids[c][group]];
      const part = Math.floor(((mix32(h ^ PARTITION_SEED) >>> 0) / 2 ** 32) * count);
      partOf[group] = part;
      sizes[part]++;
    }
    const parts = Array.from(sizes, (size) => new Int32Array(size));
    for (let group = partOf.length - 1; group >= 0; group--) parts[partOf[group]][--sizes[partOf[group]]] = group;
    return parts;
  }

  /** `ids`: those of all groups by column, which are the same for every part. */
  write(writer: ByteWriter, groups: Int32Array, ids: Int32Array[]): void {
    writer.varint(groups.length);
    for (let c = 0; c < ids.length; c++) this.#columns[c].writeIds(writer, gather(ids[c], groups));
  }

  /** The groups here of the groups that were written, in their order. */
  read(reader: ByteReader): Int32Array {
    const count = reader.count(0);
    if (this.#columns.length === 0) return new Int32Array(Math.min(count, 1));
    let groups = this.#columns[0].readIds(reader);
    if (this.#columns.length === 1) return groups;
    const { length: n } = groups;
    this.#reserve(n);
    this.#groups.set(groups);
    for (let c = 1; c < this.#columns.length; c++) {
      const ids = this.#columns[c].readIds(reader);
      this.#ids.set(ids.length > n ? ids.subarray(0, n) : ids);
      this.#combine(c, this.#groups, this.#ids, Math.min(n, ids.length));
    }
    groups = this.#groups.slice(0, n);
    return groups;
  }

  /** All groups in key order: stable counting sorts by the rank of each column's value, from the last column to the first. */
  sorted(): Int32Array {
    if (this.#columns.length === 1) return this.#columns[0].sorted();
    const ids = this.idsByColumn();
    let order = this.all();
    for (let c = ids.length - 1; c >= 0; c--) {
      const ranks = this.#columns[c].ranks();
      const column = ids[c];
      const next = new Int32Array(ranks.length + 1);
      for (let i = 0; i < order.length; i++) next[ranks[column[order[i]]] + 1]++;
      for (let rank = 0; rank < ranks.length; rank++) next[rank + 1] += next[rank];
      const sorted = new Int32Array(order.length);
      for (let i = 0; i < order.length; i++) sorted[next[ranks[column[order[i]]]]++] = order[i];
      order = sorted;
    }
    return order;
  }

  /** All groups as they came. */
  all(): Int32Array {
    const groups = new Int32Array(this.size);
    for (let group = 0; group < groups.length; group++) groups[group] = group;
    return groups;
  }

  /** Key values of these groups, column by column. */
  values(groups: Int32Array): unknown[][] {
    const ids = this.idsByColumn();
    return this.#columns.map((dictionary, c) => {
      const cache: unknown[] = new Array(dictionary.size);
      const values: unknown[] = new Array(groups.length);
      const column = ids[c];
      for (let i = 0; i < groups.length; i++) {
        const id = column[groups[i]];
        values[i] = cache[id] ??= dictionary.value(id);
      }
      return values;
    });
  }

  /** The same as typed columns; valid until a group is added. `isAll`: the groups are all of them, as they came. */
  vectors(groups: Int32Array, isAll: boolean): ResultVector[] {
    const ids = this.idsByColumn();
    return this.#columns.map((dictionary, c) => dictionary.column(isAll ? ids[c] : gather(ids[c], groups)));
  }
}

function gather(values: Int32Array, indexes: Int32Array): Int32Array {
  const out = new Int32Array(indexes.length);
  for (let i = 0; i < out.length; i++) out[i] = values[indexes[i]];
  return out;
}
