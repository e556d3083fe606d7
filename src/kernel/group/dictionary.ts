/**
 * Values to dense ids (0, 1, 2, …), for keys and for distinct values. Two open-addressing tables share one id space:
 *
 *     byteSlots  [id + 1, hash, first word, bytes]: text, objects and large bigints, compared by hash, then by 4-byte words
 *     numberSlots  id + 1: numbers, booleans, timestamps and safe bigints, compared by (tag, value)
 *
 *     per id: tags[id], hashes[id], lengths[id] (bytes, -1 for numbers), numbers[id] (the value, or the first word in `words`)
 *
 * Text lives in `words`, each value starting at a word, the tail padded with zeros, so that comparing goes by words.
 * Slots hold all that a probe looks at but the text itself, which saves cache misses; in them only text has its bytes, the others -1.
 * Assumes a little-endian machine, as every platform of Node but one is. Null has an id too, made when first met; NaN is one.
 */
import { hashNumber, mix32, mixWord } from "../../base/hash.ts";
import type { ByteReader, ByteWriter } from "../../sketch/bytes.ts";
import type { TextVector, ValueVector, Vector } from "../vector.ts";
import { Cell, compareCells, NULL, NUMBER, OBJECT, TEXT, tagOf } from "./cell.ts";
import { growBytes, growFloats, growInts } from "./grow.ts";

/** Computed strings are remembered by the string itself up to this many, which saves encoding the usual ones again. */
const STRINGS_REMEMBERED_MAX = 65_536;

/** 128 KB of slots. */
const SPARSE_SLOTS_MAX = 32_768;

export class Dictionary {
  size = 0;
  tags: Uint8Array = new Uint8Array(64);
  hashes: Int32Array = new Int32Array(64);
  #lengths: Int32Array = new Int32Array(64);
  #numbers: Float64Array = new Float64Array(64);
  #words: Int32Array = new Int32Array(256);
  #bytes: Uint8Array = new Uint8Array(this.#words.buffer);
  #wordCount = 0;
  #byteSlots: Int32Array = new Int32Array(512);
  #byteShift = 25;
  #byteCount = 0;
  #numberSlots: Int32Array = new Int32Array(128);
  #numberShift = 25;
  #numberCount = 0;
  #nullId = -1;
  #nanId = -1;
  #scratch: Int32Array = new Int32Array(64);
  #strings: Map<string, number> = new Map();
  readonly #cell: Cell = new Cell();

  /** Ids of the first n rows into `out`. Nulls get their id, or -1 where `nulls` is "skip". True: there was a -1. */
  intern(vector: Vector, n: number, out: Int32Array, nulls: "key" | "skip"): boolean {
    const skipped = nulls === "skip";
    if (vector.kind === "text") return this.#internText(vector, n, out, skipped);
    if (vector.kind === "values") return this.#internValues(vector, n, out, skipped);
    if (vector.kind === "bigint") return this.#internCells(vector, n, out, skipped);
    return this.internNumbers(tagOf(vector.kind), vector.values, vector.nulls, n, out, skipped);
  }

  #null(skipped: boolean): number {
    if (skipped) return -1;
    if (this.#nullId < 0) this.#nullId = this.#add(NULL, mix32(NULL), 0, -1);
    return this.#nullId;
  }

