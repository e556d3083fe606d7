/**
 * Sorting rows of typed columns, and moving them into that order. A sort never moves a row: it moves entries
 *
 *     entry    word (u64) · row (u32) · packed (u32)            16 bytes
 *     column   kind · descending · nulls · values or starts · ends · bytes · unused · unused      8 words
 *
 * The word holds the next eight bytes of the key such that unsigned order is the order of rows: a number's bits turned
 * to an order; of text seven bytes and how many of them are text (1 + 0 … 7; 9: more follows). All ones is null, which
 * is last in both directions; no other word has all ones. Entries with the same word are sorted by what follows: the
 * rest of the text, or the next column. Common prefixes are left out of the words. Ties stay in order of their rows.
 *
 * Text is read up to 15 bytes beyond its end: whoever allocates leaves that room.
 */
import { alloc, free } from "./memory";

const TEXT: u32 = 0;
const DOUBLE: u32 = 1;

const NULL: u64 = 0xffffffffffffffff;
const SIGN: u64 = 0x8000000000000000;
const MORE: u64 = 9;
/** Where an insertion sort beats counting. */
const FEW: u32 = 48;
const ENTRY: usize = 16;
const COLUMN: usize = 32;

const counts: usize = memory.data(2048 * 4, 16);
/** Runs of varying bits: how far each is moved to the right, and its mask there. */
const bitRuns: usize = memory.data(33 * 24, 16);

// prettier-ignore
@inline function isNull(nulls: usize, row: u32): bool {
  return nulls != 0 && load<u8>(nulls + row) != 0;
}

/** Sorts rows 0 … n - 1 by `count` columns and writes their numbers to `out`. */
export function sortRows(columns: usize, count: u32, n: u32, out: usize): void {
  const entries = alloc(<usize>n * ENTRY + 16);
  const scratch = alloc(<usize>n * ENTRY + 16);
  for (let i: u32 = 0; i < n; i++) store<u32>(entries + <usize>i * ENTRY, i, 8);
  if (count > 0) sortRange(columns, count, 0, 0, entries, scratch, n);
  for (let i: u32 = 0; i < n; i++) store<u32>(out + (<usize>i << 2), load<u32>(entries + <usize>i * ENTRY, 8));
  free(scratch);
  free(entries);
}

/** The largest part that is not yet told apart is the loop's next turn: recursion stays as deep as log n. */
function sortRange(columns: usize, count: u32, column: u32, skip: u32, entries: usize, scratch: usize, n: u32): void {
  while (n > 1) {
    const at = columns + <usize>column * COLUMN;
    if (load<u32>(at) == TEXT) skip = commonPrefix(at, entries, n, skip);
    fill(at, entries, n, skip);
    if (n <= FEW) insertionSort(entries, n);
    else radixSort(entries, scratch, n);
    const isDescending = load<u32>(at, 4) != 0;
    const isText = load<u32>(at) == TEXT;
    let best: u32 = 0;
    let bestLength: u32 = 0;
    let bestColumn: u32 = 0;
    let bestSkip: u32 = 0;
    for (let i: u32 = 0; i < n; ) {
      const word = load<u64>(entries + <usize>i * ENTRY);
      let j = i + 1;
      while (j < n && load<u64>(entries + <usize>j * ENTRY) == word) j++;
      const hasMore = isText && word != NULL && ((isDescending ? ~word : word) & 0xff) == MORE;
      const nextColumn = hasMore ? column : column + 1;
      const nextSkip: u32 = hasMore ? skip + 7 : 0;
      if (j - i > 1 && nextColumn < count) {
        if (j - i > bestLength) {
          if (bestLength > 0) sortRange(columns, count, bestColumn, bestSkip, entries + <usize>best * ENTRY, scratch, bestLength);
          best = i;
          bestLength = j - i;
          bestColumn = nextColumn;
          bestSkip = nextSkip;
        } else sortRange(columns, count, nextColumn, nextSkip, entries + <usize>i * ENTRY, scratch, j - i);
      }
      i = j;
    }
    entries += <usize>best * ENTRY;
    n = bestLength;
    column = bestColumn;
    skip = bestSkip;
  }
}

