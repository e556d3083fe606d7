/**
 * Seeded random numbers that do not depend on who asks first: every number is a function of (seed, stream, position),
 * so any worker can start anywhere. Not for secrets.
 *
 * A stream is a SplitMix generator (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014) on 32-bit
 * words: number k of a stream is mix(start + k * gamma). Start and (odd) gamma both come from seed and stream, so two
 * streams walk the same words in different orders. A stream has 2^32 numbers; use more streams for more.
 */

const GOLDEN = 0x9e3779b9;

/** A bijection of 32-bit words in which every input bit reaches every output bit. Signed result. */
export function mix(word: number): number {
  let x = word | 0;
  x = Math.imul(x ^ (x >>> 16), 0x21f0aaad);
  x = Math.imul(x ^ (x >>> 15), 0x735a2d97);
  return x ^ (x >>> 15);
}

/** One signed 32-bit key of a seed (any safe integer) and any number of further words. */
export function keyOf(seed: number, ...words: number[]): number {
  let key = mix((seed >>> 0) ^ GOLDEN);
  key = mix(key + Math.floor(seed / 0x1_0000_0000) + GOLDEN);
  for (const word of words) key = mix(Math.imul(key, 5) + word + GOLDEN);
  return key;
}

/** A stream of random numbers. Same seed and stream: same numbers, everywhere. */
export interface Random {
  /** The next number, 0 to 2^32 - 1. */
  next(): number;
  /** The next number in [0, 1), 32 random bits. */
  float(): number;
  /** The next integer in [0, limit). limit: 1 to 2^32. */
  below(limit: number): number;
  /** The number at a position of the stream, without moving. */
  at(position: number): number;
  /** How many numbers have been taken. Set it to jump. */
  position: number;
  /** An independent stream, a function of this stream's seed and name only (not of its position). */
  split(stream: number): Random;
}

/**
 * A stream of random numbers.
 * @param seed any safe integer
 * @param stream which of the seed's streams. Default 0
 * @example
 * random(7).below(6) === random(7).below(6) // always
 */
export function random(seed: number, stream: number = 0): Random {
  const start = keyOf(seed, stream, 1);
  const gamma = keyOf(seed, stream, 2) | 1;
  const at = (position: number): number => mix(start + Math.imul(position, gamma)) >>> 0;
  return {
    position: 0,
    at,
    next() {
      return at(this.position++);
    },
    float() {
      return this.next() / 0x1_0000_0000;
    },
    below(limit) {
      return Math.floor((this.next() * limit) / 0x1_0000_0000);
    },
    split: (child) => random((start >>> 0) * 0x20_0000 + (gamma >>> 11), child),
  };
}
