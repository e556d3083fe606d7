/**
 * Values to dense ids (0, 1, 2, …), for keys and for distinct values: what both kernels' dictionaries have in common.
 * Null has an id too, made when first met; NaN is one value. Equal values of different kinds of vectors are one value.
 */
import { type ByteReader, ByteWriter } from "../../sketch/bytes.ts";
import { type ResultVector, vectorOf } from "../columns.ts";
import type { TextVector, ValueVector, Vector } from "../vector.ts";
import { Cell, compareCells, NULL, TEXT, tagOf } from "./cell.ts";

/** Computed strings are remembered by the string itself up to this many, which saves encoding the usual ones again. */
const STRINGS_REMEMBERED_MAX = 65_536;

export abstract class ValueTable {
  readonly #strings: Map<string, number> = new Map();
  protected readonly cell: Cell = new Cell();
  /** 0 for every id, but while a column is written: a partial may be cut into hundreds of parts, each with few of the ids. */
  #places: Int32Array = new Int32Array(0);

  abstract get size(): number;
  /** Memory that is held, about. */
  abstract get bytes(): number;
  protected abstract internText(vector: TextVector, n: number, out: Int32Array, skipped: boolean): boolean;
  protected abstract findText(vector: TextVector, n: number, out: Int32Array): boolean;
  /** Numbers of one tag. */
  abstract internNumbers(
    tag: number,
    values: Float64Array,
    nulls: Uint8Array | undefined,
    n: number,
    out: Int32Array,
    skipped: boolean,
  ): boolean;
  protected abstract findNumbers(
    tag: number,
    values: Float64Array,
    nulls: Uint8Array | undefined,
    n: number,
    out: Int32Array,
  ): boolean;
  /** The id of any value, null included. */
  abstract internCell(cell: Cell): number;
  /** The same, or -1 where it is not there. */
  abstract findCell(cell: Cell): number;
  /** The value of an id; its bytes are valid until the table grows. */
  abstract load(id: number, cell: Cell): void;
  /** By id, the hash that partitions are cut by: the same in every worker. Valid until the table grows. */
  abstract hashes(): Int32Array;
  protected abstract forget(): void;

  /** Ids of the first n rows into `out`. Nulls get their id, or -1 where `nulls` is "skip". True: there was a -1. */
  intern(vector: Vector, n: number, out: Int32Array, nulls: "key" | "skip"): boolean {
    const skipped = nulls === "skip";
    if (vector.kind === "text") return this.internText(vector, n, out, skipped);
    if (vector.kind === "values") return this.#internValues(vector, n, out, skipped);
    if (vector.kind === "bigint") return this.#internCells(vector, n, out, skipped);
    return this.internNumbers(tagOf(vector.kind), vector.values, vector.nulls, n, out, skipped);
  }

  /** Ids of values that are there, -1 for the others. True: there was a -1. */
  find(vector: Vector, n: number, out: Int32Array): boolean {
    if (vector.kind === "text") return this.findText(vector, n, out);
    if (vector.kind !== "bigint" && vector.kind !== "values") {
      return this.findNumbers(tagOf(vector.kind), vector.values, vector.nulls, n, out);
    }
    let isMissing = false;
    for (let i = 0; i < n; i++) {
      this.cell.load(vector, i);
      out[i] = this.findCell(this.cell);
      if (out[i] < 0) isMissing = true;
    }
    return isMissing;
  }

