/**
 * Values to dense ids (0, 1, 2, …): the twin of src/kernel/group/dictionary.ts. Two open-addressing tables share one id space:
 *
 *     text slots    [hash, record]: text, objects and large bigints; 0: empty
 *     records       id, length | kind, bytes: in chunks that never move, so that what a look-up needs lies side by side
 *     number slots  [double, id + 1, tag]
 *     entries, by id, 16 bytes: double or [address, 0], length (-1: a number), tag
 *
 * Slots are found from the high bits of a hash, linear probing. Text is kept padded to at least 16 bytes.
 */
import { copyLong, hashLong, hashShort, hashTwo, hashWord, headOf, houseBytes, houseNumber, lastLoad, masked, mix32, sameLong } from "./hash";
import { alloc, allocZeroed, free, regrow } from "./memory";

const TAG_NUMBER: i32 = 2;
const TAG_TEXT: i32 = 5;

/** Fields of a dictionary; TypeScript reads those marked with *. */
const SIZE: usize = 0; // *
const ENTRIES: usize = 4; // *
const CAPACITY: usize = 8;
const SLOTS: usize = 12;
const SLOT_COUNT: usize = 16; // *
const SLOT_SHIFT: usize = 20; // *
const SLOTS_USED: usize = 24; // *
const NUMBERS: usize = 28;
const NUMBER_COUNT: usize = 32;
const NUMBER_SHIFT: usize = 36;
const NUMBERS_USED: usize = 40;
const NULL_ID: usize = 44;
const NAN_ID: usize = 48;
const CHUNK: usize = 52;
const CHUNK_AT: usize = 56;
const CHUNK_END: usize = 60;
const CHUNK_FIRST: usize = 64;
/** Bytes of all chunks; the rest follows from the counts. */
const CHUNK_BYTES: usize = 68; // *
const STRUCT_BYTES: usize = 80;

const SLOTS_MIN: i32 = 128;
const CAPACITY_MIN: i32 = 64;
/** A quarter full up to 64 KB of slots, since a second probe costs a mispredicted branch; half full beyond. */
const SPARSE_SLOTS_MAX: i32 = 8192;
/** In front of a record's bytes: id, length | kind. */
const RECORD_HEADER: usize = 8;
const CHUNK_BYTES_MIN: i32 = 4096;
const CHUNK_BYTES_MAX: i32 = 1 << 20;
/** Chunk header: next chunk, bytes. */
const CHUNK_HEADER: usize = 16;
/** A table that is this many times too large for what it held is made anew when it is cleared. */
const SLACK: i32 = 64;

export function dictionaryNew(): usize {
  const d = allocZeroed(STRUCT_BYTES);
  makeSlots(d, SLOTS_MIN);
  makeNumbers(d, SLOTS_MIN);
  store<i32>(d, CAPACITY_MIN, CAPACITY);
  store<u32>(d, alloc(CAPACITY_MIN << 4), ENTRIES);
  store<i32>(d, -1, NULL_ID);
  store<i32>(d, -1, NAN_ID);
  return d;
}

function makeSlots(d: usize, count: i32): void {
  store<u32>(d, allocZeroed(<usize>count << 3), SLOTS);
  store<i32>(d, count, SLOT_COUNT);
  store<i32>(d, clz(count) + 1, SLOT_SHIFT);
}

function makeNumbers(d: usize, count: i32): void {
  store<u32>(d, allocZeroed(<usize>count << 4), NUMBERS);
  store<i32>(d, count, NUMBER_COUNT);
  store<i32>(d, clz(count) + 1, NUMBER_SHIFT);
}

export function dictionaryFree(d: usize): void {
  free(load<u32>(d, SLOTS));
  free(load<u32>(d, NUMBERS));
  free(load<u32>(d, ENTRIES));
  for (let chunk: usize = load<u32>(d, CHUNK_FIRST); chunk != 0; ) {
    const next: usize = load<u32>(chunk);
    free(chunk);
    chunk = next;
  }
  free(d);
}

