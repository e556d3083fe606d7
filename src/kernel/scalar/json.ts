/**
 * A validating JSON scanner over bytes (RFC 8259): moves past values and strings, and decodes strings with escapes.
 *
 * Every function takes the index of a value's first byte and returns the index behind it, or -1 where the bytes are not
 * JSON. They need a byte below 32 (a line end) behind the text: no bounds checks. UTF-8 is not looked at.
 */

const QUOTE = 34;
const BACKSLASH = 92;
/** Deeper nesting is refused: a scanner that calls itself must not run out of stack. */
const DEPTH_MAX = 512;

/** True after `skipString` where the string had a backslash; it stays true until somebody sets it false. */
export const seen: { escape: boolean } = { escape: false };

export function skipSpace(bytes: Uint8Array, from: number): number {
  let p = from;
  let byte = bytes[p];
  while (byte === 32 || byte === 9 || byte === 13) byte = bytes[++p];
  return p;
}

/** From the opening quote to behind the closing one. */
export function skipString(bytes: Uint8Array, from: number): number {
  let p = from + 1;
  for (;;) {
    const byte = bytes[p];
    if (byte > BACKSLASH) p++;
    else if (byte === QUOTE) return p + 1;
    else if (byte === BACKSLASH) {
      seen.escape = true;
      p = skipEscape(bytes, p);
      if (p < 0) return -1;
    } else if (byte < 32) return -1;
    else p++;
  }
}

const HIGH_BITS = 0x80808080 | 0;

/**
 * The same over a buffer's memory as `words`, four bytes at a time: a byte at or under the quote, or a backslash, sets its
 * high bit in a test of the whole word, and the lowest bit that is set is never wrong. Needs four readable bytes behind the text.
 */
export function skipStringByWords(bytes: Uint8Array, words: DataView, from: number): number {
  let p = from + 1;
  for (;;) {
    let word = words.getInt32(p, true);
    let slashes = word ^ 0x5c5c5c5c;
    let low = (((word - 0x23232323) & ~word) | ((slashes - 0x01010101) & ~slashes)) & HIGH_BITS;
    while (low === 0) {
      p += 4;
      word = words.getInt32(p, true);
      slashes = word ^ 0x5c5c5c5c;
      low = (((word - 0x23232323) & ~word) | ((slashes - 0x01010101) & ~slashes)) & HIGH_BITS;
    }
    p += (31 - Math.clz32(low & -low)) >> 3;
    const byte = bytes[p];
    if (byte === QUOTE) return p + 1;
    if (byte === BACKSLASH) {
      seen.escape = true;
      p = skipEscape(bytes, p);
      if (p < 0) return -1;
    } else if (byte < 32) return -1;
    else p++;
  }
}

function skipEscape(bytes: Uint8Array, from: number): number {
  switch (bytes[from + 1]) {
    case 34:
    case 47:
    case 92:
    case 98:
    case 102:
    case 110:
    case 114:
    case 116:
      return from + 2;
    case 117:
      // One after another: the first wrong byte may be the last one that may be looked at.
      for (let p = from + 2; p < from + 6; p++) if (hex(bytes[p]) < 0) return -1;
      return from + 6;
    default:
      return -1;
  }
}

function hex(byte: number): number {
  if (byte >= 48 && byte <= 57) return byte - 48;
  const lower = byte | 32;
  return lower >= 97 && lower <= 102 ? lower - 87 : -1;
}

function skipNumber(bytes: Uint8Array, from: number): number {
  let p = from;
  if (bytes[p] === 45) p++;
  const first = p;
  while (isDigit(bytes[p])) p++;
  if (p === first || (bytes[first] === 48 && p > first + 1)) return -1;
  if (bytes[p] === 46) {
    const fraction = ++p;
    while (isDigit(bytes[p])) p++;
    if (p === fraction) return -1;
  }
  if ((bytes[p] | 32) === 101) {
    p++;
    if (bytes[p] === 43 || bytes[p] === 45) p++;
    const exponent = p;
    while (isDigit(bytes[p])) p++;
    if (p === exponent) return -1;
  }
  return p;
}

function isDigit(byte: number): boolean {
  return byte >= 48 && byte <= 57;
}

