/**
 * Rows of typed columns as text: CSV, TSV and JSON lines. What each cell is preceded by (a delimiter, `,"name":`) and
 * what null is are given as bytes; floats that are no whole numbers, other zones and lists come as text that is ready.
 *
 *     column  kind · nulls · values or starts · ends · bytes · before · its length · null · its length · 3 unused    12 words
 *     kinds   0 text, quoted where it must be · 1 text as it is · 2 whole numbers · 3 bool · 4 UTC times of years 0 … 9999
 *     style   quoting (0 CSV, 1 JSON) · delimiter · end of row · its length · room for: where the text ended · bytes needed
 *
 * Text is read and written up to 15 bytes beyond its end.
 */
import { allocZeroed } from "./memory";

const TEXT: u32 = 0;
const READY: u32 = 1;
const WHOLE: u32 = 2;
const BOOL: u32 = 3;

const COLUMN: usize = 48;
const NUMBER_BYTES: usize = 40;
const SLACK: usize = 32;
const DAY: i64 = 86400000000;
const MICROS_MIN: f64 = -62167219200000000;
const MICROS_MAX: f64 = 253402300800000000;
const SAFE: f64 = 9007199254740992;

/** 1: all values are whole numbers that fit 53 bits; for times: all are UTC times of years 0 … 9999. */
export function allFit(values: usize, nulls: usize, n: u32, isTime: u32): u32 {
  for (let i: usize = 0; i < n; i++) {
    if (nulls != 0 && load<u8>(nulls + i) != 0) continue;
    const value = load<f64>(values + (i << 3));
    if (!(trunc(value) == value)) return 0;
    if (isTime ? !(value >= MICROS_MIN && value < MICROS_MAX) : !(abs(value) < SAFE)) return 0;
  }
  return 1;
}

/** Writes rows order[from … to - 1]; returns how many there was room for. The style says where the text ended. */
export function formatRows(columns: usize, count: u32, style: usize, order: usize, from: u32, to: u32, out: usize, outEnd: usize): u32 {
  const isJson = load<u32>(style) != 0;
  const delimiter = load<u32>(style, 4);
  const end: usize = load<u32>(style, 8);
  const endLength: usize = load<u32>(style, 12);
  const last = columns + <usize>count * COLUMN;
  let at = out;
  let i = from;
  for (; i < to; i++) {
    if (((i - from) & (AHEAD - 1)) == 0) lookAhead(columns, last, order, i, min(to, i + AHEAD));
    const row = load<u32>(order + (<usize>i << 2));
    const needed = rowBytes(columns, last, row, isJson) + endLength;
    if (at + needed > outEnd) {
      store<u32>(style, <u32>needed, 20);
      break;
    }
    for (let column = columns; column < last; column += COLUMN) {
      at = copy(at, load<u32>(column, 20), load<u32>(column, 24));
      at = writeCell(at, column, row, isJson, delimiter);
    }
    at = copy(at, end, endLength);
  }
  store<u32>(style, <u32>at, 16);
  return i - from;
}

/** Rows whose cells are fetched before the first of them is written. */
const AHEAD: u32 = 32;
/** Written so that loads are not left out. */
const fetched: usize = memory.data(8, 8);

/** Rows that follow each other lie anywhere. Nothing in these loops waits for memory, so that many loads are on their way at a time. */
function lookAhead(columns: usize, last: usize, order: usize, from: u32, to: u32): void {
  let sum: u32 = 0;
  for (let column = columns; column < last; column += COLUMN) {
    const values: usize = load<u32>(column, 8);
    if (load<u32>(column) <= READY) {
      const ends: usize = load<u32>(column, 12);
      const text: usize = load<u32>(column, 16);
      for (let i = from; i < to; i++) {
        const row = <usize>load<u32>(order + (<usize>i << 2)) << 2;
        sum += load<u8>(text + load<u32>(values + row)) + load<u32>(ends + row);
      }
    } else {
      for (let i = from; i < to; i++) sum += load<u32>(values + (<usize>load<u32>(order + (<usize>i << 2)) << 3));
    }
  }
  store<u32>(fetched, sum);
}

/** What a row takes at most. */
function rowBytes(columns: usize, last: usize, row: u32, isJson: bool): usize {
  let bytes: usize = SLACK;
  for (let column = columns; column < last; column += COLUMN) {
    bytes += <usize>load<u32>(column, 24) + load<u32>(column, 32) + NUMBER_BYTES;
    if (load<u32>(column) > READY) continue;
    const length: usize = load<u32>(<usize>load<u32>(column, 12) + (<usize>row << 2)) - load<u32>(<usize>load<u32>(column, 8) + (<usize>row << 2));
    bytes += isJson ? length * 6 : length * 2;
  }
  return bytes;
}

