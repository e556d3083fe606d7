/**
 * Rows to groups: each key column is interned to ids by its own dictionary; several columns are combined from the left,
 * (id, id) → pair, (pair, id) → pair, …; the last pair is the group. With one column the id is the group; with none
 * there is one group, which exists even without rows (as SQL has it: count() of nothing is 0).
 */
import { mix32 } from "../../base/hash.ts";
import type { ByteReader, ByteWriter } from "../../sketch/bytes.ts";
import type { Vector } from "../vector.ts";
import { Dictionary } from "./dictionary.ts";
import { growInts } from "./grow.ts";
import { PairTable } from "./pair-table.ts";

export class Keys {
  readonly #columns: Dictionary[];
  readonly #pairs: PairTable[];
  #groups: Int32Array = new Int32Array(0);
  #ids: Int32Array = new Int32Array(0);

  constructor(count: number) {
    this.#columns = Array.from({ length: count }, () => new Dictionary());
    this.#pairs = Array.from({ length: Math.max(0, count - 1) }, () => new PairTable());
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
    this.#groups = growInts(this.#groups, n);
    this.#ids = growInts(this.#ids, n);
  }

  /** ids[column][group]. */
  #idsByColumn(): Int32Array[] {
    const size = this.size;
    const ids = this.#columns.map(() => new Int32Array(size));
    for (let group = 0; group < size; group++) {
      let at = group;
      for (let c = this.#columns.length - 1; c > 0; c--) {
        ids[c][group] = this.#pairs[c - 1].rights[at];
        at = this.#pairs[c - 1].lefts[at];
      }
      if (ids.length > 0) ids[0][group] = at;
    }
    return ids;
  }

  /** Groups cut into parts by the hash of their key values, which is the same in every worker. */
  parts(count: number): Int32Array[] {
    const ids = this.#idsByColumn();
    const partOf = new Int32Array(this.size);
    const sizes = new Int32Array(count);
    for (let group = 0; group < partOf.length; group++) {
      let h = 0;
      for (let c = 0; c < ids.length; c++) h = Math.imul(h, 31) ^ this.#columns[c].hashes[ids[c][group]];
      // Mixed again: a part whose keys shared the high bits of their hash would fill one corner of the next table.
      const part = Math.floor(((mix32(h ^ 0x5bd1e995) >>> 0) / 2 ** 32) * count);
      partOf[group] = part;
      sizes[part]++;
    }
    const parts = Array.from(sizes, (size) => new Int32Array(size));
    for (let group = partOf.length - 1; group >= 0; group--) parts[partOf[group]][--sizes[partOf[group]]] = group;
    return parts;
  }

  write(writer: ByteWriter, groups: Int32Array): void {
    writer.varint(groups.length);
    const ids = this.#idsByColumn();
    for (let c = 0; c < ids.length; c++) {
      this.#columns[c].writeIds(
        writer,
        groups.map((group) => ids[c][group]),
      );
    }
  }

  /** The groups here of the groups that were written, in their order. */
  read(reader: ByteReader): Int32Array {
    const count = reader.count(0);
    if (this.#columns.length === 0) return new Int32Array(Math.min(count, 1));
    const groups = this.#columns[0].readIds(reader).slice();
    for (let c = 1; c < this.#columns.length; c++) {
      this.#combine(c, groups, this.#columns[c].readIds(reader), groups.length);
    }
    return groups;
  }

  /** All groups in key order: stable counting sorts by the rank of each column's value, from the last column to the first. */
  sorted(): Int32Array {
    const ids = this.#idsByColumn();
    let order = Int32Array.from({ length: this.size }, (_, group) => group);
    for (let c = ids.length - 1; c >= 0; c--) {
      const ranks = this.#columns[c].ranks();
      const next = new Int32Array(ranks.length + 1);
      for (const group of order) next[ranks[ids[c][group]] + 1]++;
      for (let rank = 0; rank < ranks.length; rank++) next[rank + 1] += next[rank];
      const sorted = new Int32Array(order.length);
      for (const group of order) sorted[next[ranks[ids[c][group]]]++] = group;
      order = sorted;
    }
    return order;
  }

  /** Key values of these groups, column by column. */
  values(groups: Int32Array): unknown[][] {
    const ids = this.#idsByColumn();
    return this.#columns.map((dictionary, c) => {
      const cache: unknown[] = new Array(dictionary.size);
      return Array.from(groups, (group) => (cache[ids[c][group]] ??= dictionary.value(ids[c][group])));
    });
  }
}