/** Forgets all values and keeps the memory, but for tables that were much too large. */
export function dictionaryClear(d: usize): void {
  const used = load<i32>(d, SLOTS_USED);
  if (used > 0) {
    if (load<i32>(d, SLOT_COUNT) > SLOTS_MIN && load<i32>(d, SLOT_COUNT) / SLACK > used) {
      free(load<u32>(d, SLOTS));
      makeSlots(d, SLOTS_MIN);
    } else memory.fill(load<u32>(d, SLOTS), 0, <usize>load<i32>(d, SLOT_COUNT) << 3);
  }
  const numbers = load<i32>(d, NUMBERS_USED);
  if (numbers > 0) {
    if (load<i32>(d, NUMBER_COUNT) > SLOTS_MIN && load<i32>(d, NUMBER_COUNT) / SLACK > numbers) {
      free(load<u32>(d, NUMBERS));
      makeNumbers(d, SLOTS_MIN);
    } else memory.fill(load<u32>(d, NUMBERS), 0, <usize>load<i32>(d, NUMBER_COUNT) << 4);
  }
  store<i32>(d, 0, SIZE);
  store<i32>(d, 0, SLOTS_USED);
  store<i32>(d, 0, NUMBERS_USED);
  store<i32>(d, -1, NULL_ID);
  store<i32>(d, -1, NAN_ID);
  enter(d, load<u32>(d, CHUNK_FIRST));
}

function enter(d: usize, chunk: usize): void {
  store<u32>(d, chunk, CHUNK);
  store<usize>(d, chunk == 0 ? 0 : chunk + CHUNK_HEADER, CHUNK_AT);
  store<usize>(d, chunk == 0 ? 0 : chunk + <usize>load<u32>(chunk, 4), CHUNK_END);
}

/** Room for a record of n bytes, at least 16, that never moves. */
@inline
function room(d: usize, n: i32): usize {
  const need = <usize>max(16, (n + 7) & ~7) + RECORD_HEADER;
  let at: usize = load<u32>(d, CHUNK_AT);
  if (<usize>load<u32>(d, CHUNK_END) - at < need) {
    nextChunk(d, need);
    at = load<u32>(d, CHUNK_AT);
  }
  store<u32>(d, at + need, CHUNK_AT);
  return at;
}

function nextChunk(d: usize, need: usize): void {
  const current: usize = load<u32>(d, CHUNK);
  const following: usize = current == 0 ? 0 : load<u32>(current);
  if (following != 0 && <usize>load<u32>(following, 4) - CHUNK_HEADER >= need) {
    enter(d, following);
    return;
  }
  const usual = min(CHUNK_BYTES_MAX, max(CHUNK_BYTES_MIN, load<i32>(d, CHUNK_BYTES)));
  const bytes = max(<usize>usual, need + CHUNK_HEADER);
  // Sorting reads up to 15 bytes behind a text.
  const chunk = alloc(bytes + 16);
  store<u32>(chunk, following);
  store<u32>(chunk, bytes, 4);
  if (current == 0) store<u32>(d, chunk, CHUNK_FIRST);
  else store<u32>(current, chunk);
  store<usize>(d, load<usize>(d, CHUNK_BYTES) + bytes, CHUNK_BYTES);
  enter(d, chunk);
}

/** A new id with room for its entry, which the caller writes. */
@inline
function newId(d: usize): i32 {
  const id = load<i32>(d, SIZE);
  if (id >= load<i32>(d, CAPACITY)) growEntries(d);
  store<i32>(d, id + 1, SIZE);
  return id;
}

function growEntries(d: usize): void {
  const capacity = load<i32>(d, CAPACITY);
  store<u32>(d, regrow(load<u32>(d, ENTRIES), <usize>capacity << 4, <usize>capacity << 5), ENTRIES);
  store<i32>(d, capacity * 2, CAPACITY);
}

