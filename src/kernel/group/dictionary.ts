/**
 * The scalar kernel's dictionary. Two open-addressing tables share one id space:
 *
 *     byteSlots  [id + 1, hash, first word, bytes]: text, objects and large bigints, compared by hash, then by 4-byte words
 *     numberSlots  id + 1: numbers, booleans, timestamps and safe bigints, compared by (tag, value)
 *
 *     per id: tags[id], hashes[id], lengths[id] (bytes, -1 for numbers), numbers[id] (the value, or the first word in `words`)
 *
 * Text lives in `words`, each value starting at a word, the tail padded with zeros, so that comparing goes by words.
 * Slots hold all that a probe looks at but the text itself, which saves cache misses; in them only text has its bytes, the others -1.
 * Assumes a little-endian machine, as every platform of Node but one is.
 */
import { hashNumber, mix32, mixWord } from "../../base/hash.ts";
import type { TextVector } from "../vector.ts";
import { type Cell, NULL, NUMBER, OBJECT, TEXT } from "./cell.ts";
import { growBytes, growFloats, growInts } from "./grow.ts";
import { ValueTable } from "./value-table.ts";

/** 128 KB of slots. */
const SPARSE_SLOTS_MAX = 32_768;

export class Dictionary extends ValueTable {
  #size = 0;
  #tags: Uint8Array = new Uint8Array(64);
  #hashes: Int32Array = new Int32Array(64);
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

  override get size(): number {
    return this.#size;
  }

  override get bytes(): number {
    const perId = this.#tags.length * 21;
    return perId + (this.#words.length + this.#byteSlots.length + this.#numberSlots.length + this.#scratch.length) * 4;
  }

  override hashes(): Int32Array {
    return this.#hashes;
  }

  protected override forget(): void {
    this.#size = 0;
    this.#wordCount = 0;
    if (this.#byteCount > 0) this.#byteSlots.fill(0);
    if (this.#numberCount > 0) this.#numberSlots.fill(0);
    this.#byteCount = 0;
    this.#numberCount = 0;
    this.#nullId = -1;
    this.#nanId = -1;
  }

  #null(skipped: boolean): number {
    if (skipped) return -1;
    if (this.#nullId < 0) this.#nullId = this.#add(NULL, mix32(NULL), 0, -1);
    return this.#nullId;
  }

  /** The loop that everything waits for: hashes by unaligned words, and leaves only for what is new. */
  protected override internText(vector: TextVector, n: number, out: Int32Array, skipped: boolean): boolean {
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

  #find(cell: Cell, adding: boolean): number {
    const { tag } = cell;
    const length = cell.end - cell.start;
    const count = this.#toScratch(cell.bytes, cell.start, cell.end);
    const scratch = this.#scratch;
    const hash = hashWords(tag, scratch, count, length);
    const slots = this.#byteSlots;
    const words = this.#words;
    const mask = slots.length - 4;
    let slot = (hash >>> this.#byteShift) << 2;
    for (;;) {
      const id = slots[slot] - 1;
      if (id < 0) return adding ? this.#insertBytes(tag, hash, scratch, count, length, slot) : -1;
      if (slots[slot + 1] === hash && this.#lengths[id] === length && this.#tags[id] === tag) {
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

  protected override findText(vector: TextVector, n: number, out: Int32Array): boolean {
    let isMissing = false;
    for (let i = 0; i < n; i++) {
      this.cell.load(vector, i);
      out[i] = this.findCell(this.cell);
      if (out[i] < 0) isMissing = true;
    }
    return isMissing;
  }

  protected override findNumbers(
    tag: number,
    values: Float64Array,
    nulls: Uint8Array | undefined,
    n: number,
    out: Int32Array,
  ): boolean {
    let isMissing = false;
    for (let i = 0; i < n; i++) {
      const isNull = nulls !== undefined && nulls[i] !== 0;
      out[i] = isNull ? this.#nullId : this.#findNumber(tag, values[i], false);
      if (out[i] < 0) isMissing = true;
    }
    return isMissing;
  }

  /** Runs of equal values (hours, days) cost one comparison per row. */
  override internNumbers(
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
        lastId = this.#findNumber(tag, value, true);
      }
      out[i] = lastId;
    }
    return hasSkipped;
  }

  #findNumber(tag: number, value: number, adding: boolean): number {
    // biome-ignore lint/suspicious/noSelfCompare: the cheapest test for NaN in a hot path
    if (value !== value) return adding ? this.#nan() : this.#nanId;
    const hash = hashNumber(value, tag);
    const slots = this.#numberSlots;
    const mask = slots.length - 1;
    let slot = hash >>> this.#numberShift;
    for (;;) {
      const id = slots[slot] - 1;
      if (id < 0) break;
      if (this.#numbers[id] === value && this.#tags[id] === tag) return id;
      slot = (slot + 1) & mask;
    }
    if (!adding) return -1;
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
      let slot = this.#hashes[stored - 1] >>> this.#numberShift;
      while (slots[slot] !== 0) slot = (slot + 1) & (slots.length - 1);
      slots[slot] = stored;
    }
    this.#numberSlots = slots;
  }

  override internCell(cell: Cell): number {
    if (cell.tag === NULL) return this.#null(false);
    return cell.hasBytes ? this.#find(cell, true) : this.#findNumber(cell.tag, cell.number, true);
  }

  override findCell(cell: Cell): number {
    if (cell.tag === NULL) return this.#nullId;
    return cell.hasBytes ? this.#find(cell, false) : this.#findNumber(cell.tag, cell.number, false);
  }

  #add(tag: number, hash: number, number: number, length: number): number {
    const id = this.#size;
    if (id >= this.#tags.length) {
      this.#tags = growBytes(this.#tags, id + 1);
      this.#hashes = growInts(this.#hashes, id + 1);
      this.#lengths = growInts(this.#lengths, id + 1);
      this.#numbers = growFloats(this.#numbers, id + 1);
    }
    this.#tags[id] = tag;
    this.#hashes[id] = hash;
    this.#numbers[id] = number;
    this.#lengths[id] = length;
    this.#size = id + 1;
    return id;
  }

  override load(id: number, cell: Cell): void {
    const length = this.#lengths[id];
    if (length < 0) {
      cell.setNumber(this.#tags[id], this.#numbers[id]);
      return;
    }
    const start = this.#numbers[id] * 4;
    cell.setBytes(this.#tags[id], this.#bytes, start, start + length);
    if (this.#tags[id] !== TEXT) cell.number = this.#tags[id] === OBJECT ? 0 : Number(cell.value());
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
}

/** As in internText: whole words, then a tail that is 0 where there is none. */
function hashWords(tag: number, words: Int32Array, count: number, length: number): number {
  let h = tag;
  for (let i = 0; i < count; i++) h = mixWord(h, words[i]);
  if (length % 4 === 0) h = mixWord(h, 0);
  return mix32(h ^ length);
}

function tailWord(bytes: Uint8Array, at: number, end: number): number {
  let word = bytes[at];
  if (at + 1 < end) word |= bytes[at + 1] << 8;
  if (at + 2 < end) word |= bytes[at + 2] << 16;
  return word;
}
