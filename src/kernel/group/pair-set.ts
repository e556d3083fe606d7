/**
 * A set of (group, value id) pairs, for exact distinct counts. Two forms:
 *
 *     bits    one row of bits per group while groups × values is small: one access that stays in the cache
 *     sparse  owner[value] = group + 1 for the first group in which a value is met (most values of an id column have
 *             only that one), and for the further groups an open-addressing table of [group + 1, value]
 *
 * It starts with bits and goes over to sparse, for good, once bits would take more memory than the table.
 */
import { hashPair } from "../../base/hash.ts";
import { growInts } from "./grow.ts";
import type { Members } from "./tables.ts";

/** Bits may always take this much (8 MB). */
const BITS_WORDS_MIN = 2 * 1024 * 1024;
/** Bits that are filled well may take this much (32 MB): an access is one cache miss at worst, where the table takes one or two. */
const FILLED_WORDS_MAX = 8 * 1024 * 1024;
/** Words per pair that are still filled well: memory that is hardly used costs more to clear than it saves. */
const FILLED_WORDS_PER_PAIR = 24;
/** Above all that, bits may take this many words per pair: about what the table takes. */
const BITS_WORDS_PER_PAIR = 4;

/** The words that bits may take for so many pairs. */
function bitsAllowed(pairs: number): number {
  const filled = Math.min(FILLED_WORDS_MAX, pairs * FILLED_WORDS_PER_PAIR);
  return Math.max(BITS_WORDS_MIN, filled, pairs * BITS_WORDS_PER_PAIR);
}

export class PairSet implements Members {
  size = 0;
  #bits: Int32Array | undefined = new Int32Array(0);
  /** log2 of the words per group. */
  #stride = 0;
  /** Groups that may have bits; what lies behind was never touched, and should not be, for the memory's sake. */
  #groups = 0;
  #owner: Int32Array = new Int32Array(0);
  #slots: Int32Array = new Int32Array(256);
  #shift = 25;
  #used = 0;