function addNumber(d: usize, tag: i32, value: f64): i32 {
  const id = newId(d);
  const entry = <usize>load<u32>(d, ENTRIES) + (<usize>id << 4);
  store<f64>(entry, value);
  store<i32>(entry, -1, 8);
  store<i32>(entry, tag, 12);
  return id;
}

export function internNull(d: usize): i32 {
  if (load<i32>(d, NULL_ID) < 0) store<i32>(d, addNumber(d, 0, 0), NULL_ID);
  return load<i32>(d, NULL_ID);
}

/** Length and kind in one word; lengths are below 2^30, as blocks are. */
@inline
function lengthWord(n: i32, tag: i32): u32 {
  return <u32>n | (tag == TAG_TEXT ? 0 : tag << 30);
}

/** Puts bytes into the empty slot and returns their id. */
function insert(d: usize, tag: i32, hash: u32, at: usize, n: i32, head: v128, slot: usize): i32 {
  const record = room(d, n);
  const copy = record + RECORD_HEADER;
  if (n > 16) copyLong(copy, at, n);
  else v128.store(copy, head);
  const id = newId(d);
  store<i32>(record, id);
  store<u32>(record, lengthWord(n, tag), 4);
  const entry = <usize>load<u32>(d, ENTRIES) + (<usize>id << 4);
  store<u64>(entry, copy);
  store<i32>(entry, n, 8);
  store<i32>(entry, tag, 12);
  store<u64>(slot, <u64>hash | (<u64>record << 32));
  const used = load<i32>(d, SLOTS_USED) + 1;
  store<i32>(d, used, SLOTS_USED);
  const count = load<i32>(d, SLOT_COUNT);
  if (used * (count <= SPARSE_SLOTS_MAX ? 4 : 2) > count) growSlots(d);
  return id;
}

function growSlots(d: usize): void {
  const old: usize = load<u32>(d, SLOTS);
  const end = old + (<usize>load<i32>(d, SLOT_COUNT) << 3);
  makeSlots(d, load<i32>(d, SLOT_COUNT) * 2);
  const slots: usize = load<u32>(d, SLOTS);
  const mask = (<usize>load<i32>(d, SLOT_COUNT) << 3) - 8;
  const shift = load<i32>(d, SLOT_SHIFT);
  for (let from = old; from < end; from += 8) {
    const slot = load<u64>(from);
    if (slot == 0) continue;
    let at = <usize>(<u32>slot >>> shift) << 3;
    while (load<u64>(slots + at) != 0) at = (at + 8) & mask;
    store<u64>(slots + at, slot);
  }
  free(old);
}

/** The slot of these bytes, or the empty one where they belong. */
@inline
function slotOf(d: usize, hash: u32, word: u32, at: usize, n: i32, head: v128, tail: v128): usize {
  const slots: usize = load<u32>(d, SLOTS);
  const mask = (<usize>load<i32>(d, SLOT_COUNT) << 3) - 8;
  let slot = slots + (<usize>(hash >>> load<i32>(d, SLOT_SHIFT)) << 3);
  while (load<u32>(slot) != 0) {
    const record: usize = load<u32>(slot, 4);
    if (load<u32>(slot) == hash && load<u32>(record, 4) == word) {
      const kept = record + RECORD_HEADER;
      if (n > 16 ? sameLong(kept, at, n, head, tail) : !v128.any_true(v128.xor(v128.load(kept), head))) break;
    }
    slot = slots + ((slot - slots + 8) & mask);
  }
  return slot;
}

@inline
function hashOf(at: usize, n: i32, head: v128, tail: v128): u32 {
  return n > 32 ? hashLong(at, n, head, tail) : n > 16 ? hashTwo(head, tail, n) : hashShort(head, n);
}

/** The id of one value that has bytes; -1 where it is not there and is not to be added. */
@inline
function internOne(d: usize, tag: i32, hash: u32, at: usize, n: i32, head: v128, tail: v128, adding: bool): i32 {
  const slot = slotOf(d, hash, lengthWord(n, tag), at, n, head, tail);
  if (load<u32>(slot) != 0) return load<i32>(load<u32>(slot, 4));
  return adding ? insert(d, tag, hash, at, n, head, slot) : -1;
}