/** How many bytes all texts of these entries share, `known` at least. */
function commonPrefix(at: usize, entries: usize, n: u32, known: u32): u32 {
  const nulls: usize = load<u32>(at, 8);
  const starts: usize = load<u32>(at, 12);
  const ends: usize = load<u32>(at, 16);
  const bytes: usize = load<u32>(at, 20);
  let first: usize = 0;
  let shared: u32 = u32.MAX_VALUE;
  for (let i: u32 = 0; i < n; i++) {
    const row = load<u32>(entries + <usize>i * ENTRY, 8);
    if (isNull(nulls, row)) continue;
    const start = load<u32>(starts + (<usize>row << 2));
    const length = load<u32>(ends + (<usize>row << 2)) - start;
    const text = bytes + start;
    if (shared > length) shared = length;
    if (shared <= known) return known;
    if (first == 0) {
      first = text;
      continue;
    }
    let k = known;
    while (k < shared) {
      const differ = <u32>i8x16.bitmask(i8x16.ne(v128.load(first + k), v128.load(text + k)));
      if (differ != 0) {
        k += ctz(differ);
        break;
      }
      k += 16;
    }
    if (k < shared) shared = k;
  }
  return shared == u32.MAX_VALUE ? known : shared;
}

function fill(at: usize, entries: usize, n: u32, skip: u32): void {
  const kind = load<u32>(at);
  const flip: u64 = load<u32>(at, 4) != 0 ? NULL : 0;
  const nulls: usize = load<u32>(at, 8);
  const values: usize = load<u32>(at, 12);
  const ends: usize = load<u32>(at, 16);
  const bytes: usize = load<u32>(at, 20) + skip;
  const end = entries + <usize>n * ENTRY;
  for (let entry = entries; entry < end; entry += ENTRY) {
    const row = load<u32>(entry, 8);
    let word: u64;
    if (isNull(nulls, row)) word = NULL;
    else if (kind == TEXT) {
      const start = load<u32>(values + (<usize>row << 2));
      word = textWord(bytes + start, load<u32>(ends + (<usize>row << 2)) - start - skip) ^ flip;
    } else if (kind == DOUBLE) word = doubleWord(load<f64>(values + (<usize>row << 3))) ^ flip;
    else word = longWord(load<u64>(values + (<usize>row << 3)), flip);
    store<u64>(entry, word);
  }
}

// prettier-ignore
@inline function textWord(text: usize, left: u32): u64 {
  if (left == 0) return 1;
  let word = bswap(load<u64>(text));
  if (left < 7) word &= NULL << (<u64>(8 - left) << 3);
  return (word & 0xffffffffffffff00) | (left > 7 ? MORE : left + 1);
}

/** Numbers by value, -0 as 0, NaN behind Infinity. */
// prettier-ignore
@inline function doubleWord(value: f64): u64 {
  if (value != value) return 0xfff8000000000000;
  const bits = reinterpret<u64>(value + 0.0);
  return bits & SIGN ? ~bits : bits | SIGN;
}

/** The caller sees to it that no long has null's word: the largest going up, the smallest going down. */
// prettier-ignore
@inline function longWord(value: u64, flip: u64): u64 {
  return (value ^ SIGN) ^ flip;
}

function insertionSort(entries: usize, n: u32): void {
  const end = entries + <usize>n * ENTRY;
  for (let next = entries + ENTRY; next < end; next += ENTRY) {
    const word = load<u64>(next);
    if (load<u64>(next - ENTRY) <= word) continue;
    const entry = v128.load(next);
    let at = next;
    do {
      v128.store(at, v128.load(at - ENTRY));
      at -= ENTRY;
    } while (at > entries && load<u64>(at - ENTRY) > word);
    v128.store(at, entry);
  }
}

