/**
 * Plain timestamps from bytes to microseconds since the epoch. All else (spaces around, one digit where two are usual,
 * years that are not exact in a float) is left to the exact reader in TypeScript.
 *
 *     2019-09-14T23:56[:58[.123456]][Z | +02:00]     T, t or a space; at most six places
 *     2019-09-14
 *     14/Sep/2019:23:56:58 +0200
 *     1568505418    1568505418123    1568505418123456
 *
 * Logs stay in the same minute for many lines: the first sixteen bytes of the last ISO time and of the last Apache
 * time are kept with what they are worth.
 */
import { NOT_PLAIN, areDigits, digitBytes, digits, valueOf } from "./number";

const SECOND: i64 = 1000000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
/** Years in which every microsecond is exact in a float, 2^53 being in 2255. */
const YEAR_MIN: u32 = 1700;
const YEAR_MAX: u32 = 2250;
const SAFE_MAX: i64 = 9007199254740991;

const TENS: usize = memory.data<i64>([1, 10, 100, 1000, 10000, 100000, 1000000]);
const MONTH_DAYS: usize = memory.data<u8>([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]);
/** jan, feb, … as words of little end first. */
const MONTH_NAMES: usize = memory.data<u32>([
  0x6e616a, 0x626566, 0x72616d, 0x727061, 0x79616d, 0x6e756a, 0x6c756a, 0x677561, 0x706573, 0x74636f, 0x766f6e, 0x636564,
]);

/** The prefixes kept, sixteen bytes each, and their microseconds. Valid from the start: 1970-01-01T00:00 and 01/Jan/1970:00:0. */
const ISO_PREFIX: usize = memory.data<u8>([49, 57, 55, 48, 45, 48, 49, 45, 48, 49, 84, 48, 48, 58, 48, 48], 16);
const LOG_PREFIX: usize = memory.data<u8>([48, 49, 47, 74, 97, 110, 47, 49, 57, 55, 48, 58, 48, 48, 58, 48], 16);
let isoMicros: i64 = 0;
let logMicros: i64 = 0;

@inline
function isSame(text: v128, prefix: usize): bool {
  return !v128.any_true(v128.xor(text, v128.load(prefix)));
}

/** Microseconds, or NOT_PLAIN. */
@inline
export function timestamp(from: usize, to: usize): i64 {
  if (to - from < 16) return shortTime(from, to);
  const text = v128.load(from);
  if (isSame(text, ISO_PREFIX)) return clockOn(from + 16, to, isoMicros);
  return otherTime(from, to);
}

function otherTime(from: usize, to: usize): i64 {
  const text = v128.load(from);
  if (load<u8>(from, 4) == 45) {
    const micros = isoMinute(from);
    if (micros == NOT_PLAIN) return NOT_PLAIN;
    v128.store(ISO_PREFIX, text);
    isoMicros = micros;
    return clockOn(from + 16, to, micros);
  }
  if (load<u8>(from, 2) == 47 && to - from == 26) {
    if (!isSame(text, LOG_PREFIX)) {
      const micros = logTenMinutes(from);
      if (micros == NOT_PLAIN) return NOT_PLAIN;
      v128.store(LOG_PREFIX, text);
      logMicros = micros;
    }
    return logClock(from, logMicros);
  }
  return epochTime(from, to);
}

/** A date alone, or digits. */
function shortTime(from: usize, to: usize): i64 {
  if (to - from == 10 && load<u8>(from, 4) == 45) {
    const word = load<u64>(from) ^ 0x2d30302d30303030;
    const day = two(from + 8);
    return areDate(word) && day < 100 ? dateMicros(yearOf(word), monthOf(word), day) : NOT_PLAIN;
  }
  return epochTime(from, to);
}

/** Two digits, or a number above 99. */
@inline
function two(at: usize): u32 {
  const tens = <u32>load<u8>(at) - 48;
  const ones = <u32>load<u8>(at, 1) - 48;
  return tens <= 9 && ones <= 9 ? tens * 10 + ones : 100;
}

/** `YYYY-MM-`, each byte less the one that must or may be there. */
@inline
function areDate(word: u64): bool {
  return areDigits(word) && (word & 0xff0000ff00000000) == 0;
}

@inline
function yearOf(word: u64): u32 {
  return (<u32>word & 0xff) * 1000 + ((<u32>word >> 8) & 0xff) * 100 + ((<u32>word >> 16) & 0xff) * 10 + (<u32>word >> 24);
}

@inline
function monthOf(word: u64): u32 {
  return (<u32>(word >> 40) & 0xff) * 10 + (<u32>(word >> 48) & 0xff);
}

/** `YYYY-MM-DDTHH:MM`. */
function isoMinute(from: usize): i64 {
  const date = load<u64>(from) ^ 0x2d30302d30303030;
  const clock = load<u64>(from, 8) ^ 0x30303a3030003030;
  const separator = <u32>(clock >> 16) & 0xff;
  const rest = clock & ~(<u64>0xff0000);
  if (separator != 84 && separator != 32 && separator != 116) return NOT_PLAIN;
  if (!areDate(date) || !areDigits(rest) || ((rest >> 40) & 0xff) != 0) return NOT_PLAIN;
  const day = (<u32>rest & 0xff) * 10 + ((<u32>rest >> 8) & 0xff);
  const hour = (<u32>rest >> 24) * 10 + (<u32>(rest >> 32) & 0xff);
  const minute = (<u32>(rest >> 48) & 0xff) * 10 + <u32>(rest >> 56);
  if (hour > 23 || minute > 59) return NOT_PLAIN;
  const micros = dateMicros(yearOf(date), monthOf(date), day);
  return micros == NOT_PLAIN ? NOT_PLAIN : micros + hour * HOUR + minute * MINUTE;
}

