/**
 * JSON values as text: where a string, a number or any other value ends, and the content of strings with escapes. The twin
 * of src/kernel/scalar/json.ts: what is no JSON there is none here. An end of 0 means "not for me": broken, nested too deep,
 * or unusual; the scalar parser then says what it is.
 *
 * All functions take addresses. They need a line end behind the text, which stops every one of them, and 16 readable
 * bytes behind that.
 */

const QUOTE: u32 = 34;
const BACKSLASH: u32 = 92;
/** Nesting of a value that is skipped, one bit each; the scalar parser goes deeper. */
const DEPTH_MAX: u32 = 60;

@inline
export function skipSpace(p: usize): usize {
  let byte = <u32>load<u8>(p);
  while (byte == 32 || byte == 9 || byte == 13) byte = load<u8>(++p);
  return p;
}

/** The first quote, backslash or control character from p on. */
@inline
export function special(p: usize): usize {
  while (true) {
    const text = v128.load(p);
    const quotes = i8x16.eq(text, i8x16.splat(34));
    const slashes = i8x16.eq(text, i8x16.splat(92));
    const controls = i8x16.eq(i8x16.min_u(text, i8x16.splat(31)), text);
    const found = i8x16.bitmask(v128.or(v128.or(quotes, slashes), controls));
    if (found != 0) return p + <usize>ctz(found);
    p += 16;
  }
}

/** The closing quote of the string whose text goes on at p; 0 where it has none. */
export function closingQuote(p: usize): usize {
  while (true) {
    p = special(p);
    const byte = <u32>load<u8>(p);
    if (byte == QUOTE) return p;
    if (byte != BACKSLASH) return 0;
    p = escapeEnd(p);
    if (p == 0) return 0;
  }
}

function escapeEnd(p: usize): usize {
  const kind = <u32>load<u8>(p, 1);
  if (kind == 117) {
    // One after another: the first wrong byte may be the last one that may be looked at.
    for (let i: usize = 2; i < 6; i++) if (hex(load<u8>(p + i)) < 0) return 0;
    return p + 6;
  }
  const isKnown = kind == 34 || kind == 47 || kind == 92 || kind == 98 || kind == 102 || kind == 110 || kind == 114;
  return isKnown || kind == 116 ? p + 2 : 0;
}

function hex(byte: u32): i32 {
  if (byte - 48 < 10) return byte - 48;
  const lower = byte | 32;
  return lower - 97 < 6 ? lower - 87 : -1;
}

/** The end of the value at p that is no string and no object, and begins with `first`. */
@inline
export function plainEnd(p: usize, first: u32): usize {
  if (first <= 57) return numberEnd(p, first);
  return first == 91 ? containerEnd(p) : wordEnd(p);
}

/** A number of few digits by one comparison of 16 bytes; `first` is its first byte. */
@inline
export function numberEnd(p: usize, first: u32): usize {
  const text = i8x16.sub(v128.load(p), i8x16.splat(48));
  const others = ~i8x16.bitmask(i8x16.eq(i8x16.min_u(text, i8x16.splat(9)), text));
  const sign: i32 = i32(first == 45);
  const whole = ctz(others >>> sign);
  let n = sign + whole;
  if (whole == 0) return 0;
  if (whole > 1 && load<u8>(p + sign) == 48) return 0;
  if (n > 14) return longNumberEnd(p);
  let next = <u32>load<u8>(p + n);
  if (next == 46) {
    const fraction = ctz(others >>> (n + 1));
    if (fraction == 0) return 0;
    n += 1 + fraction;
    if (n > 15) return longNumberEnd(p);
    next = load<u8>(p + n);
  }
  return (next | 32) == 101 ? longNumberEnd(p) : p + n;
}

function digitsEnd(p: usize): usize {
  while (<u32>load<u8>(p) - 48 < 10) p++;
  return p;
}

/** Any number, byte by byte. */
function longNumberEnd(p: usize): usize {
  if (load<u8>(p) == 45) p++;
  const whole = p;
  p = digitsEnd(p);
  if (p == whole || (load<u8>(whole) == 48 && p > whole + 1)) return 0;
  if (load<u8>(p) == 46) {
    const fraction = ++p;
    p = digitsEnd(p);
    if (p == fraction) return 0;
  }
  if ((<u32>load<u8>(p) | 32) != 101) return p;
  p++;
  const sign = <u32>load<u8>(p);
  if (sign == 43 || sign == 45) p++;
  const exponent = p;
  p = digitsEnd(p);
  return p == exponent ? 0 : p;
}