/** Sorts by the bits that are not the same in all words: by 11 at a time where they are 32 at most, else by byte. */
function radixSort(entries: usize, scratch: usize, n: u32): void {
  const end = entries + <usize>n * ENTRY;
  const first = load<u64>(entries);
  let varying: u64 = 0;
  for (let entry = entries; entry < end; entry += ENTRY) varying |= load<u64>(entry) ^ first;
  if (varying == 0) return;
  const bits = <u32>popcnt(varying);
  if (bits > 32) sortByBytes(entries, scratch, n, varying);
  else {
    packWords(entries, end, varying);
    sortPacked(entries, scratch, n, bits);
  }
}

/** Writes the varying bits of each word, closed up, beside its row: they are in the same order as the words. */
function packWords(entries: usize, end: usize, varying: u64): void {
  let runs: usize = 0;
  let place: u64 = 0;
  for (let rest = varying; rest != 0; ) {
    const shift = ctz(rest);
    const length = ctz(~(rest >> shift));
    store<u64>(bitRuns + runs * 24, shift - place);
    store<u64>(bitRuns + runs * 24, length == 64 ? NULL : ((<u64>1 << length) - 1) << place, 8);
    place += length;
    runs++;
    rest = shift + length >= 64 ? 0 : (rest >> (shift + length)) << (shift + length);
  }
  for (let entry = entries; entry < end; entry += ENTRY) store<u32>(entry, 0, 12);
  for (let run = bitRuns; run < bitRuns + runs * 24; run += 24) {
    const shift = load<u64>(run);
    const mask = load<u64>(run, 8);
    for (let entry = entries; entry < end; entry += ENTRY) {
      store<u32>(entry, load<u32>(entry, 12) | <u32>((load<u64>(entry) >> shift) & mask), 12);
    }
  }
}

function sortPacked(entries: usize, scratch: usize, n: u32, bits: u32): void {
  const passes = (bits + 10) / 11;
  const width = (bits + passes - 1) / passes;
  const values = <usize>1 << width;
  const mask: u32 = <u32>values - 1;
  const size = <usize>n * ENTRY;
  let from = entries;
  let to = scratch;
  for (let shift: u32 = 0; shift < bits; shift += width) {
    memory.fill(counts, 0, values << 2);
    for (let entry = from; entry < from + size; entry += ENTRY) {
      const count = counts + (<usize>((load<u32>(entry, 12) >> shift) & mask) << 2);
      store<u32>(count, load<u32>(count) + 1);
    }
    place(counts, values);
    for (let entry = from; entry < from + size; entry += ENTRY) {
      const count = counts + (<usize>((load<u32>(entry, 12) >> shift) & mask) << 2);
      const index = load<u32>(count);
      store<u32>(count, index + 1);
      v128.store(to + <usize>index * ENTRY, v128.load(entry));
    }
    const other = from;
    from = to;
    to = other;
  }
  if (from != entries) memory.copy(entries, from, size);
}

/** Counts become the places where each value's entries begin. */
function place(at: usize, values: usize): void {
  let sum: u32 = 0;
  for (let count = at; count < at + (values << 2); count += 4) {
    const here = load<u32>(count);
    store<u32>(count, sum);
    sum += here;
  }
}

function sortByBytes(entries: usize, scratch: usize, n: u32, varying: u64): void {
  const size = <usize>n * ENTRY;
  let from = entries;
  let to = scratch;
  for (let shift: u64 = 0; shift < 64; shift += 8) {
    if (((varying >> shift) & 0xff) == 0) continue;
    memory.fill(counts, 0, 256 << 2);
    for (let entry = from; entry < from + size; entry += ENTRY) {
      const count = counts + (<usize>((load<u64>(entry) >> shift) & 0xff) << 2);
      store<u32>(count, load<u32>(count) + 1);
    }
    place(counts, 256);
    for (let entry = from; entry < from + size; entry += ENTRY) {
      const count = counts + (<usize>((load<u64>(entry) >> shift) & 0xff) << 2);
      const index = load<u32>(count);
      store<u32>(count, index + 1);
      v128.store(to + <usize>index * ENTRY, v128.load(entry));
    }
    const other = from;
    from = to;
    to = other;
  }
  if (from != entries) memory.copy(entries, from, size);
}

