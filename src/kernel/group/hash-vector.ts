/** Hashes of key columns that are the same in every worker and kernel: those that the dictionary keeps for its values. */
import { hashNumber, mix32, mixWord } from "../../base/hash.ts";
import type { Vector } from "../vector.ts";
import { Cell, NULL } from "./cell.ts";

const cell: Cell = new Cell();

/** Mixed again: a part whose keys shared the high bits of their hash would fill one corner of the next table. */
export const PARTITION_SEED = 0x5bd1e995;

/** The hash of each of n rows' keys. */
export function hashKeys(keys: Vector[], n: number, out: Int32Array): void {
  out.fill(0, 0, n);
  for (const key of keys) hashVector(key, n, out);
  for (let i = 0; i < n; i++) out[i] = mix32(out[i] ^ PARTITION_SEED);
}

/** Folds the hash of each of n rows into `out`: 31 × what is there, xor the row's. */
export function hashVector(vector: Vector, n: number, out: Int32Array): void {
  for (let i = 0; i < n; i++) {
    cell.load(vector, i);
    out[i] = Math.imul(out[i], 31) ^ hashCell(cell);
  }
}

/** Bytes by whole words, then a tail that is 0 where there is none. */
function hashCell({ tag, hasBytes, number, bytes, start, end }: Cell): number {
  if (tag === NULL) return mix32(NULL);
  if (!hasBytes) return hashNumber(number, tag);
  let h = tag;
  let at = start;
  for (; at + 4 <= end; at += 4) {
    h = mixWord(h, bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24));
  }
  let tail = 0;
  if (at < end) tail = bytes[at];
  if (at + 1 < end) tail |= bytes[at + 1] << 8;
  if (at + 2 < end) tail |= bytes[at + 2] << 16;
  return mix32(mixWord(h, tail) ^ (end - start));
}
