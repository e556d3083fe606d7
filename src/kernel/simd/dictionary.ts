/** The dictionary of the SIMD kernel: assembly/dictionary.ts, whose fields it reads. */
import type { ResultVector } from "../columns.ts";
import { type Cell, NULL, OBJECT, TEXT } from "../group/cell.ts";
import { ValueTable } from "../group/value-table.ts";
import type { TextVector } from "../vector.ts";
import type { Space } from "./space.ts";

/** Fields, in words: see assembly/dictionary.ts. */
const SIZE = 0;
const ENTRIES = 1;
const CAPACITY = 2;
const SLOT_COUNT = 4;
const SLOTS_USED = 6;
const NUMBER_COUNT = 8;
const NUMBERS_USED = 10;
const NULL_ID = 11;
const CHUNK_BYTES = 17;

/** What numbers of a tag are in a result: see group/cell.ts. */
const KINDS: Record<number, "bool" | "float" | "timestamp"> = { 1: "bool", 2: "float", 4: "timestamp" };

/** What lies in front of each text. */
const RECORD_HEADER = 8;
/** Texts that lie so close together are taken as they lie. */
const PACK_SLACK = 64;

export class SimdDictionary extends ValueTable {
  readonly #space: Space;
  readonly #at: number;
  /** Entries as they lay when they were last looked for; undefined: look again. */
  #entries: { words: Int32Array; floats: Float64Array; bytes: Uint8Array } | undefined;
  #hashes: Int32Array;
  /** Texts of the last column that was asked for. */
  #packed: Int32Array;

  constructor(space: Space) {
    super();
    this.#space = space;
    this.#at = space.kernel.dictionaryNew() >>> 0;
    this.#hashes = space.arrays.ints(0);
    this.#packed = space.arrays.ints(0);
  }