/** Bytes of the texts of rows order[0 … n - 1]. */
export function textLength(starts: usize, ends: usize, order: usize, n: u32): f64 {
  let sum: u64 = 0;
  for (let i: usize = 0; i < n; i++) {
    const row = <usize>load<u32>(order + (i << 2)) << 2;
    sum += load<u32>(ends + row) - load<u32>(starts + row);
  }
  return <f64>sum;
}

/** Texts of rows order[0 … n - 1], one behind the other; `offsets`: n + 1 words. Writes up to 15 bytes beyond the last. */
export function gatherText(starts: usize, ends: usize, bytes: usize, order: usize, n: u32, out: usize, offsets: usize): void {
  let at = out;
  store<u32>(offsets, 0);
  for (let i: usize = 0; i < n; i++) {
    const row = <usize>load<u32>(order + (i << 2)) << 2;
    const start = load<u32>(starts + row);
    const length = load<u32>(ends + row) - start;
    const text = bytes + start;
    for (let k: u32 = 0; k < length; k += 16) v128.store(at + k, v128.load(text + k));
    at += length;
    store<u32>(offsets + (i << 2), <u32>(at - out), 4);
  }
}

/** Moves n texts to `out`, one behind the other; starts and ends count from there. Writes up to 15 bytes beyond the last. */
export function packTexts(starts: usize, ends: usize, n: u32, out: usize): void {
  let at = out;
  for (let i: usize = 0; i < <usize>n << 2; i += 4) {
    const text: usize = load<u32>(starts + i);
    const length: usize = load<u32>(ends + i) - <u32>text;
    for (let k: usize = 0; k < length; k += 16) v128.store(at + k, v128.load(text + k));
    store<u32>(starts + i, <u32>(at - out));
    at += length;
    store<u32>(ends + i, <u32>(at - out));
  }
}

export function gather64(values: usize, order: usize, n: u32, out: usize): void {
  for (let i: usize = 0; i < n; i++) {
    store<u64>(out + (i << 3), load<u64>(values + (<usize>load<u32>(order + (i << 2)) << 3)));
  }
}

export function gather8(values: usize, order: usize, n: u32, out: usize): void {
  for (let i: usize = 0; i < n; i++) store<u8>(out + i, load<u8>(values + load<u32>(order + (i << 2))));
}

/** Least start, largest end and sum of lengths of n texts, null ones left out, as three words and one long. */
export function textExtent(starts: usize, ends: usize, nulls: usize, n: u32, out: usize): void {
  let low: u32 = u32.MAX_VALUE;
  let high: u32 = 0;
  let sum: u64 = 0;
  for (let i: usize = 0; i < n; i++) {
    if (nulls != 0 && load<u8>(nulls + i) != 0) continue;
    const start = load<u32>(starts + (i << 2));
    const end = load<u32>(ends + (i << 2));
    low = min(low, start);
    high = max(high, end);
    sum += end - start;
  }
  store<u32>(out, min(low, high));
  store<u32>(out, high, 4);
  store<f64>(out, <f64>sum, 8);
}

/** Adds to n words what their text was moved by. */
export function shiftWords(words: usize, n: u32, shift: u32): void {
  const end = words + (<usize>n << 2);
  let at = words;
  const shifts = i32x4.splat(shift);
  for (; at + 16 <= end; at += 16) v128.store(at, i32x4.add(v128.load(at), shifts));
  for (; at < end; at += 4) store<u32>(at, load<u32>(at) + shift);
}
