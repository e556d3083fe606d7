/**
 * Timestamps from bytes to microseconds since the epoch (UTC where the text names no offset), proleptic Gregorian:
 *
 *     2019-09-14   2019-09-14T23:56   2019-09-14 23:56:58.123456+02:00     ISO 8601; T or a space; Z, UTC, ±HH, ±HHMM, ±HH:MM
 *     1568505418   1568505418.5   1568505418123   1568505418123456         epoch: |v| < 1e11 seconds, < 1e14 ms, else µs
 *     14/Sep/2019:23:56:58 +0000                                           Apache, with or without brackets
 *
 * Digits of a fraction beyond the microsecond are cut off, as in DuckDB. 24:00:00 is the next day's midnight.
 */

const MINUTE_US = 60e6;
const HOUR_US = 3600e6;
const DAY_US = 86400e6;
const MONTH_NAMES = "janfebmaraprmayjunjulaugsepoctnovdec";
const MONTH_DAYS: Uint8Array = Uint8Array.of(31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31);

const TENS: Int32Array = Int32Array.of(1, 10, 100, 1000, 10000, 100000, 1000000);

/** The last `YYYY-MM-DDTHH:` that was read: logs stay in the same hour for many lines. */
const PREFIX_BYTES = 14;
const prefix: Uint8Array = new Uint8Array(PREFIX_BYTES);
let prefixUs: number = Number.NaN;

/** Index behind what was read last; the functions below go on from there. */
let at = 0;

/** Microseconds of the timestamp bytes[start..end], or NaN where it is none. Spaces around it are ignored. */
export function parseTimestamp(bytes: Uint8Array, start: number, end: number): number {
  let from = start;
  let to = end;
  while (from < to && bytes[from] === 32) from++;
  while (to > from && bytes[to - 1] === 32) to--;
  if (to - from >= 16 && bytes[from + 4] === 45) {
    const hour = hourPrefix(bytes, from);
    if (!Number.isNaN(hour)) {
      const clock = plainClock(bytes, from + PREFIX_BYTES, to);
      return hour + (clock >= 0 ? clock : minutesOn(bytes, from + PREFIX_BYTES, to));
    }
  }
  if (to - from >= 8 && bytes[from + 4] === 45) return isoTimestamp(bytes, from, to);
  if (bytes[from] === 91 && bytes[to - 1] === 93) return apacheTimestamp(bytes, from + 1, to - 1);
  if (to - from >= 17 && (bytes[from + 2] === 47 || bytes[from + 1] === 47)) return apacheTimestamp(bytes, from, to);
  return epochTimestamp(bytes, from, to);
}

function hourPrefix(bytes: Uint8Array, from: number): number {
  let i = PREFIX_BYTES - 1;
  while (i >= 0 && bytes[from + i] === prefix[i]) i--;
  if (i < 0) return prefixUs;
  const value = slowHourPrefix(bytes, from);
  if (!Number.isNaN(value)) {
    for (let k = 0; k < PREFIX_BYTES; k++) prefix[k] = bytes[from + k];
    prefixUs = value;
  }
  return value;
}

function slowHourPrefix(bytes: Uint8Array, from: number): number {
  const separator = bytes[from + 10];
  if (bytes[from + 7] !== 45 || bytes[from + 13] !== 58) return Number.NaN;
  if (separator !== 84 && separator !== 32 && separator !== 116) return Number.NaN;
  const hour = digits(bytes, from + 11, 2);
  const date = dateUs(digits(bytes, from, 4), digits(bytes, from + 5, 2), digits(bytes, from + 8, 2));
  return hour >= 0 && hour < 24 ? date + hour * HOUR_US : Number.NaN;
}

/** `MM:SS`, `MM:SS.f…` with at most six digits, each with or without Z: the common case, in locals only. Else -1. */
function plainClock(bytes: Uint8Array, from: number, end: number): number {
  const m1 = bytes[from] - 48;
  const m0 = bytes[from + 1] - 48;
  const s1 = bytes[from + 3] - 48;
  const s0 = bytes[from + 4] - 48;
  const to = bytes[end - 1] === 90 ? end - 1 : end;
  const isClock = m1 >= 0 && m1 < 6 && m0 >= 0 && m0 < 10 && s1 >= 0 && s1 < 6 && s0 >= 0 && s0 < 10;
  if (to < from + 5 || !isClock || bytes[from + 2] !== 58) return -1;
  const clock = ((m1 * 10 + m0) * 60 + s1 * 10 + s0) * 1e6;
  const places = to - from - 6;
  if (places < 0) return to === from + 5 ? clock : -1;
  if (bytes[from + 5] !== 46 || places > 6) return -1;
  let micros = 0;
  for (let p = from + 6; p < to; p++) {
    const digit = bytes[p] - 48;
    if (!(digit >= 0 && digit < 10)) return -1;
    micros = micros * 10 + digit;
  }
  return clock + micros * TENS[6 - places];
}

/** n digits as a number, or -1. */
function digits(bytes: Uint8Array, from: number, n: number): number {
  let value = 0;
  for (let p = from; p < from + n; p++) {
    const digit = bytes[p] - 48;
    if (!(digit >= 0 && digit <= 9)) return -1;
    value = value * 10 + digit;
  }
  return value;
}

/** One or two digits from `at` on, or -1. */
function number2(bytes: Uint8Array, end: number): number {
  let value = -1;
  for (let i = 0; i < 2 && at < end; i++) {
    const digit = bytes[at] - 48;
    if (!(digit >= 0 && digit <= 9)) break;
    value = Math.max(value, 0) * 10 + digit;
    at++;
  }
  return value;
}

