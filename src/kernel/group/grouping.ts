/**
 * The group-by behind kernel.ts: keys to groups, aggregates by group, partials as bytes. It parses nothing and does no I/O.
 *
 *     partial:  "TMG" · version · keys · aggregates, each by its op · groups and key columns · one state per aggregate
 */
import { ThreadmillError } from "../../base/errors.ts";
import { ByteReader, ByteWriter } from "../../sketch/bytes.ts";
import { type ResultVectors, vectorOf } from "../columns.ts";
import type { AggregateSpec, PartitionableGrouping, UserAggregate } from "../kernel.ts";
import type { RowOrder, Vector } from "../vector.ts";
import type { Accumulator } from "./accumulator.ts";
import { Keys } from "./keys.ts";
import { selectVectors } from "./select.ts";
import { heapTables, type Tables } from "./tables.ts";

const MAGIC = "TMG";
const VERSION = 2;

export interface GroupingOptions {
  /** Number of key columns; 0: one group of all rows. */
  keys: number;
  aggregates: AggregateSpec[];
  /** user[i] is set where aggregates[i].op is "user". */
  user: (UserAggregate | undefined)[];
}

/** A group-by with all aggregates of the contract, on these tables. Throws UsageError for wrong options of an aggregate. */
export function createGrouping(options: GroupingOptions, tables: Tables = heapTables()): PartitionableGrouping {
  return new HashGrouping(options, tables);
}

class HashGrouping implements PartitionableGrouping {
  readonly #options: GroupingOptions;
  readonly #tables: Tables;
  readonly #keys: Keys;
  readonly #accumulators: Accumulator[];
  #found: Int32Array = new Int32Array(0);
  /** Groups that the accumulators have room for. */
  #room = 0;

  constructor(options: GroupingOptions, tables: Tables) {
    this.#options = options;
    this.#tables = tables;
    this.#keys = new Keys(options.keys, tables);
    this.#accumulators = options.aggregates.map((spec, i) => tables.accumulator(spec, options.user[i]));
    this.#grow();
  }

  get bytes(): number {
    let bytes = this.#tables.arrays.used + this.#keys.bytes;
    for (const accumulator of this.#accumulators) bytes += accumulator.bytes ?? 0;
    return bytes;
  }

  #grow(): void {
    const { size } = this.#keys;
    if (size === this.#room) return;
    this.#room = size;
    for (const accumulator of this.#accumulators) accumulator.grow(size);
  }

  get groups(): number {
    return this.#keys.size;
  }

  fold(n: number, keys: Vector[], inputs: Vector[][], order: RowOrder): void {
    if (n === 0) return;
    const groups = this.#keys.groupsOf(n, keys);
    this.#grow();
    this.#step(groups, n, inputs, order);
  }

  #step(groups: Int32Array, n: number, inputs: Vector[][], order: RowOrder): void {
    for (let i = 0; i < this.#accumulators.length; i++) this.#accumulators[i].step(groups, n, inputs[i], order);
  }

  hashes(n: number, keys: Vector[], out: Int32Array): void {
    this.#keys.hashes(n, keys, out);
  }

  foldKnown(
    n: number,
    keys: Vector[],
    inputs: Vector[][],
    order: RowOrder,
    missing: Int32Array,
    hashes: Int32Array,
  ): number {
    if (n === 0) return 0;
    const { groups, isMissing } = this.#keys.find(n, keys);
    if (!isMissing) {
      this.#step(groups, n, inputs, order);
      return 0;
    }
    if (this.#found.length < n) this.#found = new Int32Array(n * 2);
    let found = 0;
    let count = 0;
    for (let i = 0; i < n; i++) {
      if (groups[i] < 0) missing[count++] = i;
      else {
        this.#found[found] = i;
        groups[found++] = groups[i];
      }
    }
    if (found > 0) this.#stepSome(groups, found, inputs, order);
    const unknown = selectVectors(keys, missing, count);
    this.#keys.hashes(count, unknown, hashes);
    return count;
  }

  #stepSome(groups: Int32Array, found: number, inputs: Vector[][], order: RowOrder): void {
    const offsets = new Float64Array(found);
    for (let i = 0; i < found; i++) offsets[i] = order.offsets[this.#found[i]];
    const some = inputs.map((vectors) => selectVectors(vectors, this.#found, found));
    this.#step(groups, found, some, { file: order.file, offsets });
  }

  export(parts: number): Uint8Array[] {
    const ids = this.#keys.idsByColumn();
    return this.#keys.parts(Math.max(1, parts), ids).map((groups) => {
      const writer = new ByteWriter(1024 + groups.length * 16);
      this.#writeHeader(writer);
      this.#keys.write(writer, groups, ids);
      for (const accumulator of this.#accumulators) accumulator.write(writer, groups);
      return writer.finish();
    });
  }

  #writeHeader(writer: ByteWriter): void {
    writer.text(MAGIC);
    writer.byte(VERSION);
    writer.varint(this.#options.keys);
    writer.varint(this.#options.aggregates.length);
    for (const { op } of this.#options.aggregates) writer.text(op);
  }

  merge(partial: Uint8Array): void {
    const reader = new ByteReader(partial);
    this.#checkHeader(reader);
    const map = this.#keys.read(reader);
    this.#grow();
    for (const accumulator of this.#accumulators) accumulator.merge(reader, map);
  }

  #checkHeader(reader: ByteReader): void {
    const mine = new ByteWriter(64);
    this.#writeHeader(mine);
    const expect = mine.finish();
    for (const byte of expect) {
      if (reader.byte() === byte) continue;
      throw new ThreadmillError("ERR_PARTIAL_MISMATCH", "a partial belongs to another plan or another version", {
        hint: "merge only what the same job and the same version of the package exported",
      });
    }
  }

  finish(): { rows: number; columns: unknown[][] } {
    const order = this.#keys.sorted();
    const columns = this.#keys.values(order);
    for (const accumulator of this.#accumulators) columns.push(finished(accumulator, order));
    return { rows: order.length, columns };
  }

  finishVectors(sorted: boolean): ResultVectors {
    const order = sorted ? this.#keys.sorted() : this.#keys.all();
    const vectors = this.#keys.vectors(order, !sorted);
    for (const accumulator of this.#accumulators) {
      vectors.push(accumulator.vector?.(order) ?? vectorOf(finished(accumulator, order)));
    }
    return { rows: order.length, vectors };
  }

  /** Keeps the memory of what can be cleared. */
  reset(): void {
    this.#keys.clear();
    this.#accumulators.forEach((accumulator, i) => {
      if (accumulator.clear) accumulator.clear();
      else this.#accumulators[i] = this.#tables.accumulator(this.#options.aggregates[i], this.#options.user[i]);
    });
    this.#room = 0;
    this.#grow();
  }
}

function finished(accumulator: Accumulator, order: Int32Array): unknown[] {
  const values: unknown[] = new Array(order.length);
  for (let i = 0; i < order.length; i++) values[i] = accumulator.finish(order[i]);
  return values;
}
