/**
 * Pairs of 32-bit integers to dense ids: (key id, key id) → group, (group, value) → count.
 *
 *     slots  [a, b, id + 1, unused] per entry, power of two entries, at most half full, linear probing from the hash's high bits
 *     lefts[id], rights[id]  the pair
 */
import { hashPair } from "../../base/hash.ts";
import { growInts } from "./grow.ts";

export class PairTable {
  size = 0;
  lefts: Int32Array = new Int32Array(64);
  rights: Int32Array = new Int32Array(64);
  #slots: Int32Array = new Int32Array(512);
  #shift = 25;

  /** Ids of (lefts[i], rights[i]) for the first n rows into `out`. */
  intern(lefts: Int32Array, rights: Int32Array, n: number, out: Int32Array): void {
    let slots = this.#slots;
    let mask = slots.length - 4;
    let shift = this.#shift;
    for (let i = 0; i < n; i++) {
      const a = lefts[i];
      const b = rights[i];
      let slot = (hashPair(a, b) >>> shift) << 2;
      for (;;) {
        const stored = slots[slot + 2];
        if (stored === 0) {
          out[i] = this.#insert(a, b, slot);
          slots = this.#slots;
          mask = slots.length - 4;
          shift = this.#shift;
          break;
        }
        if (slots[slot] === a && slots[slot + 1] === b) {
          out[i] = stored - 1;
          break;
        }
        slot = (slot + 4) & mask;
      }
    }
  }

  #insert(a: number, b: number, slot: number): number {
    const id = this.size++;
    this.lefts = growInts(this.lefts, id + 1);
    this.rights = growInts(this.rights, id + 1);
    this.lefts[id] = a;
    this.rights[id] = b;
    this.#slots[slot] = a;
    this.#slots[slot + 1] = b;
    this.#slots[slot + 2] = id + 1;
    if (this.size * 8 > this.#slots.length) this.#grow();
    return id;
  }

  #grow(): void {
    const old = this.#slots;
    const slots = new Int32Array(old.length * 2);
    const mask = slots.length - 4;
    this.#shift--;
    for (let from = 0; from < old.length; from += 4) {
      if (old[from + 2] === 0) continue;
      let slot = (hashPair(old[from], old[from + 1]) >>> this.#shift) << 2;
      while (slots[slot + 2] !== 0) slot = (slot + 4) & mask;
      slots[slot] = old[from];
      slots[slot + 1] = old[from + 1];
      slots[slot + 2] = old[from + 2];
    }
    this.#slots = slots;
  }
}