// prettier-ignore
@inline function copy(at: usize, from: usize, length: usize): usize {
  for (let k: usize = 0; k < length; k += 16) v128.store(at + k, v128.load(from + k));
  return at + length;
}

// prettier-ignore
@inline function writeCell(at: usize, column: usize, row: u32, isJson: bool, delimiter: u32): usize {
  const nulls: usize = load<u32>(column, 4);
  if (nulls != 0 && load<u8>(nulls + row) != 0) return copy(at, load<u32>(column, 28), load<u32>(column, 32));
  const kind = load<u32>(column);
  const values: usize = load<u32>(column, 8);
  if (kind <= READY) {
    const start = load<u32>(values + (<usize>row << 2));
    const length: usize = load<u32>(<usize>load<u32>(column, 12) + (<usize>row << 2)) - start;
    const text: usize = <usize>load<u32>(column, 16) + start;
    if (kind == READY) return copy(at, text, length);
    return isJson ? writeJson(at, text, length) : writeCsv(at, text, length, delimiter);
  }
  const value = load<f64>(values + (<usize>row << 3));
  if (kind == WHOLE) return writeWhole(at, value);
  if (kind == BOOL) return writeBool(at, value != 0);
  return writeTime(at, <i64>value, isJson);
}

/** Copies while it looks; what must be quoted is written anew. */
function writeCsv(at: usize, text: usize, length: usize, delimiter: u32): usize {
  if (length == 0) {
    store<u16>(at, 0x2222);
    return at + 2;
  }
  const quotes = i8x16.splat(0x22);
  const delimiters = i8x16.splat(<i8>delimiter);
  for (let k: usize = 0; k < length; k += 16) {
    const piece = v128.load(text + k);
    v128.store(at + k, piece);
    const special = v128.or(
      v128.or(i8x16.eq(piece, quotes), i8x16.eq(piece, delimiters)),
      v128.or(i8x16.eq(piece, i8x16.splat(10)), i8x16.eq(piece, i8x16.splat(13))),
    );
    let found = <u32>i8x16.bitmask(special);
    if (length - k < 16) found &= (1 << <u32>(length - k)) - 1;
    if (found != 0) return quoteCsv(at, text, length);
  }
  return at + length;
}

function quoteCsv(at: usize, text: usize, length: usize): usize {
  store<u8>(at++, 0x22);
  for (let k: usize = 0; k < length; k++) {
    const byte = load<u8>(text + k);
    store<u8>(at++, byte);
    if (byte == 0x22) store<u8>(at++, 0x22);
  }
  store<u8>(at++, 0x22);
  return at;
}

function writeJson(at: usize, text: usize, length: usize): usize {
  store<u8>(at++, 0x22);
  for (let k: usize = 0; k < length; k += 16) {
    const piece = v128.load(text + k);
    v128.store(at + k, piece);
    const special = v128.or(
      v128.or(i8x16.eq(piece, i8x16.splat(0x22)), i8x16.eq(piece, i8x16.splat(0x5c))),
      i8x16.lt_u(piece, i8x16.splat(0x20)),
    );
    let found = <u32>i8x16.bitmask(special);
    if (length - k < 16) found &= (1 << <u32>(length - k)) - 1;
    if (found != 0) return escapeJson(at, text, length);
  }
  store<u8>(at + length, 0x22);
  return at + length + 1;
}

/** As JSON.stringify: short escapes where there are some, else \u00xx. */
function escapeJson(at: usize, text: usize, length: usize): usize {
  for (let k: usize = 0; k < length; k++) {
    const byte = load<u8>(text + k);
    const letter: u8 =
      byte == 0x22 || byte == 0x5c ? byte : byte == 8 ? 0x62 : byte == 9 ? 0x74 : byte == 10 ? 0x6e : byte == 12 ? 0x66 : byte == 13 ? 0x72 : 0;
    if (letter != 0) {
      store<u8>(at, 0x5c);
      store<u8>(at, letter, 1);
      at += 2;
    } else if (byte < 0x20) {
      store<u32>(at, 0x3030755c);
      store<u8>(at, 0x30 + (byte >> 4), 4);
      const low = byte & 15;
      store<u8>(at, low < 10 ? 0x30 + low : 0x57 + low, 5);
      at += 6;
    } else store<u8>(at++, byte);
  }
  store<u8>(at++, 0x22);
  return at;
}

