/** collect(x, limit): the first non-null values of a group in order of file and offset, at most `limit` of them. */
import { UsageError } from "../../base/errors.ts";
import { COLLECT_VALUES_MAX } from "../../base/limits.ts";
import type { ByteReader, ByteWriter } from "../../sketch/bytes.ts";
import type { RowOrder, Vector } from "../vector.ts";
import { type Accumulator, inputOf } from "./accumulator.ts";
import { Cell, NULL } from "./cell.ts";

interface Entry {
  file: number;
  offset: number;
  cell: Cell;
}

/** Entries are sorted and cut when there are twice the limit: then the last one kept says what can be dropped at once. */
interface Collected {
  entries: Entry[];
  sorted: boolean;
  worst: Entry | undefined;
}

export class CollectAccumulator implements Accumulator {
  readonly #limit: number;
  readonly #collected: Collected[] = [];
  readonly #cell: Cell = new Cell();

  /** limit: a whole number of at least 1; default COLLECT_VALUES_MAX. */
  constructor(limit: unknown) {
    const wanted = limit ?? COLLECT_VALUES_MAX;
    if (typeof wanted !== "number" || !Number.isInteger(wanted) || wanted < 1) {
      throw new UsageError("ERR_AGGREGATE_OPTION", "collect needs a limit, a whole number of at least 1", {
        hint: "for example collect(url, 10)",
      });
    }
    this.#limit = wanted;
  }

  grow(count: number): void {
    while (this.#collected.length < count) this.#collected.push({ entries: [], sorted: true, worst: undefined });
  }

  step(groups: Int32Array, n: number, inputs: Vector[], order: RowOrder): void {
    const input = inputOf(inputs, "collect");
    for (let i = 0; i < n; i++) {
      const collected = this.#collected[groups[i]];
      if (!isWanted(collected, order.file, order.offsets[i])) continue;
      this.#cell.load(input, i);
      if (this.#cell.tag !== NULL) this.#add(collected, order.file, order.offsets[i]);
    }
  }

  #add(collected: Collected, file: number, offset: number): void {
    collected.entries.push({ file, offset, cell: copy(this.#cell) });
    collected.sorted = false;
    if (collected.entries.length >= this.#limit * 2) this.#cut(collected);
  }

  /** The sort is stable: rows of one record keep the order in which they came. */
  #cut(collected: Collected): Entry[] {
    if (collected.sorted) return collected.entries;
    collected.entries.sort(compareEntries);
    collected.entries.length = Math.min(collected.entries.length, this.#limit);
    collected.sorted = true;
    if (collected.entries.length === this.#limit) collected.worst = collected.entries[this.#limit - 1];
    return collected.entries;
  }

  write(writer: ByteWriter, groups: Int32Array): void {
    for (const group of groups) {
      const entries = this.#cut(this.#collected[group]);
      writer.varint(entries.length);
      for (const { file, offset, cell } of entries) {
        writer.varint(file);
        writer.varint(offset);
        cell.write(writer);
      }
    }
  }

  merge(reader: ByteReader, map: Int32Array): void {
    for (const group of map) {
      for (let left = reader.count(3); left > 0; left--) {
        const file = reader.varint();
        const offset = reader.varint();
        this.#cell.read(reader);
        if (isWanted(this.#collected[group], file, offset)) this.#add(this.#collected[group], file, offset);
      }
    }
  }

  finish(group: number): unknown[] {
    return this.#cut(this.#collected[group]).map((entry) => entry.cell.value());
  }
}

function isWanted({ worst }: Collected, file: number, offset: number): boolean {
  return worst === undefined || file < worst.file || (file === worst.file && offset < worst.offset);
}

function compareEntries(a: Entry, b: Entry): number {
  return a.file - b.file || a.offset - b.offset;
}

function copy(cell: Cell): Cell {
  const kept = new Cell();
  if (cell.hasBytes)
    kept.setBytes(cell.tag, new Uint8Array(cell.bytes.subarray(cell.start, cell.end)), 0, cell.end - cell.start);
  else kept.setNumber(cell.tag, cell.number);
  return kept;
}
