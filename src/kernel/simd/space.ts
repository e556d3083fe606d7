/**
 * A grouping's part of the kernel's memory: arrays for its state, scratch for what lies outside, and the functions of
 * assembly/group.ts. Vectors that the kernel's own parser made are views of that memory and are not copied.
 */
import { Arrays } from "../group/arrays.ts";
import type { TextVector } from "../vector.ts";
import type { KernelInstance } from "./instance.ts";

/** assembly/group.ts; all addresses. */
export interface GroupFunctions {
  countRows(groups: number, n: number, counts: number): void;
  countText(groups: number, ends: number, n: number, counts: number): void;
  countValid(groups: number, nulls: number, n: number, counts: number): void;
  extremes(
    groups: number,
    n: number,
    values: number,
    nulls: number,
    tag: number,
    sign: number,
    tags: number,
    numbers: number,
    report: number,
  ): void;
  sumFloats(
    groups: number,
    n: number,
    values: number,
    nulls: number,
    seen: number,
    counts: number,
    parts: number,
    report: number,
  ): void;
  sumInts(
    groups: number,
    n: number,
    values: number,
    nulls: number,
    seen: number,
    counts: number,
    ints: number,
    report: number,
  ): void;
  sumSquares(
    groups: number,
    n: number,
    values: number,
    nulls: number,
    counts: number,
    sums: number,
    squares: number,
    report: number,
  ): void;
  dictionaryNew(): number;
  dictionaryClear(d: number): void;
  dictionaryFree(d: number): void;
  dictionaryHashes(d: number, out: number): void;
  findText(d: number, bytes: number, starts: number, ends: number, n: number, out: number): number;
  internText(d: number, bytes: number, starts: number, ends: number, n: number, out: number, skip: number): number;
  internBytes(d: number, tag: number, at: number, n: number, adding: number): number;
  internNull(d: number): number;
  internNumber(d: number, tag: number, value: number, adding: number): number;
  internNumbers(
    d: number,
    tag: number,
    values: number,
    nulls: number,
    n: number,
    out: number,
    skip: number,
    adding: number,
  ): number;
  commonTag(d: number, ids: number, n: number, nulls: number): number;
  sortedIds(d: number, out: number): number;
  placesOf(d: number, ids: number, n: number, starts: number, ends: number, nulls: number): number;
  numbersOf(d: number, ids: number, n: number, out: number, nulls: number): number;
  lengthsOf(d: number, ids: number, n: number, out: number): number;
  copyTexts(d: number, ids: number, n: number, out: number): void;
  packTexts(starts: number, ends: number, n: number, out: number): void;
  textExtent(starts: number, ends: number, nulls: number, n: number, out: number): void;
  textProbes(d: number): number;
  numberProbes(d: number): number;
  hashBegin(n: number, out: number): void;
  hashEnd(n: number, out: number): void;
  hashTexts(bytes: number, starts: number, ends: number, n: number, out: number): void;
  hashNumbers(tag: number, values: number, nulls: number, n: number, out: number): void;
  sketchTexts(bytes: number, starts: number, ends: number, n: number, out: number): void;
  sketchNumbers(tag: number, values: number, nulls: number, n: number, out: number): void;
  pairsNew(): number;
  pairsFree(t: number): void;
  pairsClear(t: number): void;
  pairsIntern(
    t: number,
    lefts: number,
    rights: number,
    n: number,
    out: number,
    leftCount: number,
    rightCount: number,
  ): void;
  pairsFind(t: number, lefts: number, rights: number, n: number, out: number): number;
  pairProbes(t: number): number;
  setNew(): number;
  setFree(s: number): void;
  setClear(s: number): void;
  setAdd(s: number, groups: number, ids: number, n: number, counts: number, groupCount: number, idCount: number): void;
  setRows(s: number, groups: number, n: number, words: number, out: number): number;
  setAddRows(
    s: number,
    groups: number,
    n: number,
    ids: number,
    idsHere: number,
    rows: number,
    words: number,
    counts: number,
    groupCount: number,
    idCount: number,
  ): void;
  setCollect(s: number, next: number, out: number): void;
}

/** Arrays in the kernel's memory. */
class KernelArrays extends Arrays {
  readonly #instance: KernelInstance;

  constructor(instance: KernelInstance) {
    super();
    this.#instance = instance;
  }

  override ints(length: number): Int32Array {
    return this.#cleared(new Int32Array(...this.#block(length * 4, length)));
  }

  override floats(length: number): Float64Array {
    return this.#cleared(new Float64Array(...this.#block(length * 8, length)));
  }

  override bytes(length: number): Uint8Array {
    return this.#cleared(new Uint8Array(...this.#block(length, length)));
  }