  #field(field: number): number {
    return this.#space.instance.words[this.#at / 4 + field];
  }

  override get size(): number {
    return this.#field(SIZE);
  }

  override get bytes(): number {
    const wide = this.#field(CAPACITY) + this.#field(NUMBER_COUNT);
    return wide * 16 + this.#field(SLOT_COUNT) * 8 + this.#field(CHUNK_BYTES);
  }

  protected override internText(vector: TextVector, n: number, out: Int32Array, skipped: boolean): boolean {
    const { bytes, starts, ends } = this.#space.placeText(vector, n);
    const to = this.#space.target(out, n, 3);
    const hasSkipped = this.#space.kernel.internText(this.#at, bytes, starts, ends, n, to, skipped ? 1 : 0) !== 0;
    this.#entries = undefined;
    this.#space.deliver(out, n, to);
    return hasSkipped;
  }

  protected override findText(vector: TextVector, n: number, out: Int32Array): boolean {
    const { bytes, starts, ends } = this.#space.placeText(vector, n);
    const to = this.#space.target(out, n, 3);
    const isMissing = this.#space.kernel.findText(this.#at, bytes, starts, ends, n, to) !== 0;
    this.#space.deliver(out, n, to);
    return isMissing;
  }

  override internNumbers(
    tag: number,
    values: Float64Array,
    nulls: Uint8Array | undefined,
    n: number,
    out: Int32Array,
    skipped: boolean,
  ): boolean {
    return this.#numbers(tag, values, nulls, n, out, skipped, true);
  }

  protected override findNumbers(
    tag: number,
    values: Float64Array,
    nulls: Uint8Array | undefined,
    n: number,
    out: Int32Array,
  ): boolean {
    return this.#numbers(tag, values, nulls, n, out, false, false);
  }

  #numbers(
    tag: number,
    values: Float64Array,
    nulls: Uint8Array | undefined,
    n: number,
    out: Int32Array,
    skipped: boolean,
    adding: boolean,
  ): boolean {
    const space = this.#space;
    const from = space.place(values, n, 1);
    const flags = nulls === undefined ? 0 : space.place(nulls, n, 2);
    const to = space.target(out, n, 3);
    const isMissing = space.kernel.internNumbers(this.#at, tag, from, flags, n, to, skipped ? 1 : 0, adding ? 1 : 0);
    if (adding) this.#entries = undefined;
    space.deliver(out, n, to);
    return isMissing !== 0;
  }

  override internCell(cell: Cell): number {
    if (cell.tag === NULL) {
      this.#entries = undefined;
      return this.#space.kernel.internNull(this.#at);
    }
    return this.#cell(cell, 1);
  }

  override findCell(cell: Cell): number {
    return cell.tag === NULL ? this.#field(NULL_ID) : this.#cell(cell, 0);
  }

  #cell(cell: Cell, adding: 0 | 1): number {
    const space = this.#space;
    if (adding === 1) this.#entries = undefined;
    if (!cell.hasBytes) return space.kernel.internNumber(this.#at, cell.tag, cell.number, adding);
    const { bytes, start, end } = cell;
    const owner = space.instance.addressOf(bytes);
    let at = (owner ?? 0) + start;
    if (owner === undefined) {
      at = space.scratch(0, end - start);
      space.instance.bytes.set(bytes.subarray(start, end), at);
    }
    return space.kernel.internBytes(this.#at, cell.tag, at, end - start, adding);
  }

  override load(id: number, cell: Cell): void {
    if (this.#entries === undefined) {
      const at = this.#field(ENTRIES) >>> 0;
      const { instance } = this.#space;
      const { size } = this;
      this.#entries = {
        words: instance.ints(at, size * 4),
        floats: instance.doubles(at, size * 2),
        bytes: instance.bytes,
      };
    }
    const { words, floats, bytes } = this.#entries;
    const tag = words[id * 4 + 3];
    const length = words[id * 4 + 2];
    if (length < 0) {
      cell.setNumber(tag, floats[id * 2]);
      return;
    }
    const start = words[id * 4] >>> 0;
    cell.setBytes(tag, bytes, start, start + length);
    if (tag !== TEXT) cell.number = tag === OBJECT ? 0 : Number(cell.value());
  }

  override hashes(): Int32Array {
    this.#hashes = this.#space.arrays.growInts(this.#hashes, this.size);
    this.#space.kernel.dictionaryHashes(this.#at, this.#hashes.byteOffset);
    return this.#hashes;
  }

  protected override forget(): void {
    this.#entries = undefined;
    this.#space.kernel.dictionaryClear(this.#at);
  }

  override sorted(): Int32Array {
    const space = this.#space;
    const { size } = this;
    const to = space.scratch(3, size * 4);
    if (space.kernel.sortedIds(this.#at, to) === 0) return super.sorted();
    return space.instance.ints(to, size).slice();
  }

  override column(ids: Int32Array): ResultVector {
    const space = this.#space;
    const { length: n } = ids;
    const from = space.place(ids, n, 1);
    const tag = space.kernel.commonTag(this.#at, from, n, 1);
    if (tag === TEXT) return this.#textColumn(from, n);
    const kind = KINDS[tag];
    if (kind === undefined) return super.column(ids);
    const to = space.scratch(2, n * 8);
    const nulls = space.scratch(4, n);
    const hasNulls = space.kernel.numbersOf(this.#at, from, n, to, nulls) !== 0;
    const flags = hasNulls ? space.instance.bytes.slice(nulls, nulls + n) : undefined;
    return { kind, values: space.instance.doubles(to, n).slice(), nulls: flags };
  }

  /** Texts stay where they are, unless much else lies between them: then they are copied, one behind the other. */
  #textColumn(ids: number, n: number): ResultVector {
    const { kernel, instance } = this.#space;
    const starts = this.#space.scratch(2, n * 4);
    const ends = this.#space.scratch(3, n * 4);
    const nulls = this.#space.scratch(4, n);
    const hasNulls = kernel.placesOf(this.#at, ids, n, starts, ends, nulls) !== 0;
    const bytes = this.#pack(starts, ends, nulls, n);
    const { buffer } = instance.memory;
    return {
      kind: "text",
      bytes: bytes ?? instance.bytes,
      starts: new Uint32Array(buffer, starts, n).slice(),
      ends: new Uint32Array(buffer, ends, n).slice(),
      nulls: hasNulls ? instance.bytes.slice(nulls, nulls + n) : undefined,
    };
  }

  /** Undefined: they lie close together. */
  #pack(starts: number, ends: number, nulls: number, n: number): Uint8Array | undefined {
    const { kernel, instance, arrays } = this.#space;
    const extent = this.#space.scratch(5, 16);
    kernel.textExtent(starts, ends, nulls, n, extent);
    const span = (instance.words[extent / 4 + 1] >>> 0) - (instance.words[extent / 4] >>> 0);
    const sum = instance.floats[extent / 8 + 1];
    if (span <= sum * 2 + n * RECORD_HEADER + PACK_SLACK) return undefined;
    this.#packed = arrays.growInts(this.#packed, Math.ceil(sum / 4) + 4);
    kernel.packTexts(starts, ends, n, this.#packed.byteOffset);
    return new Uint8Array(this.#packed.buffer, this.#packed.byteOffset, sum);
  }

  protected override commonTag(ids: Int32Array): number | undefined {
    const { length: n } = ids;
    const tag = this.#space.kernel.commonTag(this.#at, this.#space.place(ids, n, 1), n, 0);
    return tag < 0 ? undefined : tag;
  }

  protected override texts(ids: Int32Array): { lengths: Int32Array; bytes: Uint8Array } {
    const space = this.#space;
    const { length: n } = ids;
    const from = space.place(ids, n, 1);
    const to = space.scratch(2, n * 4);
    const total = space.kernel.lengthsOf(this.#at, from, n, to);
    const bytes = space.scratch(0, total + 16);
    space.kernel.copyTexts(this.#at, from, n, bytes);
    return { lengths: space.instance.ints(to, n), bytes: space.instance.bytes.subarray(bytes, bytes + total) };
  }

  protected override numbers(ids: Int32Array): Float64Array {
    const space = this.#space;
    const { length: n } = ids;
    const to = space.scratch(2, n * 8);
    space.kernel.numbersOf(this.#at, space.place(ids, n, 1), n, to, space.scratch(4, n));
    return new Float64Array(space.instance.doubles(to, n));
  }

  /** Mean slots looked at to find what is there: the test of the hash's quality. 1 is perfect. */
  probeLengths(): { text: number; number: number } {
    const { kernel } = this.#space;
    const texts = this.#field(SLOTS_USED);
    const numbers = this.#field(NUMBERS_USED);
    return {
      text: texts === 0 ? 0 : kernel.textProbes(this.#at) / texts,
      number: numbers === 0 ? 0 : kernel.numberProbes(this.#at) / numbers,
    };
  }
}