/** Midnight. Days of the civil calendar, counted from 1 March 0000. */
function dateMicros(year: u32, month: u32, day: u32): i64 {
  if (year < YEAR_MIN || year > YEAR_MAX || month - 1 > 11 || day == 0) return NOT_PLAIN;
  const leap: u32 = month == 2 && year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 1 : 0;
  if (day > <u32>load<u8>(MONTH_DAYS + month) + leap) return NOT_PLAIN;
  const y = month > 2 ? year : year - 1;
  const monthFromMarch = month > 2 ? month - 3 : month + 9;
  const dayOfYear = (153 * monthFromMarch + 2) / 5 + day - 1;
  return (<i64>(y * 365 + y / 4 - y / 100 + y / 400 + dayOfYear) - 719468) * DAY;
}

/** `:SS.mmmZ` less what must or may be there, as JavaScript prints times; and the bytes of it that must be 0 then. */
const MILLIS_TEXT: u64 = 0x5a3030302e30303a;
const MILLIS_FIXED: u64 = 0xff000000ff0000ff;

/** What follows the minute: nothing, `:SS`, `:SS.f…`, then a zone or none. */
@inline
function clockOn(from: usize, end: usize, minute: i64): i64 {
  if (end - from == 8) {
    const word = load<u64>(from) ^ MILLIS_TEXT;
    const tens = (word >> 8) & 0xff;
    if ((word & MILLIS_FIXED) == 0 && areDigits(word) && tens <= 5) {
      const seconds = tens * 10 + ((word >> 16) & 0xff);
      const millis = ((word >> 32) & 0xff) * 100 + ((word >> 40) & 0xff) * 10 + ((word >> 48) & 0xff);
      return minute + <i64>(seconds * 1000 + millis) * 1000;
    }
  }
  return otherClock(from, end, minute);
}

function otherClock(from: usize, end: usize, minute: i64): i64 {
  let to = end;
  let micros = minute;
  const last = <u32>load<u8>(end - 1);
  if (last == 90 && end > from) to--;
  else if (end - from >= 9 && load<u8>(end - 3) == 58) {
    const zone = zoneMicros(end - 6, two(end - 5), two(end - 2));
    if (zone == NOT_PLAIN) return NOT_PLAIN;
    micros -= zone;
    to -= 6;
  }
  if (to == from) return micros;
  if (to < from + 3 || load<u8>(from) != 58) return NOT_PLAIN;
  const seconds = two(from + 1);
  if (seconds > 59) return NOT_PLAIN;
  micros += seconds * SECOND;
  if (to == from + 3) return micros;
  const places = to - from - 4;
  if (load<u8>(from, 3) != 46 || places - 1 >= 6) return NOT_PLAIN;
  const word = digitBytes(to, places);
  if (!areDigits(word)) return NOT_PLAIN;
  return micros + <i64>valueOf(word) * load<i64>(TENS + ((6 - places) << 3));
}

@inline
function zoneMicros(sign: usize, hours: u32, minutes: u32): i64 {
  const byte = <u32>load<u8>(sign);
  if ((byte != 43 && byte != 45) || hours > 23 || minutes > 59) return NOT_PLAIN;
  const micros = hours * HOUR + minutes * MINUTE;
  return byte == 45 ? -micros : micros;
}

/** `DD/Mon/YYYY:HH:M`. */
function logTenMinutes(from: usize): i64 {
  const day = two(from);
  const name = load<u32>(from, 3) | 0x20202020;
  const year = digits(from + 7, from + 11);
  const hour = two(from + 12);
  const tens = <u32>load<u8>(from, 15) - 48;
  if (load<u8>(from, 6) != 47 || load<u8>(from, 11) != 58 || load<u8>(from, 14) != 58) return NOT_PLAIN;
  if (year > YEAR_MAX || hour > 23 || tens > 5 || day > 31) return NOT_PLAIN;
  let month: u32 = 0;
  while (month < 12 && load<u32>(MONTH_NAMES + (month << 2)) != (name & 0xffffff)) month++;
  if (month == 12) return NOT_PLAIN;
  const micros = dateMicros(<u32>year, month + 1, day);
  return micros == NOT_PLAIN ? NOT_PLAIN : micros + hour * HOUR + tens * 10 * MINUTE;
}

/** `M:SS ±HHMM` behind the prefix. */
function logClock(from: usize, tenMinutes: i64): i64 {
  const minute = <u32>load<u8>(from, 16) - 48;
  const second = two(from + 18);
  const zone = zoneMicros(from + 21, two(from + 22), two(from + 24));
  if (minute > 9 || second > 59 || zone == NOT_PLAIN) return NOT_PLAIN;
  if (load<u8>(from, 17) != 58 || load<u8>(from, 20) != 32) return NOT_PLAIN;
  return tenMinutes + minute * MINUTE + second * SECOND - zone;
}

/** Seconds, milliseconds or microseconds by size. */
function epochTime(from: usize, to: usize): i64 {
  const whole = <i64>digits(from, to);
  if (whole < 0) return NOT_PLAIN;
  if (whole < 100000000000) return whole * 1000000 <= SAFE_MAX ? whole * 1000000 : NOT_PLAIN;
  if (whole < 100000000000000) return whole * 1000 <= SAFE_MAX ? whole * 1000 : NOT_PLAIN;
  return whole <= SAFE_MAX ? whole : NOT_PLAIN;
}