function writeWhole(at: usize, value: f64): usize {
  if (value < 0 || reinterpret<u64>(value) >> 63 != 0) {
    store<u8>(at++, 0x2d);
    value = -value;
  }
  let whole = <u64>value;
  if (whole < 10) {
    store<u8>(at, 0x30 + <u8>whole);
    return at + 1;
  }
  let length: usize = 1;
  for (let limit: u64 = 10; whole >= limit; limit *= 10) length++;
  let place = at + length;
  while (whole > 0xffffffff) {
    store<u8>(--place, 0x30 + <u8>(whole % 10));
    whole /= 10;
  }
  let small = <u32>whole;
  while (place > at) {
    store<u8>(--place, 0x30 + <u8>(small % 10));
    small /= 10;
  }
  return at + length;
}

function writeBool(at: usize, value: bool): usize {
  store<u32>(at, value ? 0x65757274 : 0x736c6166);
  if (value) return at + 4;
  store<u8>(at, 0x65, 4);
  return at + 5;
}

// prettier-ignore
@inline function two(at: usize, n: u32): void {
  store<u8>(at, 0x30 + <u8>(n / 10));
  store<u8>(at, 0x30 + <u8>(n % 10), 1);
}

/** Times that were written, by their hash: microseconds, length, text. Of hours or days there are few in a result. */
const TIMES_BITS: u64 = 10;
const TIME_BYTES: usize = 48;
/** Made for the first time: most instances write none. */
let times: usize = 0;

/** ISO 8601 in UTC. */
// prettier-ignore
@inline function writeTime(at: usize, micros: i64, isJson: bool): usize {
  // A time and its quotes: bit 0 says which.
  const key = (<u64>micros << 1) | <u64>isJson;
  if (times == 0) times = allocZeroed(TIME_BYTES << <usize>TIMES_BITS);
  const known = times + <usize>((key * 0x9e3779b97f4a7c15) >> (64 - TIMES_BITS)) * TIME_BYTES;
  // Nothing is known of a slot without a length.
  if (load<u64>(known) != key || load<u32>(known, 8) == 0) {
    store<u64>(known, key);
    store<u32>(known, <u32>(makeTime(known + 16, micros, isJson) - known - 16), 8);
  }
  v128.store(at, v128.load(known, 16));
  v128.store(at, v128.load(known, 32), 16);
  return at + <usize>load<u32>(known, 8);
}

/** Days to civil as in "chrono-Compatible Low-Level Date Algorithms" (H. Hinnant). */
function makeTime(at: usize, micros: i64, isJson: bool): usize {
  if (isJson) store<u8>(at++, 0x22);
  let days = micros / DAY;
  let rest = micros - days * DAY;
  if (rest < 0) {
    rest += DAY;
    days--;
  }
  if (days != writtenDay) writeDay(days);
  v128.store(at, v128.load(dayText));
  const seconds = <u32>(rest / 1000000);
  const minutes = seconds / 60;
  two(at + 11, minutes / 60);
  store<u8>(at, 0x3a, 13);
  two(at + 14, minutes % 60);
  store<u8>(at, 0x3a, 16);
  two(at + 17, seconds - minutes * 60);
  at = writeFraction(at + 19, <u32>(rest - <i64>seconds * 1000000));
  store<u8>(at++, 0x5a);
  if (isJson) store<u8>(at++, 0x22);
  return at;
}

/** The day that `dayText` is: neighbours in a result often share it. */
let writtenDay: i64 = i64.MIN_VALUE;
const dayText: usize = memory.data(16, 16);

/** Writes `YYYY-MM-DDT` to `dayText`. */
function writeDay(days: i64): void {
  const at = dayText;
  writtenDay = days;
  const z = <u32>(days + 719468 + 146097);
  const era = z / 146097;
  const dayOfEra = z - era * 146097;
  const yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146096) / 365;
  const dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100);
  const shifted = (5 * dayOfYear + 2) / 153;
  const month = shifted < 10 ? shifted + 3 : shifted - 9;
  const year = yearOfEra + era * 400 - 400 + (month <= 2 ? 1 : 0);
  two(at, year / 100);
  two(at + 2, year % 100);
  store<u8>(at, 0x2d, 4);
  two(at + 5, month);
  store<u8>(at, 0x2d, 7);
  two(at + 8, dayOfYear - (153 * shifted + 2) / 5 + 1);
  store<u8>(at, 0x54, 10);
}

/** Nothing, milliseconds or microseconds. */
function writeFraction(at: usize, micros: u32): usize {
  if (micros == 0) return at;
  store<u8>(at, 0x2e);
  const isShort = micros % 1000 == 0;
  const digits: usize = isShort ? 3 : 6;
  let left = isShort ? micros / 1000 : micros;
  for (let k = digits; k > 0; k--) {
    store<u8>(at + k, 0x30 + <u8>(left % 10));
    left /= 10;
  }
  return at + digits + 1;
}