  /** The loop that everything waits for: hashes by unaligned words, and leaves only for what is new. */
  #internText(vector: TextVector, n: number, out: Int32Array, skipped: boolean): boolean {
    const { bytes, starts, ends } = vector;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let hasSkipped = false;
    let slots = this.#byteSlots;
    let words = this.#words;
    let shift = this.#byteShift;
    for (let i = 0; i < n; i++) {
      const start = starts[i];
      const end = ends[i];
      if (end < 0) {
        out[i] = this.#null(skipped);
        hasSkipped = skipped;
        continue;
      }
      const length = end - start;
      let h: number = TEXT;
      let at = start;
      for (const last = end - 4; at <= last; at += 4) h = mixWord(h, view.getInt32(at, true));
      let tail = 0;
      if (at < end)
        tail = length > 4 ? view.getInt32(end - 4, true) >>> ((at + 4 - end) << 3) : tailWord(bytes, at, end);
      h = mix32(mixWord(h, tail) ^ length);
      const mask = slots.length - 4;
      let slot = (h >>> shift) << 2;
      let id = slots[slot] - 1;
      while (id >= 0) {
        if (slots[slot + 1] === h && slots[slot + 3] === length) {
          // Differences are gathered, not branched on: equal hashes nearly always mean equal text.
          let word = slots[slot + 2];
          let difference = 0;
          for (let from = start; from < at; from += 4) difference |= words[word++] ^ view.getInt32(from, true);
          if (at < end) difference |= words[word] ^ tail;
          if (difference === 0) break;
        }
        slot = (slot + 4) & mask;
        id = slots[slot] - 1;
      }
      if (id < 0) {
        id = this.#insertText(bytes, start, end, h, slot);
        slots = this.#byteSlots;
        words = this.#words;
        shift = this.#byteShift;
      }
      out[i] = id;
    }
    return hasSkipped;
  }

  #insertText(bytes: Uint8Array, start: number, end: number, hash: number, slot: number): number {
    const count = this.#toScratch(bytes, start, end);
    return this.#insertBytes(TEXT, hash, this.#scratch, count, end - start, slot);
  }

  /** Copies bytes to the start of the scratch words, padded with zeros. Returns the number of words. */
  #toScratch(bytes: Uint8Array, start: number, end: number): number {
    const length = end - start;
    const count = (length + 3) >>> 2;
    if (count > this.#scratch.length) this.#scratch = new Int32Array(count * 2);
    const scratch = this.#scratch;
    if (count > 0) scratch[count - 1] = 0;
    const target = new Uint8Array(scratch.buffer, 0, length);
    for (let i = 0; i < length; i++) target[i] = bytes[start + i];
    return count;
  }

  #find(tag: number, hash: number, scratch: Int32Array, count: number, length: number): number {
    const slots = this.#byteSlots;
    const words = this.#words;
    const mask = slots.length - 4;
    let slot = (hash >>> this.#byteShift) << 2;
    for (;;) {
      const id = slots[slot] - 1;
      if (id < 0) return this.#insertBytes(tag, hash, scratch, count, length, slot);
      if (slots[slot + 1] === hash && this.#lengths[id] === length && this.tags[id] === tag) {
        const start = this.#numbers[id];
        let i = 0;
        while (i < count && words[start + i] === scratch[i]) i++;
        if (i === count) return id;
      }
      slot = (slot + 4) & mask;
    }
  }

  #insertBytes(tag: number, hash: number, scratch: Int32Array, count: number, length: number, slot: number): number {
    if (this.#wordCount + count > this.#words.length) {
      this.#words = growInts(this.#words, this.#wordCount + count);
      this.#bytes = new Uint8Array(this.#words.buffer);
    }
    const start = this.#wordCount;
    for (let i = 0; i < count; i++) this.#words[start + i] = scratch[i];
    this.#wordCount = start + count;
    const id = this.#add(tag, hash, start, length);
    this.#byteSlots[slot] = id + 1;
    this.#byteSlots[slot + 1] = hash;
    this.#byteSlots[slot + 2] = start;
    this.#byteSlots[slot + 3] = tag === TEXT ? length : -1;
    // A quarter full while that fits a cache, since a second probe costs a mispredicted branch; half full beyond.
    const sparse = this.#byteSlots.length <= SPARSE_SLOTS_MAX ? 16 : 8;
    if (++this.#byteCount * sparse > this.#byteSlots.length) this.#growByteSlots();
    return id;
  }

  #growByteSlots(): void {
    const old = this.#byteSlots;
    const slots = new Int32Array(old.length * 2);
    const mask = slots.length - 4;
    this.#byteShift--;
    for (let i = 0; i < old.length; i += 4) {
      if (old[i] === 0) continue;
      let slot = (old[i + 1] >>> this.#byteShift) << 2;
      while (slots[slot] !== 0) slot = (slot + 4) & mask;
      for (let k = 0; k < 4; k++) slots[slot + k] = old[i + k];
    }
    this.#byteSlots = slots;
  }

  /** Numbers of one tag. Runs of equal values (hours, days) cost one comparison per row. */
  internNumbers(
    tag: number,
    values: Float64Array,
    nulls: Uint8Array | undefined,
    n: number,
    out: Int32Array,
    skipped: boolean,
  ): boolean {
    let hasSkipped = false;
    let last = Number.NaN;
    let lastId = -1;
    for (let i = 0; i < n; i++) {
      if (nulls !== undefined && nulls[i] !== 0) {
        out[i] = this.#null(skipped);
        hasSkipped = skipped;
        continue;
      }
      const value = values[i];
      if (value !== last) {
        last = value;
        lastId = this.#findNumber(tag, value);
      }
      out[i] = lastId;
    }
    return hasSkipped;
  }

  #findNumber(tag: number, value: number): number {
    // biome-ignore lint/suspicious/noSelfCompare: the cheapest test for NaN in a hot path
    if (value !== value) return this.#nan();
    const hash = hashNumber(value, tag);
    const slots = this.#numberSlots;
    const mask = slots.length - 1;
    let slot = hash >>> this.#numberShift;
    for (;;) {
      const id = slots[slot] - 1;
      if (id < 0) break;
      if (this.#numbers[id] === value && this.tags[id] === tag) return id;
      slot = (slot + 1) & mask;
    }
    const id = this.#add(tag, hash, value + 0, -1);
    slots[slot] = id + 1;
    if (++this.#numberCount * 2 > slots.length) this.#growNumberSlots();
    return id;
  }

  #nan(): number {
    if (this.#nanId < 0) this.#nanId = this.#add(NUMBER, hashNumber(Number.NaN, NUMBER), Number.NaN, -1);
    return this.#nanId;
  }

  #growNumberSlots(): void {
    const old = this.#numberSlots;
    const slots = new Int32Array(old.length * 2);
    this.#numberShift--;
    for (const stored of old) {
      if (stored === 0) continue;
      let slot = this.hashes[stored - 1] >>> this.#numberShift;
      while (slots[slot] !== 0) slot = (slot + 1) & (slots.length - 1);
      slots[slot] = stored;
    }
    this.#numberSlots = slots;
  }

  #internValues(vector: ValueVector, n: number, out: Int32Array, skipped: boolean): boolean {
    const { values } = vector;
    const strings = this.#strings;
    let hasSkipped = false;
    for (let i = 0; i < n; i++) {
      const value = values[i];
      let id = typeof value === "string" ? strings.get(value) : undefined;
      if (id === undefined) {
        this.#cell.setValue(value);
        id = this.#cell.tag === NULL ? this.#null(skipped) : this.internCell(this.#cell);
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
      this.#cell.load(vector, i);
      out[i] = this.#cell.tag === NULL ? this.#null(skipped) : this.internCell(this.#cell);
      if (out[i] < 0) hasSkipped = true;
    }
    return hasSkipped;
  }

  internCell(cell: Cell): number {
    if (cell.tag === NULL) return this.#null(false);
    if (!cell.hasBytes) return this.#findNumber(cell.tag, cell.number);
    const length = cell.end - cell.start;
    const count = this.#toScratch(cell.bytes, cell.start, cell.end);
    const scratch = this.#scratch;
    // As in #internText: whole words, then a tail that is 0 where there is none.
    let h: number = cell.tag;
    for (let i = 0; i < count; i++) h = mixWord(h, scratch[i]);
    if (length % 4 === 0) h = mixWord(h, 0);
    return this.#find(cell.tag, mix32(h ^ length), scratch, count, length);
  }

  #add(tag: number, hash: number, number: number, length: number): number {
    const id = this.size;
    if (id >= this.tags.length) {
      this.tags = growBytes(this.tags, id + 1);
      this.hashes = growInts(this.hashes, id + 1);
      this.#lengths = growInts(this.#lengths, id + 1);
      this.#numbers = growFloats(this.#numbers, id + 1);
    }
    this.tags[id] = tag;
    this.hashes[id] = hash;
    this.#numbers[id] = number;
    this.#lengths[id] = length;
    this.size = id + 1;
    return id;
  }

  /** The value of an id; its bytes are valid until the dictionary grows. */
  load(id: number, cell: Cell): void {
    const length = this.#lengths[id];
    if (length < 0) {
      cell.setNumber(this.tags[id], this.#numbers[id]);
      return;
    }
    const start = this.#numbers[id] * 4;
    cell.setBytes(this.tags[id], this.#bytes, start, start + length);
    if (this.tags[id] !== TEXT) cell.number = this.tags[id] === OBJECT ? 0 : Number(cell.value());
  }

  value(id: number): unknown {
    this.load(id, this.#cell);
    return this.#cell.value();
  }

  /** Mean slots looked at to find a text that is there: the test of the hash's quality. 1 is perfect. */
  probeLength(): number {
    const slots = this.#byteSlots;
    let steps = 0;
    for (let slot = 0; slot < slots.length; slot += 4) {
      if (slots[slot] === 0) continue;
      const home = (slots[slot + 1] >>> this.#byteShift) << 2;
      steps += 1 + (((slot - home) & (slots.length - 4)) >>> 2);
    }
    return this.#byteCount === 0 ? 0 : steps / this.#byteCount;
  }

  /** Ids in the order of their values. */
  sorted(ids: Int32Array): Int32Array {
    const a = new Cell();
    const b = new Cell();
    return ids.sort((left, right) => {
      this.load(left, a);
      this.load(right, b);
      return compareCells(a, b);
    });
  }

  /** ranks[id]: the place of the id in value order. */
  ranks(): Int32Array {
    const ids = new Int32Array(this.size);
    for (let id = 0; id < ids.length; id++) ids[id] = id;
    this.sorted(ids);
    const ranks = new Int32Array(this.size);
    for (let place = 0; place < ids.length; place++) ranks[ids[place]] = place;
    return ranks;
  }

  /** The ids as a column: the values used, once each, then their places. */
  writeIds(writer: ByteWriter, ids: Int32Array): void {
    const local = new Int32Array(this.size);
    const used = new Int32Array(Math.min(ids.length, this.size));
    let count = 0;
    for (const id of ids) {
      if (local[id] !== 0) continue;
      used[count++] = id;
      local[id] = count;
    }
    writer.varint(count);
    for (let i = 0; i < count; i++) {
      this.load(used[i], this.#cell);
      this.#cell.write(writer);
    }
    writer.varint(ids.length);
    writer.column(ids, local, -1, count - 1);
  }

  readIds(reader: ByteReader): Int32Array {
    const used = new Int32Array(reader.count(1));
    for (let i = 0; i < used.length; i++) {
      this.#cell.read(reader);
      used[i] = this.internCell(this.#cell);
    }
    return reader.column(reader.count(1), used);
  }
}

function tailWord(bytes: Uint8Array, at: number, end: number): number {
  let word = bytes[at];
  if (at + 1 < end) word |= bytes[at + 1] << 8;
  if (at + 2 < end) word |= bytes[at + 2] << 16;
  return word;
}