  #internValues(vector: ValueVector, n: number, out: Int32Array, skipped: boolean): boolean {
    const { values } = vector;
    const strings = this.#strings;
    let hasSkipped = false;
    for (let i = 0; i < n; i++) {
      const value = values[i];
      let id = typeof value === "string" ? strings.get(value) : undefined;
      if (id === undefined) {
        this.cell.setValue(value);
        id = this.#idOf(skipped);
        if (typeof value === "string") {
          if (strings.size >= STRINGS_REMEMBERED_MAX) strings.clear();
          strings.set(value, id);
        }
      }
      out[i] = id;
      if (id < 0) hasSkipped = true;
    }
    return hasSkipped;
  }

  #internCells(vector: Vector, n: number, out: Int32Array, skipped: boolean): boolean {
    let hasSkipped = false;
    for (let i = 0; i < n; i++) {
      this.cell.load(vector, i);
      out[i] = this.#idOf(skipped);
      if (out[i] < 0) hasSkipped = true;
    }
    return hasSkipped;
  }

  #idOf(skipped: boolean): number {
    return skipped && this.cell.tag === NULL ? -1 : this.internCell(this.cell);
  }

  clear(): void {
    this.#strings.clear();
    this.forget();
  }

  value(id: number): unknown {
    this.load(id, this.cell);
    return this.cell.value();
  }

  /** All ids in the order of their values. */
  sorted(): Int32Array {
    const a = new Cell();
    const b = new Cell();
    const ids = new Int32Array(this.size);
    for (let id = 0; id < ids.length; id++) ids[id] = id;
    return ids.sort((left, right) => {
      this.load(left, a);
      this.load(right, b);
      return compareCells(a, b);
    });
  }

  /** ranks[id]: the place of the id in value order. */
  ranks(): Int32Array {
    const sorted = this.sorted();
    const ranks = new Int32Array(sorted.length);
    for (let place = 0; place < sorted.length; place++) ranks[sorted[place]] = place;
    return ranks;
  }

  /** Values of these ids as a column; valid until the table changes. */
  column(ids: Int32Array): ResultVector {
    const values: unknown[] = new Array(ids.length);
    const known: unknown[] = new Array(this.size);
    for (let i = 0; i < ids.length; i++) values[i] = known[ids[i]] ??= this.value(ids[i]);
    return vectorOf(values);
  }

  /** The ids as a column: the values used, once each, then their places. */
  writeIds(writer: ByteWriter, ids: Int32Array): void {
    if (this.#places.length < this.size) this.#places = new Int32Array(this.size * 2);
    const local = this.#places;
    const used = new Int32Array(Math.min(ids.length, this.size));
    let count = 0;
    for (let i = 0; i < ids.length; i++) {
      const id = ids[i];
      if (local[id] !== 0) continue;
      used[count++] = id;
      local[id] = count;
    }
    this.writeValues(writer, used.subarray(0, count));
    writer.varint(ids.length);
    writer.column(ids, local, -1, count - 1);
    for (let i = 0; i < count; i++) local[used[i]] = 0;
  }

  readIds(reader: ByteReader): Int32Array {
    const used = this.readValues(reader);
    return reader.column(reader.count(1), used);
  }

  /** Values as a section of a partial: all text, all numbers of one type, or anything. */
  writeValues(writer: ByteWriter, ids: Int32Array): void {
    writer.varint(ids.length);
    const tag = this.commonTag(ids);
    if (tag === TEXT) {
      writer.byte(TEXTS);
      const { lengths, bytes } = this.texts(ids);
      let longest = 0;
      for (let i = 0; i < lengths.length; i++) longest = Math.max(longest, lengths[i]);
      writer.uints(lengths, lengths.length, longest);
      writer.raw(bytes);
    } else if (tag !== undefined) {
      writer.byte(NUMBERS);
      writer.byte(tag);
      const numbers = this.numbers(ids);
      writer.raw(new Uint8Array(numbers.buffer, 0, numbers.byteLength));
    } else {
      writer.byte(CELLS);
      for (let i = 0; i < ids.length; i++) {
        this.load(ids[i], this.cell);
        this.cell.write(writer);
      }
    }
  }

  /** TEXT, or the tag of numbers without bytes, where all these values have it. */
  protected commonTag(ids: Int32Array): number | undefined {
    const { cell } = this;
    let tag: number | undefined;
    for (let i = 0; i < ids.length; i++) {
      this.load(ids[i], cell);
      if (cell.tag === NULL || (cell.hasBytes && cell.tag !== TEXT)) return undefined;
      if (i > 0 && cell.tag !== tag) return undefined;
      tag = cell.tag;
    }
    return tag;
  }

  /** Of values that are text. */
  protected texts(ids: Int32Array): { lengths: Int32Array; bytes: Uint8Array } {
    const { cell } = this;
    const writer = new ByteWriter(ids.length * 16);
    const lengths = new Int32Array(ids.length);
    for (let i = 0; i < ids.length; i++) {
      this.load(ids[i], cell);
      lengths[i] = cell.end - cell.start;
      writer.raw(cell.bytes.subarray(cell.start, cell.end));
    }
    return { lengths, bytes: writer.bytes.subarray(0, writer.length) };
  }

  protected numbers(ids: Int32Array): Float64Array {
    const numbers = new Float64Array(ids.length);
    for (let i = 0; i < ids.length; i++) {
      this.load(ids[i], this.cell);
      numbers[i] = this.cell.number;
    }
    return numbers;
  }

  /** Ids here of the values that were written, in their order. */
  readValues(reader: ByteReader): Int32Array {
    const count = reader.count(1);
    const form = reader.index(NUMBERS + 1);
    const ids = new Int32Array(count);
    if (form === TEXTS) this.internText(textsOf(reader, count), count, ids, false);
    else if (form === NUMBERS) {
      const tag = reader.index(TEXT);
      const numbers = new Float64Array(count);
      new Uint8Array(numbers.buffer).set(reader.raw(count * 8));
      this.internNumbers(tag, numbers, undefined, count, ids, false);
    } else {
      for (let i = 0; i < count; i++) {
        this.cell.read(reader);
        ids[i] = this.internCell(this.cell);
      }
    }
    return ids;
  }
}

/** Forms of a section of values. */
const CELLS = 0;
const TEXTS = 1;
const NUMBERS = 2;

function textsOf(reader: ByteReader, count: number): TextVector {
  const ends = reader.uints(count);
  const starts = new Int32Array(count);
  let total = 0;
  for (let i = 0; i < count; i++) {
    starts[i] = total;
    total += ends[i];
    ends[i] = total;
  }
  return { kind: "text", bytes: reader.raw(total), starts, ends };
}