  override release(array: ArrayBufferView): void {
    this.used -= array.byteLength;
    this.#instance.free(array.byteOffset);
  }

  #block(bytes: number, length: number): [SharedArrayBuffer, number, number] {
    const at = this.#instance.alloc(Math.max(bytes, 1));
    this.used += bytes;
    return [this.#instance.memory.buffer, at, length];
  }

  #cleared<List extends Int32Array | Float64Array | Uint8Array>(array: List): List {
    array.fill(0);
    return this.#instance.claim(array);
  }
}

/** A text vector as the kernel sees it. */
export interface PlacedText {
  bytes: number;
  starts: number;
  ends: number;
}

/** A span of bytes that is at most this much larger than the texts in it is copied as a whole. */
const SPAN_SLACK = 4;
const SPAN_BYTES_FREE = 65_536;

export class Space {
  readonly instance: KernelInstance;
  readonly kernel: GroupFunctions;
  readonly arrays: Arrays;
  readonly #scratch: { at: number; bytes: number }[] = [];

  constructor(instance: KernelInstance) {
    this.instance = instance;
    this.kernel = instance.functions<GroupFunctions>();
    this.arrays = new KernelArrays(instance);
  }

  /** Scratch number `slot` with room for so many bytes; what was in it is lost. */
  scratch(slot: number, bytes: number): number {
    const before = this.#scratch[slot];
    if (before !== undefined && before.bytes >= bytes) return before.at;
    if (before !== undefined) this.instance.free(before.at);
    const room = Math.max(1024, bytes + (bytes >> 1));
    this.arrays.used += room - (before?.bytes ?? 0);
    // Forgotten first: if memory is at its end, the old block is gone all the same.
    delete this.#scratch[slot];
    const at = this.instance.alloc(room);
    this.#scratch[slot] = { at, bytes: room };
    return at;
  }

  /** Where the first n elements of an array lie: where it is, or copied to scratch number `slot`. */
  place(array: Int32Array | Float64Array | Uint8Array, n: number, slot: number): number {
    const there = this.instance.addressOf(array);
    if (there !== undefined) return there;
    const size = array.BYTES_PER_ELEMENT;
    const at = this.scratch(slot, n * size);
    const source = new Uint8Array(array.buffer, array.byteOffset, n * size);
    this.instance.bytes.set(source, at);
    return at;
  }

  /** An address for results that are copied to `array` by `deliver`, unless it lies in the kernel's memory. */
  target(array: Int32Array, n: number, slot: number): number {
    return this.instance.addressOf(array) ?? this.scratch(slot, n * 4);
  }

  deliver(array: Int32Array, n: number, at: number): void {
    if (this.instance.addressOf(array) === undefined) array.set(this.instance.ints(at, n));
  }

  placeText(vector: TextVector, n: number): PlacedText {
    const starts = this.place(vector.starts, n, 1);
    const ends = this.place(vector.ends, n, 2);
    const bytes = this.instance.addressOf(vector.bytes);
    return bytes === undefined ? this.#copyText(vector, n, starts, ends) : { bytes, starts, ends };
  }

  #copyText(vector: TextVector, n: number, starts: number, ends: number): PlacedText {
    let least = Number.POSITIVE_INFINITY;
    let most = 0;
    let total = 0;
    for (let i = 0; i < n; i++) {
      if (vector.ends[i] < 0) continue;
      least = Math.min(least, vector.starts[i]);
      most = Math.max(most, vector.ends[i]);
      total += vector.ends[i] - vector.starts[i];
    }
    if (most === 0) return { bytes: this.scratch(0, 16), starts, ends };
    if (most - least <= total * SPAN_SLACK + SPAN_BYTES_FREE) {
      const at = this.scratch(0, most - least);
      this.instance.bytes.set(vector.bytes.subarray(least, most), at);
      // Addresses wrap around 2^32: the span's beginning is what `least` counts from.
      return { bytes: at - least, starts, ends };
    }
    return this.#packText(vector, n, total);
  }

  #packText(vector: TextVector, n: number, total: number): PlacedText {
    const bytes = this.scratch(0, total + 16);
    const starts = this.scratch(1, n * 4);
    const ends = this.scratch(2, n * 4);
    const memory = this.instance.bytes;
    const { words } = this.instance;
    let at = 0;
    for (let i = 0; i < n; i++) {
      const length = vector.ends[i] - vector.starts[i];
      if (vector.ends[i] < 0) {
        words[ends / 4 + i] = -1;
        continue;
      }
      memory.set(vector.bytes.subarray(vector.starts[i], vector.ends[i]), bytes + at);
      words[starts / 4 + i] = at;
      at += length;
      words[ends / 4 + i] = at;
    }
    return { bytes, starts, ends };
  }
}