/** true, false or null. */
function wordEnd(p: usize): usize {
  const word = load<u32>(p);
  if (word == 0x65757274 || word == 0x6c6c756e) return p + 4;
  return word == 0x736c6166 && load<u8>(p, 4) == 101 ? p + 5 : 0;
}

/** The value behind the key at p. */
function keyEnd(p: usize): usize {
  if (load<u8>(p) != QUOTE) return 0;
  p = closingQuote(p + 1);
  if (p == 0) return 0;
  p = skipSpace(p + 1);
  return load<u8>(p) == 58 ? skipSpace(p + 1) : 0;
}

/** The end of the object or array at p. */
export function containerEnd(p: usize): usize {
  // The lowest bit is the innermost container's: set for an object.
  let kinds: u64 = 0;
  let depth: u32 = 0;
  while (true) {
    const first = <u32>load<u8>(p);
    if (first == 123 || first == 91) {
      if (++depth > DEPTH_MAX) return 0;
      kinds = (kinds << 1) | u64(first == 123);
      p = skipSpace(p + 1);
      if (<u32>load<u8>(p) != first + 2) {
        if (first == 123) p = keyEnd(p);
        if (p == 0) return 0;
        continue;
      }
      p++;
      kinds >>= 1;
      depth--;
    } else if (first == QUOTE) {
      p = closingQuote(p + 1);
      if (p == 0) return 0;
      p++;
    } else {
      p = first <= 57 ? numberEnd(p, first) : wordEnd(p);
      if (p == 0) return 0;
    }
    while (true) {
      if (depth == 0) return p;
      p = skipSpace(p);
      const next = <u32>load<u8>(p++);
      const isObject = (kinds & 1) != 0;
      if (next == 44) {
        p = skipSpace(p);
        if (isObject) p = keyEnd(p);
        if (p == 0) return 0;
        break;
      }
      if (next != (isObject ? 125 : 93)) return 0;
      kinds >>= 1;
      depth--;
    }
  }
}

/** Writes the content of the valid string text [p, end) to `out`: never longer than that. Returns the end. */
export function unescape(p: usize, end: usize, out: usize): usize {
  while (p < end) {
    const byte = <u32>load<u8>(p++);
    if (byte != BACKSLASH) {
      store<u8>(out++, byte);
      continue;
    }
    const kind = <u32>load<u8>(p++);
    if (kind != 117) {
      store<u8>(out++, simpleEscape(kind));
      continue;
    }
    let code = hex4(p);
    p += 4;
    if (code - 0xd800 < 0x800) {
      const low = p + 6 <= end && load<u16>(p) == 0x755c ? hex4(p + 2) : 0;
      const isPair = code < 0xdc00 && low - 0xdc00 < 0x400;
      code = isPair ? 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00) : 0xfffd;
      if (isPair) p += 6;
    }
    out = writeCode(out, code);
  }
  return out;
}

function simpleEscape(kind: u32): u32 {
  if (kind == 98) return 8;
  if (kind == 102) return 12;
  if (kind == 110) return 10;
  if (kind == 114) return 13;
  return kind == 116 ? 9 : kind;
}

function hex4(p: usize): u32 {
  return (hex(load<u8>(p)) << 12) | (hex(load<u8>(p, 1)) << 8) | (hex(load<u8>(p, 2)) << 4) | hex(load<u8>(p, 3));
}

/** One code point as UTF-8. */
function writeCode(out: usize, code: u32): usize {
  if (code < 0x80) {
    store<u8>(out, code);
    return out + 1;
  }
  if (code < 0x800) store<u8>(out++, 0xc0 | (code >>> 6));
  else {
    if (code < 0x10000) store<u8>(out++, 0xe0 | (code >>> 12));
    else {
      store<u8>(out++, 0xf0 | (code >>> 18));
      store<u8>(out++, 0x80 | ((code >>> 12) & 63));
    }
    store<u8>(out++, 0x80 | ((code >>> 6) & 63));
  }
  store<u8>(out, 0x80 | (code & 63));
  return out + 1;
}
