/**
 * Numbers and booleans from bytes, as DuckDB's casts read them (but no rounding of `1.5` to an integer, no hex, no
 * underscores). Spaces, tabs and line ends around a number are ignored; around a boolean they are not.
 */
import { decodeText } from "./utf8.ts";

/** A decimal of this many digits is exact in a float, and so is the power of ten it is divided by. */
const EXACT_DIGITS = 15;
const POWERS: Float64Array = Float64Array.from({ length: 23 }, (_, i) => Number(`1e${i}`));
const FLOAT = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const INT64_MIN: bigint = -(2n ** 63n);
const INT64_MAX: bigint = 2n ** 63n - 1n;

function isSpace(byte: number): boolean {
  return byte === 32 || (byte >= 9 && byte <= 13);
}

function trimStart(bytes: Uint8Array, start: number, end: number): number {
  let p = start;
  while (p < end && isSpace(bytes[p])) p++;
  return p;
}

function trimEnd(bytes: Uint8Array, start: number, end: number): number {
  let p = end;
  while (p > start && isSpace(bytes[p - 1])) p--;
  return p;
}

/** A safe integer, or NaN. Never minus zero. */
export function parseInteger(bytes: Uint8Array, start: number, end: number): number {
  let p = start;
  let to = end;
  if (p < to && (isSpace(bytes[p]) || isSpace(bytes[to - 1]))) {
    p = trimStart(bytes, p, to);
    to = trimEnd(bytes, p, to);
  }
  const sign = bytes[p];
  if (sign === 45 || sign === 43) p++;
  if (p >= to) return Number.NaN;
  let value = 0;
  for (; p < to; p++) {
    const digit = bytes[p] - 48;
    if (!(digit >= 0 && digit <= 9)) return Number.NaN;
    value = value * 10 + digit;
  }
  // Past the safe range the sum only grows: rounding cannot bring it back.
  if (value > Number.MAX_SAFE_INTEGER) return Number.NaN;
  return sign === 45 && value !== 0 ? -value : value;
}

/** A 64-bit integer, or undefined. */
export function parseBigint(bytes: Uint8Array, start: number, end: number): bigint | undefined {
  const small = parseInteger(bytes, start, end);
  if (!Number.isNaN(small)) return BigInt(small);
  const text = decodeText(bytes, start, end).trim();
  if (!/^[+-]?\d+$/.test(text) || text.length > 4096) return undefined;
  const value = text.startsWith("+") ? BigInt(text.slice(1)) : BigInt(text);
  return value >= INT64_MIN && value <= INT64_MAX ? value : undefined;
}

/** A float, or undefined. NaN and infinity are values: `nan`, `inf`, `infinity` in any case, with a sign. */
export function parseFloatValue(bytes: Uint8Array, start: number, end: number): number | undefined {
  let p = start;
  const sign = bytes[p];
  if (sign === 45 || sign === 43) p++;
  let value = 0;
  let digitCount = 0;
  let point = -1;
  for (; p < end; p++) {
    const byte = bytes[p];
    if (byte >= 48 && byte <= 57) {
      value = value * 10 + byte - 48;
      digitCount++;
    } else if (byte === 46 && point < 0) point = p;
    else return slowFloat(bytes, start, end);
  }
  if (digitCount === 0 || digitCount > EXACT_DIGITS) return slowFloat(bytes, start, end);
  if (point >= 0) value /= POWERS[end - point - 1];
  return sign === 45 ? -value : value;
}

function slowFloat(bytes: Uint8Array, start: number, end: number): number | undefined {
  const from = trimStart(bytes, start, end);
  const text = decodeText(bytes, from, trimEnd(bytes, from, end));
  if (FLOAT.test(text)) return Number(text);
  switch (text.toLowerCase().replace(/^[+-]/, "")) {
    case "nan":
      return Number.NaN;
    case "inf":
    case "infinity":
      return text.startsWith("-") ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
    default:
      return undefined;
  }
}

/** 1 or 0, or -1 where it is neither: true t yes y 1, false f no n 0, in any case. */
export function parseBool(bytes: Uint8Array, start: number, end: number): number {
  const first = bytes[start] | 32;
  if (end - start === 1) {
    if (bytes[start] === 49 || first === 116 || first === 121) return 1;
    if (bytes[start] === 48 || first === 102 || first === 110) return 0;
    return -1;
  }
  if (end - start > 5) return -1;
  switch (decodeText(bytes, start, end).toLowerCase()) {
    case "true":
    case "yes":
      return 1;
    case "false":
    case "no":
      return 0;
    default:
      return -1;
  }
}
