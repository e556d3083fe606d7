/**
 * The hash of the house: murmur3 (x86, 32 bits; Austin Appleby, public domain algorithm) over 4-byte little-endian words.
 * Every bit of the result depends on every bit of the input, so tables may take the high bits as they are; patterned
 * keys (user-001, user-002, …) are what event logs are made of. Not for: adversaries (there is no secret seed).
 */

/** Finalizer of murmur3: a bijection of 32-bit integers in which each input bit flips each output bit about half the time. */
export function mix32(value: number): number {
  let h = value;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/** One round: folds a 32-bit word into the state h. */
export function mixWord(h: number, word: number): number {
  let k = Math.imul(word, 0xcc9e2d51);
  k = Math.imul((k << 15) | (k >>> 17), 0x1b873593);
  const x = h ^ k;
  return (Math.imul((x << 13) | (x >>> 19), 5) + 0xe6546b64) | 0;
}

/** Hash of bytes[start..end), as a signed 32-bit integer: murmur3_32, but that a last incomplete word gets a whole round too. */
export function hashBytes(bytes: Uint8Array, start: number, end: number, seed = 0): number {
  let h = seed;
  let at = start;
  for (; at + 4 <= end; at += 4) {
    h = mixWord(h, bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24));
  }
  if (at < end) {
    let word = bytes[at];
    if (at + 1 < end) word |= bytes[at + 1] << 8;
    if (at + 2 < end) word |= bytes[at + 2] << 16;
    h = mixWord(h, word);
  }
  return mix32(h ^ (end - start));
}

const float = new Float64Array(1);
const halves = new Int32Array(float.buffer);

/** Hash of a number by value: 0 and -0 are equal, every NaN is equal. Signed 32-bit integer. */
export function hashNumber(value: number, seed = 0): number {
  const small = value | 0;
  if (small === value) return mix32(mixWord(seed, small));
  // biome-ignore lint/suspicious/noSelfCompare: the cheapest test for NaN in a hot path
  float[0] = value === value ? value : Number.NaN;
  return mix32(mixWord(mixWord(seed, halves[0]), halves[1]));
}

/** Hash of an ordered pair of 32-bit integers. */
export function hashPair(a: number, b: number): number {
  const h = Math.imul(a ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul((b << 16) | (b >>> 16), 0xc2b2ae35);
  return mix32(h ^ b);
}
