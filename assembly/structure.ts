/**
 * The structural index of delimited text: where its delimiters and newlines are, 64 bytes a step, quoted ones left out.
 *
 *     entries    u32 each: positions of borders (delimiters and newlines outside of quotes), ascending. The word before
 *                the first one is the position before the first record, so that every field starts at an entry + 1
 *     newlines in quotes, the same way, for the counting of lines
 *
 * Each quote turns "inside" on or off, so the places inside are a prefix-xor of the quotes' bits. That is right as long
 * as a quote only opens behind a border, and one that closes is followed by a border, or by another quote (which opens
 * again: a doubled quote). The first byte where that does not hold, and the first NUL, break the index: it ends
 * before that byte, and what is in it is still true. Whoever reads it does that record in another way, and starts anew behind it.
 */
import { alloc, allocZeroed } from "./memory";

/** Bytes that are indexed without a look at what came of it: newlines are counted in bytes, four at most a block. */
const RUN_BYTES: u32 = 63 * 64;
/** Bytes that are indexed at a time: text and entries of a window stay in the nearest cache. */
export const WINDOW_BYTES: u32 = 4 * RUN_BYTES;
/** Entries that there is room for; a record that has more is nobody's fast path. */
const ENTRIES_MAX: u32 = 262144;

const LF: i8 = 10;
const CR: u32 = 13;
/** Read from memory, a vector of newlines stays in a register; of a constant each use makes a new one. */
const LINE_FEED: usize = memory.data<u8>([10]);

/** Where the last bytes of the text stand, filled up to 64. */
const tail: usize = memory.data(64, 16);

/** TypeScript knows the order of the first fields: src/kernel/simd/csv-parser.ts. */
@unmanaged
export class Structure {
  /** The text: address, and bytes. */
  bytes: usize;
  fill: u32;
  delimiter: u32;
  /** 0: none. */
  quote: u32;
  /** A byte without a meaning. */
  filler: u32;
  /** Not 0: some byte that was indexed is above 127. */
  high: u32;

  entries: usize;
  /** Next entry to be consumed, and end of the entries: addresses. */
  first: usize;
  next: usize;
  quoted: usize;
  quotedFirst: usize;
  quotedNext: usize;
  /** Bytes indexed so far. */
  at: u32;
  /** Newlines among the entries that the last window added. */
  newlines: u32;
  /** The index ends before a byte that breaks its rules. */
  isBroken: bool;
  /** There are quotes; there are doubled ones. */
  hasQuotes: bool;
  hasDoubled: bool;
  /** Quotes are not expected: there were none in the last run. */
  isPlain: bool;
  /** Some byte was above 127, in this text or one before. */
  wasHigh: bool;
  /** All ones: the next byte is inside of quotes. */
  inside: u64;
  /** 1: the byte before is a border or closes a quote; it closes a quote. */
  behindBorder: u64;
  behindClosing: u64;
}

/** An index with room for its entries. */
export function openStructure(): Structure {
  const s = changetype<Structure>(allocZeroed(offsetof<Structure>()));
  s.entries = alloc(<usize>ENTRIES_MAX * 4 + 64) + 16;
  s.quoted = alloc(<usize>ENTRIES_MAX * 4 + 64) + 16;
  return s;
}

/** Starts an empty index at a record's first byte. */
export function restartIndex(s: Structure, head: u32): void {
  s.first = s.next = s.entries;
  s.quotedFirst = s.quotedNext = s.quoted;
  store<u32>(s.entries - 4, head - 1);
  s.at = head;
  s.newlines = 0;
  s.isBroken = s.hasQuotes = s.hasDoubled = false;
  s.isPlain = true;
  s.inside = 0;
  s.behindBorder = 1;
  s.behindClosing = 0;
}

