/**
 * Exact sums of doubles, so that the order of rows and merges cannot show: four doubles per group that together hold
 * the sum without any rounding (error-free transformation: Knuth's TwoSum, TAOCP vol. 2, 4.2.2), cascading the error
 * of one into the next. What the last cannot hold, and what is so large or small that products would lose bits, goes to
 * a big integer in units of 2^-2148 (the square of the smallest double). Only the final rounding is inexact.
 */
import type { ByteReader, ByteWriter } from "../../sketch/bytes.ts";
import type { Arrays } from "./arrays.ts";

/** Sums of 2^100 values below this cannot overflow. */
const LARGE = 2 ** 900;
/** Between these bounds x² and its rounding error are both exact doubles. */
const SQUARE_MIN = 2 ** -450;
const SQUARE_MAX = 2 ** 450;
const REST_EXPONENT = -2148;
const SPLITTER = 2 ** 27 + 1;

/** mantissa × 2^exponent. */
export interface Exact {
  mantissa: bigint;
  exponent: number;
}

export class ExactSums {
  readonly #arrays: Arrays;
  /** Four doubles per group. */
  parts: Float64Array;
  readonly #rest: Map<number, bigint> = new Map();

  constructor(arrays: Arrays) {
    this.#arrays = arrays;
    this.parts = arrays.floats(64);
  }

  grow(count: number): void {
    this.parts = this.#arrays.growFloats(this.parts, count * 4);
  }

  clear(groups: number): void {
    this.parts.fill(0, 0, groups * 4);
    this.#rest.clear();
  }

  /** Adds a finite number. */
  add(group: number, x: number): void {
    if (x >= LARGE || x <= -LARGE) {
      this.addRest(group, x);
      return;
    }
    const { parts } = this;
    const a = parts[group * 4];
    const sum = a + x;
    const part = sum - a;
    const error = a - (sum - part) + (x - part);
    parts[group * 4] = sum;
    if (error !== 0) this.#addLow(group, error);
  }

  #addLow(group: number, x: number): void {
    const { parts } = this;
    let error = x;
    for (let at = group * 4 + 1; at < group * 4 + 4; at++) {
      const before = parts[at];
      const sum = before + error;
      const part = sum - before;
      error = before - (sum - part) + (error - part);
      parts[at] = sum;
      if (error === 0) return;
    }
    this.addRest(group, error);
  }

  /** Adds a finite number past the doubles. */
  addRest(group: number, x: number): void {
    this.#addUnits(group, toUnits(x));
  }

  /** Adds x² of a finite number. */
  addSquare(group: number, x: number): void {
    const size = Math.abs(x);
    if (size === 0) return;
    if (size < SQUARE_MIN || size > SQUARE_MAX) {
      const { mantissa, exponent } = decompose(x);
      this.#addUnits(group, (mantissa * mantissa) << BigInt(2 * exponent - REST_EXPONENT));
      return;
    }
    // Veltkamp's split and Dekker's product: square + error is x² exactly.
    const square = x * x;
    const t = SPLITTER * x;
    const high = t - (t - x);
    const low = x - high;
    this.add(group, square);
    const error = high * high - square + 2 * high * low + low * low;
    if (error !== 0) this.#addLow(group, error);
  }

  #addUnits(group: number, units: bigint): void {
    this.#rest.set(group, (this.#rest.get(group) ?? 0n) + units);
  }

  /** The sum rounded once to the nearest double, ties to even. */
  round(group: number): number {
    const { parts } = this;
    const at = group * 4;
    if (parts[at + 2] === 0 && parts[at + 3] === 0 && !this.#rest.has(group)) return parts[at] + parts[at + 1] + 0;
    const { mantissa, exponent } = this.exact(group);
    return ratio(mantissa, 1n, exponent);
  }

  exact(group: number): Exact {
    const parts = this.#nonZero(group).map(decompose);
    const rest = this.#rest.get(group);
    if (rest !== undefined) parts.push({ mantissa: rest, exponent: REST_EXPONENT });
    return parts.reduce(addExact, { mantissa: 0n, exponent: 0 });
  }

  #nonZero(group: number): number[] {
    const found: number[] = [];
    for (let at = group * 4; at < group * 4 + 4; at++) if (this.parts[at] !== 0) found.push(this.parts[at]);
    return found;
  }

  write(writer: ByteWriter, group: number): void {
    const parts = this.#nonZero(group);
    const rest = this.#rest.get(group);
    writer.byte(parts.length + (rest === undefined ? 0 : 8));
    for (const part of parts) writer.float64(part);
    if (rest !== undefined) writer.bigint(rest);
  }

  merge(reader: ByteReader, group: number): void {
    const head = reader.byte();
    for (let i = head & 7; i > 0; i--) this.add(group, reader.float64());
    if (head & 8) this.#addUnits(group, reader.bigint());
  }
}

export function addExact(x: Exact, y: Exact): Exact {
  const exponent = Math.min(x.exponent, y.exponent);
  const left = x.mantissa << BigInt(x.exponent - exponent);
  return { mantissa: left + (y.mantissa << BigInt(y.exponent - exponent)), exponent };
}

const float = new Float64Array(1);
const words = new Uint32Array(float.buffer);

/** A finite double as it is: mantissa × 2^exponent. */
function decompose(x: number): Exact {
  float[0] = x;
  const high = words[1];
  const biased = (high >>> 20) & 0x7ff;
  const mantissa = ((high & 0xfffff) + (biased === 0 ? 0 : 0x100000)) * 2 ** 32 + words[0];
  return { mantissa: BigInt(x < 0 ? -mantissa : mantissa), exponent: Math.max(biased, 1) - 1075 };
}

function toUnits(x: number): bigint {
  const { mantissa, exponent } = decompose(x);
  return mantissa << BigInt(exponent - REST_EXPONENT);
}

function bitLength(x: bigint): number {
  const hex = x.toString(16);
  return hex.length * 4 - (Math.clz32(Number.parseInt(hex[0], 16)) - 28);
}

/** numerator / denominator × 2^exponent as the nearest double, ties to even. denominator > 0. */
export function ratio(numerator: bigint, denominator: bigint, exponent: number): number {
  if (numerator === 0n) return 0;
  const top = numerator < 0n ? -numerator : numerator;
  // 66 or 67 bits of quotient, the last one sticky: enough to round to 53 once.
  const shift = 66 - (bitLength(top) - bitLength(denominator));
  const scaledTop = shift > 0 ? top << BigInt(shift) : top;
  const scaledBottom = shift < 0 ? denominator << BigInt(-shift) : denominator;
  let quotient = scaledTop / scaledBottom;
  if (quotient * scaledBottom !== scaledTop) quotient |= 1n;
  const size = roundToDouble(quotient, exponent - shift);
  return numerator < 0n ? -size : size;
}

function roundToDouble(quotient: bigint, exponent: number): number {
  const bits = bitLength(quotient);
  const highest = bits - 1 + exponent;
  if (highest > 1023) return Number.POSITIVE_INFINITY;
  const precision = Math.min(53, highest + 1075);
  if (precision < 0) return 0;
  const drop = BigInt(bits - precision);
  let kept = quotient >> drop;
  const dropped = quotient - (kept << drop);
  const half = 1n << (drop - 1n);
  if (dropped > half || (dropped === half && (kept & 1n) === 1n)) kept += 1n;
  const scale = exponent + bits - precision;
  // Exact, or Infinity where rounding carried beyond the largest double: kept has at most 53 bits.
  return Number(kept) * 2 ** scale;
}
