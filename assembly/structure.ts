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

/** Bytes that are indexed at a time: text and entries of a window stay in the nearest cache. */
export const WINDOW_BYTES: u32 = 16384;
/** Entries that there is room for; a record that has more is nobody's fast path. */
const ENTRIES_MAX: u32 = 262144;

const LF: i8 = 10;
const CR: i8 = 13;

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
  /** All ones: the next byte is inside of quotes. */
  inside: u64;
  /** 1: the byte before is a border or closes a quote; it closes a quote. */
  behindBorder: u64;
  behindClosing: u64;
  /** Of the block before: bytes that break the rules. */
  bad: u64;
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

/** Positions of the bits, from `out` on; as many stores as most blocks need, without a branch. Returns the end. */
// prettier-ignore
@inline function extract(out: usize, at: u32, mask: u64): usize {
  const end = out + (<usize>popcnt(mask) << 2);
  store<u32>(out, at + <u32>ctz(mask));
  mask &= mask - 1;
  store<u32>(out, at + <u32>ctz(mask), 4);
  mask &= mask - 1;
  store<u32>(out, at + <u32>ctz(mask), 8);
  mask &= mask - 1;
  store<u32>(out, at + <u32>ctz(mask), 12);
  mask &= mask - 1;
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
  return end;
}

/**
 * The borders of a block that has quotes, begins inside of quotes or behind a closing one. `newlines` and `borders` are
 * all of the block. The state goes on to the next block; what breaks the rules is left in `s.bad`.
 */
// prettier-ignore
@inline function unquoted(s: Structure, quotes: u64, newlines: u64, borders: u64, p: usize, at: u32): u64 {
  let inside = quotes ^ (quotes << 1);
  inside ^= inside << 2;
  inside ^= inside << 4;
  inside ^= inside << 8;
  inside ^= inside << 16;
  inside ^= inside << 32;
  inside ^= s.inside;
  s.inside = <u64>(<i64>inside >> 63);
  const opening = quotes & inside;
  const closing = quotes & ~inside;
  borders &= ~inside;
  const behindClosing = (closing << 1) | s.behindClosing;
  let bad = opening & ~((borders << 1) | s.behindBorder | behindClosing);
  let wrong = behindClosing & ~(borders | opening);
  if (s.fill - at < 64) wrong &= ((<u64>1) << (s.fill - at)) - 1;
  // A carriage return of a line end may stand between the quote and the newline.
  while (wrong != 0) {
    const i = <usize>ctz(wrong);
    if (load<u8>(p + i) != CR || at + <u32>i + 1 >= s.fill || load<u8>(s.bytes + at + i + 1) != LF) bad |= 1 << <u64>i;
    wrong &= wrong - 1;
  }
  s.behindClosing = closing >> 63;
  if (quotes != 0) s.hasQuotes = true;
  if ((behindClosing & opening) != 0) s.hasDoubled = true;
  s.bad = bad;
  let lines = newlines & inside;
  if (bad != 0) lines &= (bad & (0 - bad)) - 1;
  let next = s.quotedNext;
  while (lines != 0) {
    store<u32>(next, at + <u32>ctz(lines));
    next += 4;
    lines &= lines - 1;
  }
  s.quotedNext = next;
  return borders;
}

/** Adds one window's borders to the index. */
export function indexWindow(s: Structure): void {
  const bytes = s.bytes;
  const fill = s.fill;
  let limit = min(fill, s.at + WINDOW_BYTES);
  const delimiters = i8x16.splat(<i8>s.delimiter);
  const quotes = i8x16.splat(<i8>s.quote);
  const returns = i8x16.splat(LF);
  const zero = i8x16.splat(0);
  let high = zero;
  // Newlines, negated, in each pair of lanes: a window has too few blocks to overflow them.
  let counts = zero;
  let at = s.at;
  let out = s.next;
  let newlines: u32 = 0;
  let pending = s.inside | s.behindClosing;
  let last: u64 = s.behindBorder;
  while (at < limit) {
    let p = bytes + at;
    if (at + 64 > fill) {
      memory.fill(tail, <u8>s.filler, 64);
      memory.copy(tail, p, fill - at);
      p = tail;
    }
    const a = v128.load(p);
    const b = v128.load(p, 16);
    const c = v128.load(p, 32);
    const d = v128.load(p, 48);
    const la = i8x16.eq(a, returns);
    const lb = i8x16.eq(b, returns);
    const lc = i8x16.eq(c, returns);
    const ld = i8x16.eq(d, returns);
    let borders = bits(
      v128.or(la, i8x16.eq(a, delimiters)),
      v128.or(lb, i8x16.eq(b, delimiters)),
      v128.or(lc, i8x16.eq(c, delimiters)),
      v128.or(ld, i8x16.eq(d, delimiters)),
    );
    high = v128.or(high, any(a, b, c, d));
    const qa = i8x16.eq(a, quotes);
    const qb = i8x16.eq(b, quotes);
    const qc = i8x16.eq(c, quotes);
    const qd = i8x16.eq(d, quotes);
    const nul = i8x16.eq(i8x16.min_u(i8x16.min_u(a, b), i8x16.min_u(c, d)), zero);
    if (pending != 0 || v128.any_true(v128.or(any(qa, qb, qc, qd), nul))) {
      let lines = bits(la, lb, lc, ld);
      s.behindBorder = last;
      borders = unquoted(s, bits(qa, qb, qc, qd), lines, borders, p, at);
      pending = s.inside | s.behindClosing;
      let bad = s.bad;
      if (v128.any_true(nul)) {
        bad |= bits(i8x16.eq(a, zero), i8x16.eq(b, zero), i8x16.eq(c, zero), i8x16.eq(d, zero));
      }
      if (bad != 0) {
        borders &= (bad & (0 - bad)) - 1;
        s.isBroken = true;
        limit = 0;
      }
      newlines += <u32>popcnt(lines & borders);
    } else {
      counts = i16x8.add(counts, i16x8.extadd_pairwise_i8x16_s(i8x16.add(i8x16.add(la, lb), i8x16.add(lc, ld))));
    }
    last = borders >> 63;
    out = extract(out, at, borders);
    at += 64;
  }
  const sums = i32x4.extadd_pairwise_i16x8_s(counts);
  newlines -= i32x4.extract_lane(sums, 0) + i32x4.extract_lane(sums, 1) + i32x4.extract_lane(sums, 2) + i32x4.extract_lane(sums, 3);
  s.behindBorder = last;
  s.at = at;
  s.next = out;
  s.newlines = newlines;
  if (v128.any_true(v128.and(high, i8x16.splat(-128)))) s.high = 1;
}
