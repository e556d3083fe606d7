/**
 * A column of a batch to values: byte ranges of the selected rows to text ranges, numbers, times. What is plain is read
 * here; a row that is not is listed in `slow`, for the exact reader in TypeScript, which also tells what is wrong with it.
 *
 *     ranges   the column's first range; `stride` bytes lie between those of neighbouring rows; [i32 start, i32 end | -1: null]
 *     rows     i32 per selected row: which row of the batch it is
 *     values   f64 (i64 for big integers) per selected row; 0 where it is null or slow
 *     nulls    u8 per selected row: written only where the answer has HAS_NULLS
 *     slow     i32 per slow row: its index in the selection
 *
 * The answer of each number function: how many rows are slow, plus HAS_NULLS where a row is null.
 */
import { NOT_PLAIN, float, isPlain, plainBool, plainInteger, plainLong } from "./number";
import { timestamp } from "./timestamp";

const HAS_NULLS: i32 = 1 << 30;

/** Text: the ranges themselves, column by column. */
export function decodeTexts(ranges: usize, stride: usize, rows: usize, n: i32, starts: usize, ends: usize): void {
  for (let at: usize = 0, last = <usize>n << 2; at < last; at += 4) {
    const range = load<u64>(ranges + <usize>load<i32>(rows + at) * stride);
    store<u32>(starts + at, <u32>range);
    store<u32>(ends + at, <u32>(range >> 32));
  }
}

/** The kinds of values, told apart when the kernel is compiled: one loop each. */
const INT: i32 = 0;
const FLOAT: i32 = 1;
const BOOL: i32 = 2;
const BIGINT: i32 = 3;
const TIMESTAMP: i32 = 4;

/** The bits of the value, or NOT_PLAIN. */
@inline
function read(kind: i32, from: usize, to: usize): i64 {
  if (kind == INT) return plainInteger(from, to);
  if (kind == BIGINT) return plainLong(from, to);
  if (kind == TIMESTAMP) return timestamp(from, to);
  if (kind == BOOL) return plainBool(from, to);
  const value = float(from, to);
  // The bits of -0 are those of NOT_PLAIN: it is left to the exact reader, as what is not plain.
  return isPlain(value) ? reinterpret<i64>(value) : NOT_PLAIN;
}

@inline
function decode(
  kind: i32,
  bytes: usize,
  ranges: usize,
  stride: usize,
  rows: usize,
  n: i32,
  values: usize,
  nulls: usize,
  slow: usize,
): i32 {
  let slowEnd = slow;
  let seen = 0;
  for (let i = 0; i < n; i++) {
    const range = ranges + <usize>load<i32>(rows + ((<usize>i) << 2)) * stride;
    const end = load<i32>(range, 4);
    let value: i64 = 0;
    if (end < 0) {
      // The first null clears the flags of all.
      if (seen == 0) memory.fill(nulls, 0, n);
      seen = HAS_NULLS;
      store<u8>(nulls + i, 1);
    } else {
      value = read(kind, bytes + load<i32>(range), bytes + end);
      if (value == NOT_PLAIN) {
        value = 0;
        store<i32>(slowEnd, i);
        slowEnd += 4;
      }
    }
    const to = values + ((<usize>i) << 3);
    if (kind == BIGINT || kind == FLOAT) store<i64>(to, value);
    else store<f64>(to, <f64>value);
  }
  return (<i32>(slowEnd - slow) >> 2) | seen;
}

export function decodeInts(
  bytes: usize,
  ranges: usize,
  stride: usize,
  rows: usize,
  n: i32,
  values: usize,
  nulls: usize,
  slow: usize,
): i32 {
  return decode(INT, bytes, ranges, stride, rows, n, values, nulls, slow);
}

export function decodeFloats(
  bytes: usize,
  ranges: usize,
  stride: usize,
  rows: usize,
  n: i32,
  values: usize,
  nulls: usize,
  slow: usize,
): i32 {
  return decode(FLOAT, bytes, ranges, stride, rows, n, values, nulls, slow);
}

export function decodeBools(
  bytes: usize,
  ranges: usize,
  stride: usize,
  rows: usize,
  n: i32,
  values: usize,
  nulls: usize,
  slow: usize,
): i32 {
  return decode(BOOL, bytes, ranges, stride, rows, n, values, nulls, slow);
}

export function decodeBigints(
  bytes: usize,
  ranges: usize,
  stride: usize,
  rows: usize,
  n: i32,
  values: usize,
  nulls: usize,
  slow: usize,
): i32 {
  return decode(BIGINT, bytes, ranges, stride, rows, n, values, nulls, slow);
}

export function decodeTimestamps(
  bytes: usize,
  ranges: usize,
  stride: usize,
  rows: usize,
  n: i32,
  values: usize,
  nulls: usize,
  slow: usize,
): i32 {
  return decode(TIMESTAMP, bytes, ranges, stride, rows, n, values, nulls, slow);
}