/** `true`, `false` or `null`, known by its first byte. */
function skipWord(bytes: Uint8Array, p: number): number {
  const first = bytes[p];
  if (first === 116) return bytes[p + 1] === 114 && bytes[p + 2] === 117 && bytes[p + 3] === 101 ? p + 4 : -1;
  if (first === 110) return bytes[p + 1] === 117 && bytes[p + 2] === 108 && bytes[p + 3] === 108 ? p + 4 : -1;
  if (first !== 102 || bytes[p + 1] !== 97 || bytes[p + 2] !== 108) return -1;
  return bytes[p + 3] === 115 && bytes[p + 4] === 101 ? p + 5 : -1;
}

export function skipValue(bytes: Uint8Array, p: number, depth: number): number {
  const byte = bytes[p];
  if (byte === QUOTE) return skipString(bytes, p);
  if (byte === 123 || byte === 91) return depth < DEPTH_MAX ? skipContainer(bytes, p, depth) : -1;
  if (byte === 116 || byte === 102 || byte === 110) return skipWord(bytes, p);
  return skipNumber(bytes, p);
}

/** An object or an array. */
function skipContainer(bytes: Uint8Array, from: number, depth: number): number {
  const isObject = bytes[from] === 123;
  const close = isObject ? 125 : 93;
  let p = skipSpace(bytes, from + 1);
  if (bytes[p] === close) return p + 1;
  for (;;) {
    if (isObject) {
      p = skipKey(bytes, p);
      if (p < 0) return -1;
    }
    p = skipValue(bytes, p, depth + 1);
    if (p < 0) return -1;
    p = skipSpace(bytes, p);
    if (bytes[p] === close) return p + 1;
    if (bytes[p] !== 44) return -1;
    p = skipSpace(bytes, p + 1);
  }
}

function skipKey(bytes: Uint8Array, from: number): number {
  if (bytes[from] !== QUOTE) return -1;
  const end = skipString(bytes, from);
  return end < 0 ? -1 : skipColon(bytes, end);
}

/** From behind a key to its value. */
export function skipColon(bytes: Uint8Array, from: number): number {
  const p = skipSpace(bytes, from);
  return bytes[p] === 58 ? skipSpace(bytes, p + 1) : -1;
}

/**
 * Writes the content of the valid string source[start..end] (no quotes around it) with its escapes resolved to
 * target from `at` on: never longer than the source. A lone surrogate becomes U+FFFD. Returns the end.
 */
export function unescapeString(source: Uint8Array, start: number, end: number, target: Uint8Array, at: number): number {
  let out = at;
  let p = start;
  while (p < end) {
    const byte = source[p++];
    if (byte !== BACKSLASH) {
      target[out++] = byte;
      continue;
    }
    const kind = source[p++];
    if (kind !== 117) {
      target[out++] = simpleEscape(kind);
      continue;
    }
    let code = hex4(source, p);
    p += 4;
    if (code >= 0xd800 && code <= 0xdfff) {
      const low = p + 6 <= end && source[p] === BACKSLASH && source[p + 1] === 117 ? hex4(source, p + 2) : 0;
      const isPair = code <= 0xdbff && low >= 0xdc00 && low <= 0xdfff;
      code = isPair ? 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00) : 0xfffd;
      if (isPair) p += 6;
    }
    out = writeCode(target, out, code);
  }
  return out;
}

function simpleEscape(kind: number): number {
  switch (kind) {
    case 98:
      return 8;
    case 102:
      return 12;
    case 110:
      return 10;
    case 114:
      return 13;
    case 116:
      return 9;
    default:
      return kind;
  }
}

function hex4(bytes: Uint8Array, p: number): number {
  return (hex(bytes[p]) << 12) | (hex(bytes[p + 1]) << 8) | (hex(bytes[p + 2]) << 4) | hex(bytes[p + 3]);
}

/** One code point as UTF-8. */
function writeCode(target: Uint8Array, at: number, code: number): number {
  let out = at;
  if (code < 0x80) {
    target[out++] = code;
    return out;
  }
  if (code < 0x800) target[out++] = 0xc0 | (code >> 6);
  else {
    if (code < 0x10000) target[out++] = 0xe0 | (code >> 12);
    else {
      target[out++] = 0xf0 | (code >> 18);
      target[out++] = 0x80 | ((code >> 12) & 63);
    }
    target[out++] = 0x80 | ((code >> 6) & 63);
  }
  target[out++] = 0x80 | (code & 63);
  return out;
}
