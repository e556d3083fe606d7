/**
 * The hash of the kernel's tables, and text by 16 bytes. Patterned keys (user-001, user-002, …) are what event logs are made
 * of: two rounds of 64-bit multiplication, of which the high bits are taken, since the low bits of a product depend on
 * low bits only. Tables and partitions must not share bits: partitions are cut by `house`, the hash of base/hash.ts.
 */

const K1: u64 = 0x9e3779b97f4a7c15;
const K2: u64 = 0xc2b2ae3d27d4eb4f;
const K3: u64 = 0xd6e8feb86659fd93;

/** 16 bytes of ones, then 16 of zeros: from 16 - n on, a mask of the first n bytes. */
const MASKS: usize = memory.data<u8>(
  [
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0,
  ],
  16,
);
const EDGE: usize = memory.data(16, 16);

/** The last address from which 16 bytes can be read. */
export function lastLoad(): usize {
  return (<usize>memory.size() << 16) - 16;
}

/** The first n bytes of 16, the rest zero. */
@inline
export function masked(bytes: v128, n: i32): v128 {
  return v128.and(bytes, v128.load(MASKS + 16 - n));
}

/** Up to 16 bytes, the rest zero. What lies behind the text is read and dropped, but never behind the end of memory. */
@inline
export function headOf(at: usize, n: i32, last: usize): v128 {
  if (at > last) return edge(at, n);
  return masked(v128.load(at), n);
}

function edge(at: usize, n: i32): v128 {
  v128.store(EDGE, i64x2.splat(0));
  for (let i = 0; i < n; i++) store<u8>(EDGE + i, load<u8>(at + i));
  return v128.load(EDGE);
}

@inline
function fold(h: u64, low: u64, high: u64): u64 {
  return (rotl((h ^ low) * K1, 32) ^ high) * K2;
}

@inline
function finish(h: u64): u32 {
  return <u32>(((h ^ (h >>> 32)) * K3) >>> 32) | 1;
}

/** Two products that do not wait for each other; of the second one the high bits come to lie over the low ones of the first. */
@inline
function blend(low: u64, high: u64, n: i32): u64 {
  return ((low ^ <u64>n) * K1) ^ rotl(high * K2, 32);
}

/** Of up to 16 bytes. Never 0: an empty slot has that. */
@inline
export function hashShort(head: v128, n: i32): u32 {
  return finish(blend(i64x2.extract_lane(head, 0), i64x2.extract_lane(head, 1), n));
}

/** The first and the last 16 bytes of 17 or more, which overlap below 32, laid over each other. */
@inline
function ends(head: v128, tail: v128, n: i32): u64 {
  const both = i64x2.add(head, i64x2.shl(tail, 1));
  return blend(i64x2.extract_lane(both, 0), i64x2.extract_lane(both, 1), n) + (i64x2.extract_lane(tail, 1) >>> 63);
}

/** Of 17 to 32 bytes. */
@inline
export function hashTwo(head: v128, tail: v128, n: i32): u32 {
  return finish(ends(head, tail, n));
}

/** Of more than 32 bytes: then those between, too. */
@inline
export function hashLong(at: usize, n: i32, head: v128, tail: v128): u32 {
  return finish(middle(ends(head, tail, n), at + 16, at + n - 16));
}

function middle(h: u64, from: usize, to: usize): u64 {
  for (let at = from; at < to; at += 16) h = fold(h, load<u64>(at), load<u64>(at, 8));
  return h;
}

/** Whether two texts of n > 16 bytes are the same; of one of them the first and the last 16 are at hand. */
@inline
export function sameLong(kept: usize, at: usize, n: i32, head: v128, tail: v128): bool {
  const ends = v128.or(v128.xor(v128.load(kept), head), v128.xor(v128.load(kept + n - 16), tail));
  return !v128.any_true(ends) && (n <= 32 || sameMiddle(kept + 16, at + 16, n - 32));
}

function sameMiddle(a: usize, b: usize, n: i32): bool {
  for (let at = 0; at < n; at += 16) {
    if (v128.any_true(v128.xor(v128.load(a + at), v128.load(b + at)))) return false;
  }
  return true;
}

/** Copies n > 16 bytes. */
export function copyLong(to: usize, from: usize, n: i32): void {
  const last = n - 16;
  for (let at = 0; at < last; at += 16) v128.store(to + at, v128.load(from + at));
  v128.store(to + last, v128.load(from + last));
}

/** Of 64 bits: a double's, or a pair's. */
@inline
export function hashWord(bits: u64): u32 {
  const h = (bits ^ K3) * K1;
  return <u32>(((h ^ (h >>> 32)) * K2) >>> 32);
}

/** base/hash.ts, bit by bit: what partitions are cut by, the same in both kernels. */
export function mix32(value: u32): u32 {
  let h = (value ^ (value >>> 16)) * 0x85ebca6b;
  h = (h ^ (h >>> 13)) * 0xc2b2ae35;
  return h ^ (h >>> 16);
}

@inline
function mixWord(h: u32, word: u32): u32 {
  return rotl(h ^ (rotl(word * 0xcc9e2d51, 15) * 0x1b873593), 13) * 5 + 0xe6546b64;
}

/** The house's hash of a value's bytes, as group/dictionary.ts has it: whole words, then a tail that may be empty. */
export function houseBytes(at: usize, n: i32, tag: u32): u32 {
  const end = at + n;
  let h = tag;
  for (; at + 4 <= end; at += 4) h = mixWord(h, load<u32>(at));
  let tail: u32 = 0;
  if (at < end) tail = load<u8>(at);
  if (at + 1 < end) tail |= <u32>load<u8>(at, 1) << 8;
  if (at + 2 < end) tail |= <u32>load<u8>(at, 2) << 16;
  return mix32(mixWord(h, tail) ^ n);
}

/** base/hash.ts's hashBytes: a tail only where there is one. */
export function murmurBytes(at: usize, n: i32, seed: u32): u32 {
  const end = at + n;
  let h = seed;
  for (; at + 4 <= end; at += 4) h = mixWord(h, load<u32>(at));
  if (at < end) {
    let tail: u32 = load<u8>(at);
    if (at + 1 < end) tail |= <u32>load<u8>(at, 1) << 8;
    if (at + 2 < end) tail |= <u32>load<u8>(at, 2) << 16;
    h = mixWord(h, tail);
  }
  return mix32(h ^ n);
}

/** The house's hash of a number's value. */
export function houseNumber(value: f64, tag: u32): u32 {
  const small = <i32>value;
  if (<f64>small == value) return mix32(mixWord(tag, small));
  const bits = value == value ? reinterpret<u64>(value) : 0x7ff8000000000000;
  return mix32(mixWord(mixWord(tag, <u32>bits), <u32>(bits >>> 32)));
}