/** Moves what is not consumed to the front. False: there is no room for another window. */
export function makeRoom(s: Structure): bool {
  const left = s.next - s.first;
  store<u32>(s.entries - 4, load<u32>(s.first - 4));
  memory.copy(s.entries, s.first, left);
  s.first = s.entries;
  s.next = s.entries + left;
  const quoted = s.quotedNext - s.quotedFirst;
  memory.copy(s.quoted, s.quotedFirst, quoted);
  s.quotedFirst = s.quoted;
  s.quotedNext = s.quoted + quoted;
  const most = <usize>(ENTRIES_MAX - WINDOW_BYTES - 64) * 4;
  return left <= most && quoted <= most;
}

// prettier-ignore
@inline function bits(a: v128, b: v128, c: v128, d: v128): u64 {
  const low = <u64>(<u32>i8x16.bitmask(a) | (<u32>i8x16.bitmask(b) << 16));
  return low | (<u64>(<u32>i8x16.bitmask(c) | (<u32>i8x16.bitmask(d) << 16)) << 32);
}

// prettier-ignore
@inline function any(a: v128, b: v128, c: v128, d: v128): v128 {
  return v128.or(v128.or(a, b), v128.or(c, d));
}

// prettier-ignore
@inline function sum(a: v128, b: v128, c: v128, d: v128): v128 {
  return i8x16.add(i8x16.add(a, b), i8x16.add(c, d));
}

/** The least of each four bytes. */
// prettier-ignore
@inline function least(a: v128, b: v128, c: v128, d: v128): v128 {
  return i8x16.min_u(i8x16.min_u(a, b), i8x16.min_u(c, d));
}

/** All bytes of a vector, added up. */
// prettier-ignore
@inline function total(counts: v128): u32 {
  const sums = i32x4.extadd_pairwise_i16x8_u(i16x8.extadd_pairwise_i8x16_u(counts));
  return i32x4.extract_lane(sums, 0) + i32x4.extract_lane(sums, 1) + i32x4.extract_lane(sums, 2) + i32x4.extract_lane(sums, 3);
}

/** Positions of the bits, from `out` on, four at a time without a branch. Returns the end. */
// prettier-ignore
@inline function extract(out: usize, at: u32, first: u64): usize {
  let mask = first;
  const end = out + (<usize>popcnt(mask) << 2);
  store<u32>(out, at + <u32>ctz(mask));
  mask &= mask - 1;
  store<u32>(out, at + <u32>ctz(mask), 4);
  mask &= mask - 1;
  store<u32>(out, at + <u32>ctz(mask), 8);
  mask &= mask - 1;
  store<u32>(out, at + <u32>ctz(mask), 12);
  mask &= mask - 1;
  if (out + 16 < end) {
  store<u32>(out, at + <u32>ctz(mask), 16);
  mask &= mask - 1;
  store<u32>(out, at + <u32>ctz(mask), 20);
  mask &= mask - 1;
  store<u32>(out, at + <u32>ctz(mask), 24);
  mask &= mask - 1;
  store<u32>(out, at + <u32>ctz(mask), 28);
  mask &= mask - 1;
  for (let more = out + 32; more < end; more += 4) {
    store<u32>(more, at + <u32>ctz(mask));
    mask &= mask - 1;
  }
  }
  return end;
}

/**
 * Whole blocks up to `to` that should have no quotes and no NUL (`isHigh`: but bytes above 127). False: they have some, and
 * nothing was added.
 */