/** Midnight of a date, or NaN where the calendar has no such day. Days from the civil calendar: counted from 1 March 0000. */
function dateUs(year: number, month: number, day: number): number {
  if (year < 1 || month < 1 || month > 12 || day < 1) return Number.NaN;
  const leap = month === 2 && year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 1 : 0;
  if (day > MONTH_DAYS[month - 1] + leap) return Number.NaN;
  const y = month > 2 ? year : year - 1;
  const monthFromMarch = month > 2 ? month - 3 : month + 9;
  const dayOfYear = Math.floor((153 * monthFromMarch + 2) / 5) + day - 1;
  const days = y * 365 + Math.floor(y / 4) - Math.floor(y / 100) + Math.floor(y / 400) + dayOfYear - 719468;
  return days * DAY_US;
}

/** ISO with parts of one digit, a date alone, or 24:00: what the prefix does not cover. */
function isoTimestamp(bytes: Uint8Array, from: number, end: number): number {
  const year = digits(bytes, from, 4);
  at = from + 5;
  const month = number2(bytes, end);
  if (bytes[at++] !== 45) return Number.NaN;
  const date = dateUs(year, month, number2(bytes, end));
  if (at >= end) return at === end ? date : Number.NaN;
  const separator = bytes[at++];
  if (separator !== 84 && separator !== 32 && separator !== 116) return Number.NaN;
  const hour = number2(bytes, end);
  if (hour < 0 || hour > 24 || at >= end || bytes[at] !== 58) return Number.NaN;
  const rest = minutesOn(bytes, at + 1, end);
  if (hour === 24 && clockUs !== 0) return Number.NaN;
  return date + hour * HOUR_US + rest;
}

/** Minutes, seconds and fraction that `minutesOn` met, without the offset. */
let clockUs = 0;

/** `MM[:SS[.fraction]][zone]` up to the end. */
function minutesOn(bytes: Uint8Array, from: number, end: number): number {
  at = from;
  const minute = number2(bytes, end);
  let second = 0;
  let micros = 0;
  if (at < end && bytes[at] === 58) {
    at++;
    second = number2(bytes, end);
    if (at < end && bytes[at] === 46) micros = fraction(bytes, end, 6);
  }
  if (minute < 0 || minute > 59 || second < 0 || second > 59) return Number.NaN;
  clockUs = minute * MINUTE_US + second * 1e6 + micros;
  return at === end ? clockUs : clockUs - zoneUs(bytes, end);
}

/** From the point at `at`: the first `places` digits as a number of that many places; the others are passed over. */
function fraction(bytes: Uint8Array, end: number, places: number): number {
  let value = 0;
  let left = places;
  for (at++; at < end; at++) {
    const digit = bytes[at] - 48;
    if (!(digit >= 0 && digit <= 9)) break;
    if (left > 0) {
      value = value * 10 + digit;
      left--;
    }
  }
  return value * 10 ** left;
}

/** The offset at `at`, which must end the text: NaN if not. */
function zoneUs(bytes: Uint8Array, end: number): number {
  if (bytes[at] === 32) at++;
  const sign = bytes[at];
  if (at + 1 === end && (sign | 32) === 122) return 0;
  if (at + 3 === end && sign === 85 && bytes[at + 1] === 84 && bytes[at + 2] === 67) return 0;
  if (sign !== 43 && sign !== 45) return Number.NaN;
  at++;
  if (at + 2 > end) return Number.NaN;
  const hour = digits(bytes, at, 2);
  at += 2;
  let minute = 0;
  if (at < end) {
    if (bytes[at] === 58) at++;
    minute = at + 2 === end ? digits(bytes, at, 2) : -1;
  }
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59) return Number.NaN;
  const offset = hour * HOUR_US + minute * MINUTE_US;
  return sign === 45 ? -offset : offset;
}

function apacheTimestamp(bytes: Uint8Array, from: number, end: number): number {
  at = from;
  const day = number2(bytes, end);
  if (bytes[at] !== 47 || bytes[at + 4] !== 47 || bytes[at + 9] !== 58) return Number.NaN;
  const name = String.fromCharCode(bytes[at + 1] | 32, bytes[at + 2] | 32, bytes[at + 3] | 32);
  const index = MONTH_NAMES.indexOf(name);
  const year = digits(bytes, at + 5, 4);
  const hour = digits(bytes, at + 10, 2);
  if (index % 3 !== 0 || hour < 0 || hour > 23 || bytes[at + 12] !== 58 || at + 15 > end) return Number.NaN;
  return dateUs(year, index / 3 + 1, day) + hour * HOUR_US + minutesOn(bytes, at + 13, end);
}

/** Seconds, milliseconds or microseconds by size, with a fraction. */
function epochTimestamp(bytes: Uint8Array, from: number, end: number): number {
  at = from;
  const negative = bytes[at] === 45;
  if (negative || bytes[at] === 43) at++;
  const first = at;
  let whole = 0;
  for (; at < end; at++) {
    const digit = bytes[at] - 48;
    if (!(digit >= 0 && digit <= 9)) break;
    whole = whole * 10 + digit;
  }
  if (at === first) return Number.NaN;
  const places = whole < 1e11 ? 6 : whole < 1e14 ? 3 : 0;
  const rest = at < end && bytes[at] === 46 ? fraction(bytes, end, places) : 0;
  const value = whole * 10 ** places + rest;
  if (at !== end || !Number.isSafeInteger(value)) return Number.NaN;
  return negative && value !== 0 ? -value : value;
}
