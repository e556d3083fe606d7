/**
 * Pairs of ids to dense ids: (key id, key id) → group, (group, value) → count. Two forms:
 *
 *     grid   ids + 1 at [a << shift | b], while both sides are known to be small: no hash, and little memory
 *     slots  [a, b, id + 1, unused] per entry, a power of two of them, at most half full, linear probing from the high bits
 *
 *     lefts[id], rights[id]  the pair
 */
import { hashPair } from "../../base/hash.ts";
import { growInts } from "./grow.ts";
import type { Pairs } from "./tables.ts";

/** A grid of 2 MB at most: it shares the cache with the rest. */
const GRID_MAX: number = 512 * 1024;

export class PairTable implements Pairs {
  size = 0;
  lefts: Int32Array = new Int32Array(64);
  rights: Int32Array = new Int32Array(64);
  #grid: Int32Array | undefined = new Int32Array(0);
  #gridShift = 0;
  #slots: Int32Array = new Int32Array(0);
  #shift = 25;

  get bytes(): number {
    return (this.lefts.length + this.rights.length + (this.#grid?.length ?? 0) + this.#slots.length) * 4;
  }

  clear(): void {
    if (this.#grid !== undefined) {
      for (let id = 0; id < this.size; id++) this.#grid[(this.lefts[id] << this.#gridShift) | this.rights[id]] = 0;
    } else if (this.size > 0) this.#slots.fill(0);
    this.size = 0;
  }

  find(lefts: Int32Array, rights: Int32Array, n: number, out: Int32Array): boolean {
    let isMissing = false;
    for (let i = 0; i < n; i++) {
      out[i] = lefts[i] < 0 || rights[i] < 0 ? -1 : this.#find(lefts[i], rights[i]);
      if (out[i] < 0) isMissing = true;
    }
    return isMissing;
  }

  #find(a: number, b: number): number {
    const grid = this.#grid;
    if (grid !== undefined) {
      const at = a * 2 ** this.#gridShift + b;
      return b >= 2 ** this.#gridShift || at >= grid.length ? -1 : grid[at] - 1;
    }
    const slots = this.#slots;
    const mask = slots.length - 4;
    let slot = (hashPair(a, b) >>> this.#shift) << 2;
    while (slots[slot + 2] !== 0 && (slots[slot] !== a || slots[slot + 1] !== b)) slot = (slot + 4) & mask;
    return slots[slot + 2] - 1;
  }

  intern(
    lefts: Int32Array,
    rights: Int32Array,
    n: number,
    out: Int32Array,
    leftCount: number,
    rightCount: number,
  ): void {
    this.#reserve(leftCount, rightCount);
    if (this.#grid === undefined) {
      this.#internSlots(lefts, rights, n, out);
      return;
    }
    const grid = this.#grid;
    const shift = this.#gridShift;
    for (let i = 0; i < n; i++) {
      const at = (lefts[i] << shift) | rights[i];
      const stored = grid[at];
      if (stored !== 0) out[i] = stored - 1;
      else {
        const id = this.#add(lefts[i], rights[i]);
        grid[at] = id + 1;
        out[i] = id;
      }
    }
  }

  #reserve(leftCount: number, rightCount: number): void {
    if (this.#grid === undefined) return;
    let shift = this.#gridShift;
    while (2 ** shift < rightCount && shift < 31) shift++;
    const cells = leftCount * 2 ** shift;
    if (shift === this.#gridShift && cells <= this.#grid.length) return;
    if (cells > GRID_MAX) {
      this.#grid = undefined;
      this.#slots = new Int32Array(512);
      while (this.size * 8 > this.#slots.length) this.#slots = new Int32Array(this.#slots.length * 2);
      this.#shift = Math.clz32(this.#slots.length >>> 2) + 1;
      this.#fill();
      return;
    }
    this.#gridShift = shift;
    this.#grid = new Int32Array(Math.min(GRID_MAX, cells * 2));
    for (let id = 0; id < this.size; id++) this.#grid[(this.lefts[id] << shift) | this.rights[id]] = id + 1;
  }

  #internSlots(lefts: Int32Array, rights: Int32Array, n: number, out: Int32Array): void {
    for (let i = 0; i < n; i++) {
      const a = lefts[i];
      const b = rights[i];
      const slots = this.#slots;
      const mask = slots.length - 4;
      let slot = (hashPair(a, b) >>> this.#shift) << 2;
      let stored = slots[slot + 2];
      while (stored !== 0 && (slots[slot] !== a || slots[slot + 1] !== b)) {
        slot = (slot + 4) & mask;
        stored = slots[slot + 2];
      }
      out[i] = stored !== 0 ? stored - 1 : this.#insert(a, b, slot);
    }
  }

  #add(a: number, b: number): number {
    const id = this.size++;
    if (id >= this.lefts.length) {
      this.lefts = growInts(this.lefts, id + 1);
      this.rights = growInts(this.rights, id + 1);
    }
    this.lefts[id] = a;
    this.rights[id] = b;
    return id;
  }

  #insert(a: number, b: number, slot: number): number {
    const id = this.#add(a, b);
    this.#slots[slot] = a;
    this.#slots[slot + 1] = b;
    this.#slots[slot + 2] = id + 1;
    if (this.size * 8 > this.#slots.length) {
      this.#slots = new Int32Array(this.#slots.length * 2);
      this.#shift--;
      this.#fill();
    }
    return id;
  }

  #fill(): void {
    const slots = this.#slots;
    const mask = slots.length - 4;
    for (let id = 0; id < this.size; id++) {
      let slot = (hashPair(this.lefts[id], this.rights[id]) >>> this.#shift) << 2;
      while (slots[slot + 2] !== 0) slot = (slot + 4) & mask;
      slots[slot] = this.lefts[id];
      slots[slot + 1] = this.rights[id];
      slots[slot + 2] = id + 1;
    }
  }
}