// prettier-ignore
@inline function plainRun(s: Structure, to: u32, isHigh: bool): bool {
  const bytes = s.bytes;
  const delimiters = i8x16.splat(<i8>s.delimiter);
  const quotes = i8x16.splat(<i8>s.quote);
  const returns = i8x16.splat(load<i8>(LINE_FEED));
  let quoted = i8x16.splat(0);
  let counts = quoted;
  let high = quoted;
  let low = returns;
  let borders: u64 = 0;
  let out = s.next;
  for (let at = s.at; at < to; at += 64) {
    const a = v128.load(bytes + at);
    const b = v128.load(bytes + at, 16);
    const c = v128.load(bytes + at, 32);
    const d = v128.load(bytes + at, 48);
    const la = i8x16.eq(a, returns);
    const lb = i8x16.eq(b, returns);
    const lc = i8x16.eq(c, returns);
    const ld = i8x16.eq(d, returns);
    borders = bits(
      v128.or(la, i8x16.eq(a, delimiters)),
      v128.or(lb, i8x16.eq(b, delimiters)),
      v128.or(lc, i8x16.eq(c, delimiters)),
      v128.or(ld, i8x16.eq(d, delimiters)),
    );
    counts = i8x16.sub(counts, sum(la, lb, lc, ld));
    quoted = v128.or(quoted, any(i8x16.eq(a, quotes), i8x16.eq(b, quotes), i8x16.eq(c, quotes), i8x16.eq(d, quotes)));
    if (isHigh) {
      high = v128.or(high, any(a, b, c, d));
      low = i8x16.min_u(low, least(a, b, c, d));
    } else {
      // What is above 127 is negative: both NUL and that are found by one minimum.
      low = i8x16.min_s(low, i8x16.min_s(i8x16.min_s(a, b), i8x16.min_s(c, d)));
    }
    out = extract(out, at, borders);
  }
  const zero = i8x16.splat(0);
  if (!isHigh && v128.any_true(i8x16.lt_s(low, zero))) {
    s.wasHigh = true;
    return false;
  }
  if (v128.any_true(v128.or(quoted, i8x16.eq(low, zero)))) return false;
  if (isHigh && v128.any_true(v128.and(high, i8x16.splat(-128)))) s.high = 1;
  s.behindBorder = borders >> 63;
  s.newlines += total(counts);
  s.next = out;
  s.at = to;
  return true;
}

function plainAscii(s: Structure, to: u32): bool {
  return plainRun(s, to, false);
}

function plainHigh(s: Structure, to: u32): bool {
  return plainRun(s, to, true);
}

/** Which of these bytes is not the carriage return of a line's end, that may stand between a quote and the newline. */
// prettier-ignore
@inline function wrongOf(s: Structure, at: u32, from: u64): u64 {
  let wrong = from;
  if (s.fill - at < 64) wrong &= ((<u64>1) << (s.fill - at)) - 1;
  let bad: u64 = 0;
  while (wrong != 0) {
    const i = at + <u32>ctz(wrong);
    if (load<u8>(s.bytes + i) != CR || i + 1 >= s.fill || load<u8>(s.bytes + i + 1) != LF) bad |= wrong & (0 - wrong);
    wrong &= wrong - 1;
  }
  return bad;
}

/**
 * Blocks at `p` (which are those at `s.at`, or a copy) up to `to`, with or without quotes. False: there is a NUL, and
 * nothing was added. `hasNul`: it is looked for in each block, and ends the index.
 */