/** Rows whose hashes are made, and whose slots are fetched, before any of them is looked up; four bytes each. */
const AHEAD_BYTES: usize = 64 << 2;
const hashesAhead: usize = memory.data(64 << 2, 16);
/** Written so that loads are not left out. */
const fetched: usize = memory.data(8, 8);

/** Nothing in this loop waits for a slot, so that many are on their way at a time: most of a large table is in no cache. */
function lookAhead(d: usize, bytes: usize, starts: usize, ends: usize, from: usize, to: usize): void {
  const slots: usize = load<u32>(d, SLOTS);
  const shift = load<i32>(d, SLOT_SHIFT);
  const last = lastLoad();
  let sum = 0;
  for (let i = from; i < to; i += 4) {
    const end = load<i32>(ends + i);
    if (end < 0) continue;
    const start = load<i32>(starts + i);
    const length = end - start;
    const at = bytes + start;
    const isLong = length > 16;
    const head = isLong ? v128.load(at) : headOf(at, length, last);
    const hash = hashOf(at, length, head, isLong ? v128.load(at + length - 16) : head);
    store<u32>(hashesAhead + (i & (AHEAD_BYTES - 1)), hash);
    sum += load<i32>(slots + (<usize>(hash >>> shift) << 3));
  }
  store<i32>(fetched, sum);
}

/**
 * Ids of n texts into `out`; 1: some are -1. Nulls (end -1) get their id, or -1 with `skip`. Without `adding`, what is
 * not there yet is -1.
 */
function texts(d: usize, bytes: usize, starts: usize, ends: usize, n: i32, out: usize, skip: bool, adding: bool): i32 {
  const last = lastLoad();
  let missing = 0;
  for (let i: usize = 0, to = <usize>n << 2; i < to; i += 4) {
    if ((i & (AHEAD_BYTES - 1)) == 0) lookAhead(d, bytes, starts, ends, i, min(to, i + AHEAD_BYTES));
    const end = load<i32>(ends + i);
    let id = -1;
    if (end >= 0) {
      const start = load<i32>(starts + i);
      const length = end - start;
      const at = bytes + start;
      const head = length > 16 ? v128.load(at) : headOf(at, length, last);
      const tail = length > 16 ? v128.load(at + length - 16) : head;
      const hash = load<u32>(hashesAhead + (i & (AHEAD_BYTES - 1)));
      id = internOne(d, TAG_TEXT, hash, at, length, head, tail, adding);
    } else if (!skip) id = adding ? internNull(d) : load<i32>(d, NULL_ID);
    if (id < 0) missing = 1;
    store<i32>(out + i, id);
  }
  return missing;
}

/**
 * Known texts of up to 32 bytes, from row `from` on; returns the first row that is anything else. There is no call in
 * this loop, since all that lives across one would be kept in memory.
 */
function knownTexts(d: usize, bytes: usize, starts: usize, ends: usize, from: i32, n: i32, out: usize): i32 {
  const slots: usize = load<u32>(d, SLOTS);
  const mask = (<usize>load<i32>(d, SLOT_COUNT) << 3) - 8;
  const shift = load<i32>(d, SLOT_SHIFT);
  const last = lastLoad();
  const to = <usize>n << 2;
  let i = <usize>from << 2;
  for (; i < to; i += 4) {
    const start = load<i32>(starts + i);
    const end = load<i32>(ends + i);
    const length = end - start;
    const at = bytes + start;
    if (<u32>(length | (end >> 31)) > 32 || at > last) break;
    const isLong = length > 16;
    let head = v128.load(at);
    let tail = i64x2.splat(0);
    if (isLong) tail = v128.load(at + length - 16);
    else head = masked(head, length);
    const hash = isLong ? hashTwo(head, tail, length) : hashShort(head, length);
    let slot = slots + (<usize>(hash >>> shift) << 3);
    while (load<u32>(slot) != hash && load<u32>(slot) != 0) slot = slots + ((slot - slots + 8) & mask);
    if (load<u32>(slot) == 0) break;
    const record: usize = load<u32>(slot, 4);
    const kept = record + RECORD_HEADER;
    let differ = v128.xor(v128.load(kept), head);
    if (isLong) differ = v128.or(differ, v128.xor(v128.load(kept + length - 16), tail));
    if (load<i32>(record, 4) != length || v128.any_true(differ)) break;
    store<i32>(out + i, load<i32>(record));
  }
  return <i32>(i >>> 2);
}

