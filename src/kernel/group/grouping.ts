/**
 * The group-by behind kernel.ts: keys to groups, aggregates by group, partials as bytes. It parses nothing and does no I/O.
 *
 *     partial:  "TMG" · version · keys · aggregates, each by its op · groups and key columns · one state per aggregate
 */
import { ThreadmillError } from "../../base/errors.ts";
import { ByteReader, ByteWriter } from "../../sketch/bytes.ts";
import type { AggregateSpec, Grouping, UserAggregate } from "../kernel.ts";
import type { RowOrder, Vector } from "../vector.ts";
import type { Accumulator } from "./accumulator.ts";
import { createAccumulator } from "./create.ts";
import { Keys } from "./keys.ts";

const MAGIC = "TMG";
const VERSION = 1;

export interface GroupingOptions {
  /** Number of key columns; 0: one group of all rows. */
  keys: number;
  aggregates: AggregateSpec[];
  /** user[i] is set where aggregates[i].op is "user". */
  user: (UserAggregate | undefined)[];
}

/** A group-by with all aggregates of the contract. Throws UsageError for wrong options of an aggregate. */
export function createGrouping(options: GroupingOptions): Grouping {
  return new HashGrouping(options);
}

class HashGrouping implements Grouping {
  readonly #options: GroupingOptions;
  #keys: Keys;
  #accumulators: Accumulator[];
  /** Groups that the accumulators have room for. */
  #room = 0;

  constructor(options: GroupingOptions) {
    this.#options = options;
    this.#keys = new Keys(options.keys);
    this.#accumulators = this.#create();
    this.#grow();
  }

  #create(): Accumulator[] {
    return this.#options.aggregates.map((spec, i) => createAccumulator(spec, this.#options.user[i]));
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
    for (let i = 0; i < this.#accumulators.length; i++) this.#accumulators[i].step(groups, n, inputs[i], order);
  }

  export(parts: number): Uint8Array[] {
    return this.#keys.parts(Math.max(1, parts)).map((groups) => {
      const writer = new ByteWriter(1024 + groups.length * 16);
      this.#writeHeader(writer);
      this.#keys.write(writer, groups);
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
    for (const accumulator of this.#accumulators) columns.push(Array.from(order, (group) => accumulator.finish(group)));
    return { rows: order.length, columns };
  }

  reset(): void {
    this.#keys = new Keys(this.#options.keys);
    this.#accumulators = this.#create();
    this.#room = 0;
    this.#grow();
  }
}
