/**
 * Numbers and short texts as bytes in a buffer. Every function returns the position behind what it wrote.
 * Written out rather than looped: as loops the digits took a third of a line's time.
 */

/** The digit 0. */
export const ZERO: number = 48;
/** Both hex digits of a byte, the first in the low half. */
const hexPairs = Uint16Array.from({ length: 256 }, (_, byte) => {
  const text = byte.toString(16).padStart(2, "0");
  return text.charCodeAt(0) | (text.charCodeAt(1) << 8);
});
/** For texts of a few bytes; from some 20 on, `set` is faster in spite of its call. */
export function put(out: Uint8Array, at: number, bytes: Uint8Array): number {
  const { length } = bytes;
  for (let i = 0; i < length; i++) out[at + i] = bytes[i];
  return at + length;
}

/** 8 hex digits of a 32-bit word. */
export function putWord(out: Uint8Array, at: number, word: number): number {
  let pair = hexPairs[word >>> 24];
  out[at] = pair;
  out[at + 1] = pair >>> 8;
  pair = hexPairs[(word >>> 16) & 255];
  out[at + 2] = pair;
  out[at + 3] = pair >>> 8;
  pair = hexPairs[(word >>> 8) & 255];
  out[at + 4] = pair;
  out[at + 5] = pair >>> 8;
  pair = hexPairs[word & 255];
  out[at + 6] = pair;
  out[at + 7] = pair >>> 8;
  return at + 8;
}

/** Two decimal digits. value: 0 to 99. */
export function putTwo(out: Uint8Array, at: number, value: number): number {
  const tens = (value / 10) | 0;
  out[at] = ZERO + tens;
  out[at + 1] = ZERO + value - tens * 10;
  return at + 2;
}

/** Exactly `width` (3 or more) decimal digits. value: a non-negative 31-bit integer. */
export function putDigits(out: Uint8Array, at: number, value: number, width: number): number {
  let p = at + width - 3;
  let rest = value;
  if (width > 3) {
    let above = (value / 1000) | 0;
    rest -= above * 1000;
    for (let i = p - 1; i >= at; i--) {
      const next = (above / 10) | 0;
      out[i] = ZERO + above - next * 10;
      above = next;
    }
  }
  const hundreds = (rest / 100) | 0;
  out[p++] = ZERO + hundreds;
  return putTwo(out, p, rest - hundreds * 100);
}

/** As many decimal digits as it takes. value: 0 to 99,999. */
export function putNumber(out: Uint8Array, at: number, value: number): number {
  let p = at;
  for (
    let unit = value < 10 ? 1 : value < 100 ? 10 : value < 1000 ? 100 : value < 10_000 ? 1000 : 10_000;
    unit >= 1;
    unit = (unit / 10) | 0
  ) {
    out[p++] = ZERO + (((value / unit) | 0) % 10);
  }
  return p;
}