/** A loop for known texts, until a good part of the rows is something else. */
@inline
function mostTexts(d: usize, bytes: usize, starts: usize, ends: usize, n: i32, out: usize, skip: bool, adding: bool): i32 {
  let missing = 0;
  let others = 0;
  let i = 0;
  while (others * 8 <= i + 64) {
    i = knownTexts(d, bytes, starts, ends, i, n, out);
    if (i == n) return missing;
    const at = <usize>i << 2;
    missing |= texts(d, bytes, starts + at, ends + at, 1, out + at, skip, adding);
    others++;
    i++;
  }
  const at = <usize>i << 2;
  return missing | texts(d, bytes, starts + at, ends + at, n - i, out + at, skip, adding);
}

export function internText(d: usize, bytes: usize, starts: usize, ends: usize, n: i32, out: usize, skip: i32): i32 {
  return mostTexts(d, bytes, starts, ends, n, out, skip != 0, true);
}

export function findText(d: usize, bytes: usize, starts: usize, ends: usize, n: i32, out: usize): i32 {
  return mostTexts(d, bytes, starts, ends, n, out, false, false);
}

/** The id of one value of any type that has bytes; -1 where it is not there and is not to be added. */
export function internBytes(d: usize, tag: i32, at: usize, n: i32, adding: i32): i32 {
  const head = n > 16 ? v128.load(at) : headOf(at, n, lastLoad());
  const tail = n > 16 ? v128.load(at + n - 16) : head;
  return internOne(d, tag, hashOf(at, n, head, tail), at, n, head, tail, adding != 0);
}

function growNumbers(d: usize): void {
  const old: usize = load<u32>(d, NUMBERS);
  const end = old + (<usize>load<i32>(d, NUMBER_COUNT) << 4);
  makeNumbers(d, load<i32>(d, NUMBER_COUNT) * 2);
  const slots: usize = load<u32>(d, NUMBERS);
  const mask = (<usize>load<i32>(d, NUMBER_COUNT) << 4) - 16;
  const shift = load<i32>(d, NUMBER_SHIFT);
  for (let from = old; from < end; from += 16) {
    if (load<i32>(from, 8) == 0) continue;
    let at = <usize>(hashWord(load<u64>(from)) >>> shift) << 4;
    while (load<i32>(slots + at, 8) != 0) at = (at + 16) & mask;
    v128.store(slots + at, v128.load(from));
  }
  free(old);
}

/** The id of a number; numbers of several tags may share a dictionary. */
export function internNumber(d: usize, tag: i32, given: f64, adding: i32): i32 {
  const value = given + 0.0; // no -0
  if (value != value) {
    if (adding != 0 && load<i32>(d, NAN_ID) < 0) store<i32>(d, addNumber(d, TAG_NUMBER, value), NAN_ID);
    return load<i32>(d, NAN_ID);
  }
  const slots: usize = load<u32>(d, NUMBERS);
  const mask = (<usize>load<i32>(d, NUMBER_COUNT) << 4) - 16;
  const bits = reinterpret<u64>(value);
  let slot = slots + (<usize>(hashWord(bits) >>> load<i32>(d, NUMBER_SHIFT)) << 4);
  for (;;) {
    const stored = load<i32>(slot, 8);
    if (stored == 0) break;
    if (load<u64>(slot) == bits && load<i32>(slot, 12) == tag) return stored - 1;
    slot = slots + ((slot - slots + 16) & mask);
  }
  if (adding == 0) return -1;
  const id = addNumber(d, tag, value);
  store<u64>(slot, bits);
  store<i32>(slot, id + 1, 8);
  store<i32>(slot, tag, 12);
  const used = load<i32>(d, NUMBERS_USED) + 1;
  store<i32>(d, used, NUMBERS_USED);
  if (used * 2 > load<i32>(d, NUMBER_COUNT)) growNumbers(d);
  return id;
}

