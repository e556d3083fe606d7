/**
 * Plain numbers from bytes, eight digits at a step (the digits lie in one 64-bit word, the last one in its highest byte).
 * Reads up to 16 bytes in front of a number, never one behind it. What is not plain (spaces, exponents, words, too many
 * digits) is left to the exact reader in TypeScript: everything that is accepted here has the same value there.
 */

/** No value of a plain number. */
export const NOT_PLAIN: i64 = i64.MIN_VALUE;

const SAFE_MAX: u64 = 9007199254740991;
/** A decimal of this many digits is exact in a float, and so is the power of ten it is divided by. */
const EXACT_DIGITS: u32 = 15;
const POWERS: usize = memory.data<f64>([
  1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
]);

/** The n (1 to 8) bytes before `end`, each less "0", as the highest bytes of a word; the others are 0. */
@inline
export function digitBytes(end: usize, n: usize): u64 {
  return (load<u64>(end - 8) ^ 0x3030303030303030) & (<u64>-1 << ((8 - n) << 3));
}

/** Whether each byte is at most 9. */
@inline
export function areDigits(word: u64): bool {
  return (((word + 0x7676767676767676) | word) & 0x8080808080808080) == 0;
}

/** Eight digits, the first in the lowest byte, as a number: pairs, then pairs of pairs, then both halves. */
@inline
export function valueOf(word: u64): u64 {
  const pairs = word * 10 + (word >> 8);
  return ((pairs & 0xff000000ff) * 0xf424000000064 + ((pairs >> 16) & 0xff000000ff) * 0x271000000001) >> 32;
}

/** 1 to 19 digits, or NOT_PLAIN (as a u64). */
@inline
export function digits(from: usize, to: usize): u64 {
  const n = to - from;
  if (n - 1 >= 19) return <u64>NOT_PLAIN;
  const low = digitBytes(to, min<usize>(n, 8));
  if (!areDigits(low)) return <u64>NOT_PLAIN;
  if (n <= 8) return valueOf(low);
  const middle = digitBytes(to - 8, min<usize>(n - 8, 8));
  if (!areDigits(middle)) return <u64>NOT_PLAIN;
  let value = valueOf(low) + valueOf(middle) * 100000000;
  if (n > 16) {
    const high = digitBytes(to - 16, n - 16);
    if (!areDigits(high)) return <u64>NOT_PLAIN;
    value += valueOf(high) * 10000000000000000;
  }
  return value;
}

/** Signs come in no order: without a branch. Of an empty field the byte behind it is meant, and its length wraps: not plain. */
@inline
function isSign(byte: u32): bool {
  return <bool>(i32(byte == 45) | i32(byte == 43));
}

/** A safe integer with at most one sign, or NOT_PLAIN. */
@inline
export function plainInteger(from: usize, to: usize): i64 {
  // Statuses, counts: few digits and no sign. An empty field, and one that begins with a sign, fails.
  const n = to - from;
  if (n - 1 < 8) {
    const word = digitBytes(to, n);
    if (areDigits(word)) return valueOf(word);
  }
  return otherInteger(from, to);
}

function otherInteger(from: usize, to: usize): i64 {
  const first = <u32>load<u8>(from);
  const value = digits(from + usize(isSign(first)), to);
  // NOT_PLAIN is above the range too.
  if (value > SAFE_MAX) return NOT_PLAIN;
  return first == 45 ? -(<i64>value) : <i64>value;
}

/** A signed integer of 64 bits (but for the smallest), or NOT_PLAIN. */
@inline
export function plainLong(from: usize, to: usize): i64 {
  const first = <u32>load<u8>(from);
  const value = digits(from + usize(isSign(first)), to);
  if (value > <u64>i64.MAX_VALUE) return NOT_PLAIN;
  return first == 45 ? -(<i64>value) : <i64>value;
}

/** Whether `float` read a number: a plain one is never NaN. */
@inline
export function isPlain(value: f64): bool {
  return value == value;
}

/** A decimal of at most 15 digits without exponent, or NaN: not plain. */
@inline
export function float(from: usize, to: usize): f64 {
  const first = <u32>load<u8>(from);
  const value = magnitude(from + usize(isSign(first)), to);
  // The sign as a bit: chosen between two doubles, it would be a branch, and as good as random.
  return reinterpret<f64>(reinterpret<u64>(value) ^ ((<u64>u32(first == 45)) << 63));
}

/** Without a sign: the digits with the point taken out, divided by a power of ten. */
@inline
function magnitude(from: usize, to: usize): f64 {
  const n = to - from;
  if (n - 1 >= 8) return n == 0 ? NaN : longMagnitude(from, to);
  const word = digitBytes(to, n);
  // "." less "0" is 0x1e, and no digit has that bit of it.
  const points = word & 0x1010101010101010;
  if (points == 0) return areDigits(word) ? <f64><i64>valueOf(word) : NaN;
  const bit = ctz(points) & 0x38;
  const below = (<u64>1 << bit) - 1;
  // What is in front of the point moves up over it; a second point is no digit.
  const packed = ((word & below) << 8) | (word & ~((below << 8) | 0xff));
  if (n == 1 || ((word >> bit) & 0xff) != 0x1e || !areDigits(packed)) return NaN;
  return <f64><i64>valueOf(packed) / load<f64>(POWERS + <usize>(56 - bit));
}

/** More than eight bytes: both sides of the point by themselves. */
function longMagnitude(from: usize, to: usize): f64 {
  const n = <u32>(to - from);
  if (n > EXACT_DIGITS + 1) return NaN;
  const points = i8x16.bitmask(i8x16.eq(v128.load(to - 16), i8x16.splat(46))) >>> (16 - n);
  if (points == 0) {
    const value = n <= EXACT_DIGITS ? digits(from, to) : <u64>NOT_PLAIN;
    return value == <u64>NOT_PLAIN ? NaN : <f64>value;
  }
  const point = from + ctz(points);
  const places = to - point - 1;
  const whole: u64 = point > from ? digits(from, point) : 0;
  const rest: u64 = places > 0 ? digits(point + 1, to) : 0;
  if (whole == <u64>NOT_PLAIN || rest == <u64>NOT_PLAIN) return NaN;
  const power = load<f64>(POWERS + (places << 3));
  return <f64>(whole * <u64>power + rest) / power;
}

/** 1, 0, or NOT_PLAIN. In any case of letters: true t yes y 1, false f no n 0. */
@inline
export function plainBool(from: usize, to: usize): i64 {
  const n = to - from;
  if (n == 1) {
    const byte = <u32>load<u8>(from);
    const letter = byte | 32;
    if (byte == 49 || letter == 116 || letter == 121) return 1;
    return byte == 48 || letter == 102 || letter == 110 ? 0 : NOT_PLAIN;
  }
  if (n == 4) return (load<u32>(from) | 0x20202020) == 0x65757274 ? 1 : NOT_PLAIN;
  if (n == 5) return (load<u32>(from) | 0x20202020) == 0x736c6166 && (load<u8>(from, 4) | 32) == 101 ? 0 : NOT_PLAIN;
  return NOT_PLAIN;
}
