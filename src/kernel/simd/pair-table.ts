/** Pairs and sets of pairs of the SIMD kernel: assembly/pair-table.ts and pair-set.ts, whose fields they read. */
import type { Members, Pairs } from "../group/tables.ts";
import type { Space } from "./space.ts";

/** The kernel's counts are 32 bits wide. */
const UNKNOWN = 0xffffffff;

/** Fields, in words. */
const SIZE = 0;
const PAIR_LEFTS = 1;
const PAIR_RIGHTS = 2;
const PAIR_CAPACITY = 3;
const PAIR_CELLS = 6;
const PAIR_SLOTS = 8;
const SET_BITS = 1;
const SET_WORDS = 2;
const SET_OWNERS = 6;
const SET_SLOTS = 8;

export class SimdPairTable implements Pairs {
  readonly #space: Space;
  readonly #at: number;

  constructor(space: Space) {
    this.#space = space;
    this.#at = space.kernel.pairsNew() >>> 0;
  }

  #field(field: number): number {
    return this.#space.instance.words[this.#at / 4 + field];
  }

  get size(): number {
    return this.#field(SIZE);
  }

  get bytes(): number {
    return this.#field(PAIR_CAPACITY) * 8 + this.#field(PAIR_CELLS) * 4 + this.#field(PAIR_SLOTS) * 16;
  }

  /** Valid until the table grows. */
  get lefts(): Int32Array {
    return this.#space.instance.ints(this.#field(PAIR_LEFTS) >>> 0, this.size);
  }

  get rights(): Int32Array {
    return this.#space.instance.ints(this.#field(PAIR_RIGHTS) >>> 0, this.size);
  }

  intern(
    lefts: Int32Array,
    rights: Int32Array,
    n: number,
    out: Int32Array,
    leftCount: number,
    rightCount: number,
  ): void {
    const space = this.#space;
    const left = space.place(lefts, n, 1);
    const right = space.place(rights, n, 2);
    const to = space.target(out, n, 3);
    const [most, mostRight] = [Math.min(leftCount, UNKNOWN), Math.min(rightCount, UNKNOWN)];
    space.kernel.pairsIntern(this.#at, left, right, n, to, most, mostRight);
    space.deliver(out, n, to);
  }

  find(lefts: Int32Array, rights: Int32Array, n: number, out: Int32Array): boolean {
    const space = this.#space;
    const to = space.target(out, n, 3);
    const [left, right] = [space.place(lefts, n, 1), space.place(rights, n, 2)];
    const isMissing = space.kernel.pairsFind(this.#at, left, right, n, to) !== 0;
    space.deliver(out, n, to);
    return isMissing;
  }

  clear(): void {
    this.#space.kernel.pairsClear(this.#at);
  }

  /** Mean slots looked at to find what is there; 0 where it is a grid. */
  probeLength(): number {
    return this.#field(PAIR_SLOTS) === 0 || this.size === 0 ? 0 : this.#space.kernel.pairProbes(this.#at) / this.size;
  }
}

export class SimdPairSet implements Members {
  readonly #space: Space;
  readonly #at: number;

  constructor(space: Space) {
    this.#space = space;
    this.#at = space.kernel.setNew() >>> 0;
  }

  #field(field: number): number {
    return this.#space.instance.words[this.#at / 4 + field];
  }

  get size(): number {
    return this.#field(SIZE);
  }

  get bytes(): number {
    return (this.#field(SET_WORDS) + this.#field(SET_OWNERS)) * 4 + this.#field(SET_SLOTS) * 8;
  }

  /** Whether it is kept as bits now. */
  get isBits(): boolean {
    return this.#field(SET_BITS) !== 0;
  }

  /** `counts` lies in the kernel's memory. */
  add(groups: Int32Array, ids: Int32Array, n: number, counts: Float64Array, groupCount: number, idCount: number): void {
    const space = this.#space;
    const from = space.place(groups, n, 1);
    const values = space.place(ids, n, 2);
    space.kernel.setAdd(this.#at, from, values, n, counts.byteOffset, groupCount, idCount);
  }

  collect(next: Int32Array, out: Int32Array): void {
    const space = this.#space;
    const places = space.place(next, next.length, 1);
    const to = space.target(out, out.length, 3);
    space.kernel.setCollect(this.#at, places, to);
    space.deliver(out, out.length, to);
  }

  rows(groups: Int32Array, words: number): Uint8Array | undefined {
    const space = this.#space;
    if (!this.isBits) return undefined;
    const size = groups.length * words * 4;
    const out = space.scratch(3, size);
    const from = space.place(groups, groups.length, 1);
    space.kernel.setRows(this.#at, from, groups.length, words, out);
    return space.instance.bytes.subarray(out, out + size);
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
    const space = this.#space;
    const { length: n } = groups;
    const map = space.place(groups, n, 1);
    const names = space.place(ids, ids.length, 2);
    const bits = space.place(rows, rows.length, 0);
    const to = counts.byteOffset;
    space.kernel.setAddRows(this.#at, map, n, names, ids.length, bits, words, to, groupCount, idCount);
  }

  clear(): void {
    this.#space.kernel.setClear(this.#at);
  }
}