/** As long as four values at a time are the one before, their id goes to `out`; returns the first row after those. */
@inline
function skipRun(values: usize, before: u64, from: usize, n: i32, out: usize, id: i32): usize {
  const same = i64x2.splat(before);
  const ids = i32x4.splat(id);
  let i = from;
  for (; i + 4 <= <usize>n; i += 4) {
    const at = values + (i << 3);
    const differ = v128.or(v128.xor(v128.load(at), same), v128.xor(v128.load(at, 16), same));
    if (v128.any_true(differ)) break;
    v128.store(out + (i << 2), ids);
  }
  return i;
}

/** Ids of n numbers of one tag, as for text; nulls: 0, or a byte per row. Runs of equal values cost a comparison per row. */
export function internNumbers(
  d: usize,
  tag: i32,
  values: usize,
  nulls: usize,
  n: i32,
  out: usize,
  skip: i32,
  adding: i32,
): i32 {
  let missing = 0;
  let before: u64 = 0;
  let id = -1;
  let isFirst = true;
  for (let i: usize = 0; i < <usize>n; i++) {
    if (nulls != 0 && load<u8>(nulls + i) != 0) {
      const none = skip != 0 ? -1 : adding != 0 ? internNull(d) : load<i32>(d, NULL_ID);
      store<i32>(out + (i << 2), none);
      if (none < 0) missing = 1;
      continue;
    }
    const bits = load<u64>(values + (i << 3));
    const isRun = bits == before && !isFirst;
    if (!isRun) {
      id = internNumber(d, tag, reinterpret<f64>(bits), adding);
      before = bits;
      isFirst = false;
    }
    if (id < 0) missing = 1;
    store<i32>(out + (i << 2), id);
    if (isRun && nulls == 0) i = skipRun(values, before, i + 1, n, out, id) - 1;
  }
  return missing;
}

/** The house's hash of every value, by id. */
export function dictionaryHashes(d: usize, out: usize): void {
  const entries: usize = load<u32>(d, ENTRIES);
  const size = load<i32>(d, SIZE);
  for (let id = 0; id < size; id++) {
    const entry = entries + (<usize>id << 4);
    const tag = load<i32>(entry, 12);
    const length = load<i32>(entry, 8);
    const hash = tag == 0 ? mix32(0) : length < 0 ? houseNumber(load<f64>(entry), tag) : houseBytes(load<u32>(entry), length, tag);
    store<u32>(out + (<usize>id << 2), hash);
  }
}

/** Slots that are looked at to find all texts that are there: the test of the hash's quality. */
export function textProbes(d: usize): i32 {
  const slots: usize = load<u32>(d, SLOTS);
  const count = load<i32>(d, SLOT_COUNT);
  let steps = 0;
  for (let i = 0; i < count; i++) {
    const slot = slots + (<usize>i << 3);
    if (load<u32>(slot) != 0) steps += 1 + ((i - <i32>(load<u32>(slot) >>> load<i32>(d, SLOT_SHIFT))) & (count - 1));
  }
  return steps;
}

export function numberProbes(d: usize): i32 {
  const slots: usize = load<u32>(d, NUMBERS);
  const count = load<i32>(d, NUMBER_COUNT);
  let steps = 0;
  for (let i = 0; i < count; i++) {
    const slot = slots + (<usize>i << 4);
    if (load<i32>(slot, 8) != 0)
      steps += 1 + ((i - <i32>(hashWord(load<u64>(slot)) >>> load<i32>(d, NUMBER_SHIFT))) & (count - 1));
  }
  return steps;
}
