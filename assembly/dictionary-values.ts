/** Values of a dictionary, many at a time: in order, as columns, for partials. Entries are those of dictionary.ts. */
import { copyLong } from "./hash";
import { alloc, allocZeroed, free } from "./memory";
import { sortRows } from "./sort";

/** Of dictionary.ts. */
const SIZE: usize = 0;
const ENTRIES: usize = 4;
const TAG_NULL: i32 = 0;
const TAG_BIGINT: i32 = 3;
const TAG_TEXT: i32 = 5;
const TAG_OBJECT: i32 = 6;
/** Of sort.ts. */
const SORT_TEXT: u32 = 0;
const SORT_DOUBLE: u32 = 1;

@inline
function entryOf(entries: usize, ids: usize, i: usize): usize {
  return entries + (<usize>(ids == 0 ? <u32>i : load<u32>(ids + (i << 2))) << 4);
}

/**
 * The tag that all of these values have (ids 0: all values) and, with `nulls`, null beside; -1 where they have several,
 * or bytes that are no text.
 */
export function commonTag(d: usize, ids: usize, n: i32, nulls: i32): i32 {
  const entries: usize = load<u32>(d, ENTRIES);
  let common = -1;
  for (let i: usize = 0; i < <usize>n; i++) {
    const entry = entryOf(entries, ids, i);
    const tag = load<i32>(entry, 12);
    if (tag == TAG_NULL && nulls != 0) continue;
    if (tag == TAG_NULL || tag == TAG_OBJECT || (tag == TAG_BIGINT && load<i32>(entry, 8) >= 0)) return -1;
    if (common >= 0 && tag != common) return -1;
    common = tag;
  }
  return common;
}

/** All ids in the order of their values; 0 where the values are of several types. */
export function sortedIds(d: usize, out: usize): i32 {
  const n = load<i32>(d, SIZE);
  const tag = commonTag(d, 0, n, 1);
  if (tag < 0) return 0;
  const column = allocZeroed(32);
  const first = alloc(<usize>n * 8 + 16);
  const ends = alloc(<usize>n * 4 + 16);
  const nulls = alloc(<usize>n + 16);
  const entries: usize = load<u32>(d, ENTRIES);
  const isText = tag == TAG_TEXT;
  for (let id: usize = 0; id < <usize>n; id++) {
    const entry = entries + (id << 4);
    store<u8>(nulls + id, load<i32>(entry, 12) == TAG_NULL ? 1 : 0);
    if (isText) {
      store<u32>(first + (id << 2), load<u32>(entry));
      store<u32>(ends + (id << 2), load<u32>(entry) + load<u32>(entry, 8));
    } else store<f64>(first + (id << 3), load<f64>(entry));
  }
  store<u32>(column, isText ? SORT_TEXT : SORT_DOUBLE);
  store<usize>(column, nulls, 8);
  store<usize>(column, first, 12);
  store<usize>(column, ends, 16);
  sortRows(column, 1, n, out);
  free(nulls);
  free(ends);
  free(first);
  free(column);
  return 1;
}

/** Where texts lie: their first and last address, null: 1 in `nulls`. Returns whether there is a null. */
export function placesOf(d: usize, ids: usize, n: i32, starts: usize, ends: usize, nulls: usize): i32 {
  const entries: usize = load<u32>(d, ENTRIES);
  let some = 0;
  for (let i: usize = 0; i < <usize>n; i++) {
    const entry = entryOf(entries, ids, i);
    const isNull = load<i32>(entry, 12) == TAG_NULL;
    const start = isNull ? 0 : load<u32>(entry);
    store<u32>(starts + (i << 2), start);
    store<u32>(ends + (i << 2), isNull ? 0 : start + load<u32>(entry, 8));
    store<u8>(nulls + i, isNull ? 1 : 0);
    if (isNull) some = 1;
  }
  return some;
}

/** Numbers as doubles; null is 0, and 1 in `nulls`. */
export function numbersOf(d: usize, ids: usize, n: i32, out: usize, nulls: usize): i32 {
  const entries: usize = load<u32>(d, ENTRIES);
  let some = 0;
  for (let i: usize = 0; i < <usize>n; i++) {
    const entry = entryOf(entries, ids, i);
    const isNull = load<i32>(entry, 12) == TAG_NULL;
    store<f64>(out + (i << 3), load<f64>(entry));
    store<u8>(nulls + i, isNull ? 1 : 0);
    if (isNull) some = 1;
  }
  return some;
}

/** Lengths of texts; returns their sum. */
export function lengthsOf(d: usize, ids: usize, n: i32, out: usize): f64 {
  const entries: usize = load<u32>(d, ENTRIES);
  let total: u64 = 0;
  for (let i: usize = 0; i < <usize>n; i++) {
    const length = load<u32>(entryOf(entries, ids, i), 8);
    store<u32>(out + (i << 2), length);
    total += length;
  }
  return <f64>total;
}

/** Texts one behind the other; writes up to 15 bytes beyond the last. */
export function copyTexts(d: usize, ids: usize, n: i32, out: usize): void {
  const entries: usize = load<u32>(d, ENTRIES);
  let at = out;
  for (let i: usize = 0; i < <usize>n; i++) {
    const entry = entryOf(entries, ids, i);
    const length = load<i32>(entry, 8);
    const from: usize = load<u32>(entry);
    if (length > 16) copyLong(at, from, length);
    else v128.store(at, v128.load(from));
    at += length;
  }
}