// prettier-ignore
@inline function quotedRun(s: Structure, p: usize, to: u32, hasNul: bool): bool {
  const delimiters = i8x16.splat(<i8>s.delimiter);
  const quote = i8x16.splat(<i8>s.quote);
  const returns = i8x16.splat(load<i8>(LINE_FEED));
  const shift = p - s.at;
  let high = i8x16.splat(0);
  let low = returns;
  let inside = s.inside;
  let behindClosing = s.behindClosing;
  let behindBorder = s.behindBorder;
  let anyQuotes: u64 = 0;
  let anyDoubled: u64 = 0;
  let bad: u64 = 0;
  let newlines = s.newlines;
  let out = s.next;
  let lines = s.quotedNext;
  let at = s.at;
  while (at < to) {
    const a = v128.load(shift + at);
    const b = v128.load(shift + at, 16);
    const c = v128.load(shift + at, 32);
    const d = v128.load(shift + at, 48);
    const la = i8x16.eq(a, returns);
    const lb = i8x16.eq(b, returns);
    const lc = i8x16.eq(c, returns);
    const ld = i8x16.eq(d, returns);
    const feeds = bits(la, lb, lc, ld);
    const quotes = bits(i8x16.eq(a, quote), i8x16.eq(b, quote), i8x16.eq(c, quote), i8x16.eq(d, quote));
    let borders = feeds | bits(i8x16.eq(a, delimiters), i8x16.eq(b, delimiters), i8x16.eq(c, delimiters), i8x16.eq(d, delimiters));
    high = v128.or(high, any(a, b, c, d));
    low = i8x16.min_u(low, least(a, b, c, d));
    let within = quotes ^ (quotes << 1);
    within ^= within << 2;
    within ^= within << 4;
    within ^= within << 8;
    within ^= within << 16;
    within ^= within << 32;
    within ^= inside;
    inside = <u64>(<i64>within >> 63);
    const opening = quotes & within;
    const closing = quotes & ~within;
    borders &= ~within;
    const after = (closing << 1) | behindClosing;
    bad = opening & ~((borders << 1) | behindBorder | after);
    const wrong = after & ~(borders | opening);
    if (wrong != 0) bad |= wrongOf(s, at, wrong);
    behindClosing = closing >> 63;
    anyQuotes |= quotes;
    anyDoubled |= after & opening;
    let inner = feeds & within;
    if (hasNul) {
      const zero = i8x16.splat(0);
      bad |= bits(i8x16.eq(a, zero), i8x16.eq(b, zero), i8x16.eq(c, zero), i8x16.eq(d, zero));
    }
    if (bad != 0) {
      const good = (bad & (0 - bad)) - 1;
      inner &= good;
      borders &= good;
    }
    // One a block is usual: it costs no branch.
    store<u32>(lines, at + <u32>ctz(inner));
    lines += <usize>(inner != 0) << 2;
    for (inner &= inner - 1; inner != 0; inner &= inner - 1) {
      store<u32>(lines, at + <u32>ctz(inner));
      lines += 4;
    }
    newlines += <u32>popcnt(feeds & borders);
    behindBorder = borders >> 63;
    out = extract(out, at, borders);
    at += 64;
    if (bad != 0) break;
  }
  if (!hasNul && v128.any_true(i8x16.eq(low, i8x16.splat(0)))) return false;
  if (v128.any_true(v128.and(high, i8x16.splat(-128)))) s.high = 1;
  s.isBroken = bad != 0;
  s.isPlain = anyQuotes == 0 && (inside | behindClosing) == 0;
  if (anyQuotes != 0) s.hasQuotes = true;
  if (anyDoubled != 0) s.hasDoubled = true;
  s.inside = inside;
  s.behindClosing = behindClosing;
  s.behindBorder = behindBorder;
  s.newlines = newlines;
  s.quotedNext = lines;
  s.next = out;
  s.at = at;
  return true;
}

function quotedText(s: Structure, p: usize, to: u32): bool {
  return quotedRun(s, p, to, false);
}

function quotedWithNul(s: Structure, p: usize, to: u32): bool {
  return quotedRun(s, p, to, true);
}

/** Adds one window's borders to the index. */
export function indexWindow(s: Structure): void {
  const limit = s.at + min(s.fill - s.at, WINDOW_BYTES);
  s.newlines = 0;
  while (s.at < limit && !s.isBroken) {
    let p = s.bytes + s.at;
    let to = s.at + min((limit - s.at) & -64, RUN_BYTES);
    if (to == s.at) {
      // The text's last bytes, which are no whole block.
      memory.fill(tail, <u8>s.filler, 64);
      memory.copy(tail, p, limit - s.at);
      p = tail;
      to = s.at + 64;
    } else if (s.isPlain) {
      if (!s.wasHigh && plainAscii(s, to)) continue;
      if (s.wasHigh && plainHigh(s, to)) continue;
    }
    if (!quotedText(s, p, to)) quotedWithNul(s, p, to);
  }
}