  get bytes(): number {
    return ((this.#bits?.length ?? 0) + this.#owner.length + this.#slots.length) * 4;
  }

  clear(): void {
    this.size = 0;
    this.#bits = new Int32Array(0);
    this.#stride = 0;
    this.#groups = 0;
    this.#owner = new Int32Array(0);
    this.#slots = new Int32Array(256);
    this.#shift = 25;
    this.#used = 0;
  }

  collect(next: Int32Array, out: Int32Array): void {
    this.each((group, id) => {
      out[next[group]++] = id;
    });
  }

  add(groups: Int32Array, ids: Int32Array, n: number, counts: Float64Array, groupCount: number, idCount: number): void {
    this.#reserve(groupCount, idCount);
    if (this.#bits !== undefined) this.#addBits(this.#bits, groups, ids, n, counts);
    else this.#addSparse(groups, ids, n, counts);
  }

  rows(groups: Int32Array, words: number): Uint8Array | undefined {
    const bits = this.#bits;
    if (bits === undefined) return undefined;
    const stride = this.#stride;
    const rows = new Int32Array(groups.length * words);
    for (let i = 0; i < groups.length; i++) {
      const from = groups[i] << stride;
      const end = Math.min(words, 2 ** stride);
      if (groups[i] < this.#groups) for (let k = 0; k < end; k++) rows[i * words + k] = bits[from + k];
    }
    return new Uint8Array(rows.buffer);
  }

  addRows(
    groups: Int32Array,
    ids: Int32Array,
    rows: Uint8Array,
    words: number,
    counts: Float64Array,
    groupCount: number,
    idCount: number,
  ): void {
    const some = new Int32Array(ids.length);
    const group = new Int32Array(ids.length);
    for (let i = 0; i < groups.length; i++) {
      let n = 0;
      for (let k = 0; k < ids.length; k++) {
        some[n] = ids[k];
        n += (rows[i * words * 4 + (k >>> 3)] >>> (k & 7)) & 1;
      }
      this.add(group.fill(groups[i], 0, n), some, n, counts, groupCount, idCount);
    }
  }

  #addBits(bits: Int32Array, groups: Int32Array, ids: Int32Array, n: number, counts: Float64Array): void {
    const stride = this.#stride;
    let added = 0;
    for (let i = 0; i < n; i++) {
      const group = groups[i];
      const id = ids[i];
      const at = (group << stride) + (id >>> 5);
      const word = bits[at];
      // Without a branch: whether a pair is new is what no processor can foresee.
      const isNew = ((word >>> (id & 31)) & 1) ^ 1;
      bits[at] = word | (1 << (id & 31));
      counts[group] += isNew;
      added += isNew;
    }
    this.size += added;
  }

  #addSparse(groups: Int32Array, ids: Int32Array, n: number, counts: Float64Array): void {
    const owner = this.#owner;
    for (let i = 0; i < n; i++) {
      const id = ids[i];
      const stored = groups[i] + 1;
      const first = owner[id];
      if (first === stored) continue;
      if (first === 0) owner[id] = stored;
      else if (!this.#insert(stored, id)) continue;
      counts[stored - 1]++;
      this.size++;
    }
  }

  #insert(stored: number, id: number): boolean {
    const slots = this.#slots;
    const mask = slots.length - 2;
    let slot = (hashPair(stored, id) >>> this.#shift) << 1;
    while (slots[slot] !== 0) {
      if (slots[slot] === stored && slots[slot + 1] === id) return false;
      slot = (slot + 2) & mask;
    }
    slots[slot] = stored;
    slots[slot + 1] = id;
    if (++this.#used * 4 > slots.length) this.#grow();
    return true;
  }

  #grow(): void {
    const old = this.#slots;
    const slots = new Int32Array(old.length * 2);
    const mask = slots.length - 2;
    this.#shift--;
    for (let from = 0; from < old.length; from += 2) {
      if (old[from] === 0) continue;
      let slot = (hashPair(old[from], old[from + 1]) >>> this.#shift) << 1;
      while (slots[slot] !== 0) slot = (slot + 2) & mask;
      slots[slot] = old[from];
      slots[slot + 1] = old[from + 1];
    }
    this.#slots = slots;
  }

  #reserve(groupCount: number, idCount: number): void {
    if (this.#bits === undefined) {
      this.#owner = growInts(this.#owner, idCount);
      return;
    }
    let stride = this.#stride;
    while (32 * 2 ** stride < idCount) stride++;
    const words = groupCount * 2 ** stride;
    if (stride !== this.#stride || words > this.#bits.length) {
      if (words > bitsAllowed(this.size)) this.#toSparse(idCount);
      else this.#widen(this.#bits, stride, words);
    }
    this.#groups = groupCount;
  }

  #widen(old: Int32Array, stride: number, words: number): void {
    const bits = new Int32Array(Math.min(words * 2, Math.max(words, FILLED_WORDS_MAX)));
    const from = 2 ** this.#stride;
    if (stride === this.#stride) bits.set(old.subarray(0, this.#groups * from));
    else {
      for (let group = 0; group < this.#groups; group++) {
        const to = group * 2 ** stride;
        for (let i = 0; i < from; i++) bits[to + i] = old[group * from + i];
      }
    }
    this.#bits = bits;
    this.#stride = stride;
  }

  #toSparse(idCount: number): void {
    const pairs: PairSet = new PairSet();
    pairs.#bits = undefined;
    pairs.#owner = new Int32Array(idCount);
    this.each((group, id) => {
      if (pairs.#owner[id] === 0) pairs.#owner[id] = group + 1;
      else pairs.#insert(group + 1, id);
    });
    this.#bits = undefined;
    this.#owner = pairs.#owner;
    this.#slots = pairs.#slots;
    this.#shift = pairs.#shift;
    this.#used = pairs.#used;
  }

  each(visit: (group: number, id: number) => void): void {
    const bits = this.#bits;
    if (bits !== undefined) {
      const stride = this.#stride;
      const mask = 2 ** stride - 1;
      const end = this.#groups * 2 ** stride;
      for (let at = 0; at < end; at++) {
        for (let word = bits[at]; word !== 0; word &= word - 1) {
          visit(at >>> stride, (at & mask) * 32 + (31 - Math.clz32(word & -word)));
        }
      }
      return;
    }
    for (let id = 0; id < this.#owner.length; id++) if (this.#owner[id] !== 0) visit(this.#owner[id] - 1, id);
    for (let at = 0; at < this.#slots.length; at += 2) {
      if (this.#slots[at] !== 0) visit(this.#slots[at] - 1, this.#slots[at + 1]);
    }
  }
}
