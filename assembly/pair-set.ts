/**
 * A set of (group, value id) pairs: the twin of src/kernel/group/pair-set.ts. Two forms:
 *
 *     sparse  owner[value] = group + 1 for the first group in which a value is met, and for the further groups an
 *             open-addressing table of [group + 1, value]
 *     bits    one row of bits per group, once they are filled well enough: one access that stays in the cache
 *
 * It starts sparse, and goes over and back as the numbers of groups, values and pairs say.
 */
import { hashWord } from "./hash";
import { allocZeroed, free, regrow } from "./memory";

const SIZE: usize = 0; // *
const BITS: usize = 4; // * 0: sparse
const BITS_WORDS: usize = 8; // *
const STRIDE: usize = 12; // * log2 of the words per group
const GROUPS: usize = 16;
const OWNERS: usize = 20;
const OWNER_COUNT: usize = 24; // *
const SLOTS: usize = 28;
const SLOT_COUNT: usize = 32; // *
const SLOT_SHIFT: usize = 36;
const SLOTS_USED: usize = 40;
const STRUCT_BYTES: usize = 48;

const SLOTS_MIN: i32 = 128;
/** Bits may always take this many words (64 KB). */
const BITS_WORDS_MIN: u64 = 16 * 1024;
/** Up to 32 MB, bits may take 24 words per pair: an access is a cache miss at worst, where the table takes one or two. */
const FILLED_WORDS_MAX: u64 = 8 * 1024 * 1024;
const FILLED_WORDS_PER_PAIR: u64 = 24;
/** Beyond, 4 words per pair: about what the table takes. */
const BITS_WORDS_PER_PAIR: u64 = 4;
const SLACK: i32 = 64;

function allowed(pairs: u64): u64 {
  return max(BITS_WORDS_MIN, max(min(FILLED_WORDS_MAX, pairs * FILLED_WORDS_PER_PAIR), pairs * BITS_WORDS_PER_PAIR));
}

export function setNew(): usize {
  const s = allocZeroed(STRUCT_BYTES);
  makeSlots(s, SLOTS_MIN);
  return s;
}

function makeSlots(s: usize, count: i32): void {
  store<u32>(s, allocZeroed(<usize>count << 3), SLOTS);
  store<i32>(s, count, SLOT_COUNT);
  store<i32>(s, clz(count) + 1, SLOT_SHIFT);
}

export function setFree(s: usize): void {
  free(load<u32>(s, BITS));
  free(load<u32>(s, OWNERS));
  free(load<u32>(s, SLOTS));
  free(s);
}

export function setClear(s: usize): void {
  dropBits(s);
  if (load<i32>(s, OWNER_COUNT) > 0) memory.fill(load<u32>(s, OWNERS), 0, <usize>load<i32>(s, OWNER_COUNT) << 2);
  clearSlots(s);
  store<i32>(s, 0, SIZE);
}

function dropBits(s: usize): void {
  free(load<u32>(s, BITS));
  store<u32>(s, 0, BITS);
  store<u32>(s, 0, BITS_WORDS);
  store<u32>(s, 0, STRIDE);
  store<u32>(s, 0, GROUPS);
}

function clearSlots(s: usize): void {
  const used = load<i32>(s, SLOTS_USED);
  const count = load<i32>(s, SLOT_COUNT);
  if (used == 0) return;
  if (count > SLOTS_MIN && count / SLACK > used) {
    free(load<u32>(s, SLOTS));
    makeSlots(s, SLOTS_MIN);
  } else memory.fill(load<u32>(s, SLOTS), 0, <usize>count << 3);
  store<i32>(s, 0, SLOTS_USED);
}

/** Adds n pairs; counts[group] (doubles) grows by one where the pair is new. */
export function setAdd(
  s: usize,
  groups: usize,
  ids: usize,
  n: i32,
  counts: usize,
  groupCount: u32,
  idCount: u32,
): void {
  reserve(s, groupCount, idCount, 0);
  if (load<u32>(s, BITS) != 0) addBits(s, groups, ids, n, counts);
  else addSparse(s, groups, ids, n, counts);
}

function addBits(s: usize, groups: usize, ids: usize, n: i32, counts: usize): void {
  const bits: usize = load<u32>(s, BITS);
  const stride = load<i32>(s, STRIDE) + 2;
  let added = 0;
  for (let i: usize = 0, to = <usize>n << 2; i < to; i += 4) {
    const group = <usize>load<u32>(groups + i);
    const id = load<u32>(ids + i);
    const at = bits + (group << stride) + (<usize>(id >>> 5) << 2);
    const word = load<u32>(at);
    // Without a branch: whether a pair is new is what no processor can foresee.
    const fresh = ((word >>> (id & 31)) & 1) ^ 1;
    store<u32>(at, word | (<u32>1 << (id & 31)));
    const count = counts + (group << 3);
    store<f64>(count, load<f64>(count) + <f64>fresh);
    added += fresh;
  }
  store<i32>(s, load<i32>(s, SIZE) + added, SIZE);
}

function addSparse(s: usize, groups: usize, ids: usize, n: i32, counts: usize): void {
  const owners: usize = load<u32>(s, OWNERS);
  let added = 0;
  for (let i: usize = 0, to = <usize>n << 2; i < to; i += 4) {
    const stored = load<i32>(groups + i) + 1;
    const id = load<u32>(ids + i);
    const owner = owners + (<usize>id << 2);
    const first = load<i32>(owner);
    if (first == stored) continue;
    if (first == 0) store<i32>(owner, stored);
    else if (!insert(s, stored, id)) continue;
    const count = counts + (<usize>(stored - 1) << 3);
    store<f64>(count, load<f64>(count) + 1);
    added++;
  }
  store<i32>(s, load<i32>(s, SIZE) + added, SIZE);
}

function insert(s: usize, stored: i32, id: u32): bool {
  const slots: usize = load<u32>(s, SLOTS);
  const mask = (<usize>load<i32>(s, SLOT_COUNT) << 3) - 8;
  const pair = <u64>(<u32>stored) | (<u64>id << 32);
  let at = <usize>(hashWord(pair) >>> load<i32>(s, SLOT_SHIFT)) << 3;
  for (;;) {
    const found = load<u64>(slots + at);
    if (found == pair) return false;
    if (found == 0) break;
    at = (at + 8) & mask;
  }
  store<u64>(slots + at, pair);
  const used = load<i32>(s, SLOTS_USED) + 1;
  store<i32>(s, used, SLOTS_USED);
  if (used * 2 > load<i32>(s, SLOT_COUNT)) growSlots(s);
  return true;
}

function growSlots(s: usize): void {
  const old: usize = load<u32>(s, SLOTS);
  const end = old + (<usize>load<i32>(s, SLOT_COUNT) << 3);
  makeSlots(s, load<i32>(s, SLOT_COUNT) * 2);
  const slots: usize = load<u32>(s, SLOTS);
  const mask = (<usize>load<i32>(s, SLOT_COUNT) << 3) - 8;
  const shift = load<i32>(s, SLOT_SHIFT);
  for (let from = old; from < end; from += 8) {
    const pair = load<u64>(from);
    if (pair == 0) continue;
    let at = <usize>(hashWord(pair) >>> shift) << 3;
    while (load<u64>(slots + at) != 0) at = (at + 8) & mask;
    store<u64>(slots + at, pair);
  }
  free(old);
}

/** Room for groups below groupCount and values below idCount, in the form that suits the pairs so far and those to come. */
function reserve(s: usize, groupCount: u32, idCount: u32, coming: u64): void {
  const pairs = <u64>load<u32>(s, SIZE) + coming;
  const isBits = load<u32>(s, BITS) != 0;
  let stride = isBits ? load<i32>(s, STRIDE) : 0;
  while (<u64>32 << stride < <u64>idCount) stride++;
  const words = <u64>groupCount << stride;
  if (!isBits) {
    // Half of what bits may take before they are given up, so that a set does not go to and fro.
    if (words * 2 <= allowed(pairs) && pairs > 0) toBits(s, groupCount, stride, <usize>words);
    else reserveOwners(s, idCount);
    return;
  }
  if (words > allowed(pairs)) {
    toSparse(s, idCount);
    return;
  }
  if (stride != load<i32>(s, STRIDE) || words > <u64>load<u32>(s, BITS_WORDS)) widen(s, stride, words);
  store<u32>(s, groupCount, GROUPS);
}

function reserveOwners(s: usize, idCount: u32): void {
  const count = load<u32>(s, OWNER_COUNT);
  if (idCount <= count) return;
  const wanted = max(idCount, max(count + (count >>> 1), 64));
  const owners = regrow(load<u32>(s, OWNERS), <usize>count << 2, <usize>wanted << 2);
  memory.fill(owners + (<usize>count << 2), 0, <usize>(wanted - count) << 2);
  store<u32>(s, owners, OWNERS);
  store<u32>(s, wanted, OWNER_COUNT);
}

function setBit(bits: usize, stride: i32, group: usize, id: u32): void {
  const at = bits + (group << (stride + 2)) + (<usize>(id >>> 5) << 2);
  store<u32>(at, load<u32>(at) | (<u32>1 << (id & 31)));
}

function toBits(s: usize, groupCount: u32, stride: i32, words: usize): void {
  const room = words + (words >>> 1);
  const bits = allocZeroed(max(room, 16) << 2);
  const owners: usize = load<u32>(s, OWNERS);
  const count = load<u32>(s, OWNER_COUNT);
  for (let id: u32 = 0; id < count; id++) {
    const owner = load<i32>(owners + (<usize>id << 2));
    if (owner != 0) setBit(bits, stride, owner - 1, id);
  }
  const slots: usize = load<u32>(s, SLOTS);
  const end = slots + (<usize>load<i32>(s, SLOT_COUNT) << 3);
  for (let slot = slots; slot < end; slot += 8) {
    if (load<i32>(slot) != 0) setBit(bits, stride, load<i32>(slot) - 1, load<u32>(slot, 4));
  }
  if (count > 0) memory.fill(owners, 0, <usize>count << 2);
  clearSlots(s);
  store<u32>(s, bits, BITS);
  store<u32>(s, <u32>max(room, 16), BITS_WORDS);
  store<i32>(s, stride, STRIDE);
  store<u32>(s, groupCount, GROUPS);
}

function widen(s: usize, stride: i32, words: u64): void {
  const old: usize = load<u32>(s, BITS);
  const from = load<i32>(s, STRIDE);
  const groups = <usize>load<u32>(s, GROUPS);
  const room = <usize>min(words * 2, max(words, FILLED_WORDS_MAX));
  const bits = allocZeroed(room << 2);
  if (stride == from) memory.copy(bits, old, groups << (from + 2));
  else {
    const bytes = <usize>4 << from;
    for (let group: usize = 0; group < groups; group++) {
      for (let i: usize = 0; i < bytes; i += 4)
        store<u32>(bits + (group << (stride + 2)) + i, load<u32>(old + (group << (from + 2)) + i));
    }
  }
  free(old);
  store<u32>(s, bits, BITS);
  store<u32>(s, <u32>room, BITS_WORDS);
  store<i32>(s, stride, STRIDE);
}

function toSparse(s: usize, idCount: u32): void {
  const bits: usize = load<u32>(s, BITS);
  const stride = load<i32>(s, STRIDE);
  const words = <usize>load<u32>(s, GROUPS) << stride;
  store<u32>(s, 0, BITS);
  reserveOwners(s, idCount);
  const owners: usize = load<u32>(s, OWNERS);
  for (let at: usize = 0; at < words; at++) {
    const stored = <i32>(at >>> stride) + 1;
    const base = <u32>(at & ((<usize>1 << stride) - 1)) << 5;
    for (let word = load<u32>(bits + (at << 2)); word != 0; word &= word - 1) {
      const id = base + ctz(word);
      const owner = owners + (<usize>id << 2);
      if (load<i32>(owner) == 0) store<i32>(owner, stored);
      else insert(s, stored, id);
    }
  }
  free(bits);
  store<u32>(s, 0, BITS_WORDS);
  store<u32>(s, 0, STRIDE);
  store<u32>(s, 0, GROUPS);
}

/** Value ids by group: out[next[group]++] = id for every pair. */
export function setCollect(s: usize, next: usize, out: usize): void {
  const bits: usize = load<u32>(s, BITS);
  if (bits != 0) {
    const stride = load<i32>(s, STRIDE);
    const words = <usize>load<u32>(s, GROUPS) << stride;
    for (let at: usize = 0; at < words; at++) {
      let word = load<u32>(bits + (at << 2));
      if (word == 0) continue;
      const place = next + ((at >>> stride) << 2);
      const base = <u32>(at & ((<usize>1 << stride) - 1)) << 5;
      let to = load<u32>(place);
      for (; word != 0; word &= word - 1) {
        store<u32>(out + (<usize>to << 2), base + ctz(word));
        to++;
      }
      store<u32>(place, to);
    }
    return;
  }
  const owners: usize = load<u32>(s, OWNERS);
  const count = load<u32>(s, OWNER_COUNT);
  for (let id: u32 = 0; id < count; id++) {
    const owner = load<i32>(owners + (<usize>id << 2));
    if (owner != 0) place(next, out, owner - 1, id);
  }
  const slots: usize = load<u32>(s, SLOTS);
  const end = slots + (<usize>load<i32>(s, SLOT_COUNT) << 3);
  for (let slot = slots; slot < end; slot += 8) {
    if (load<i32>(slot) != 0) place(next, out, load<i32>(slot) - 1, load<u32>(slot, 4));
  }
}

@inline
function place(next: usize, out: usize, group: i32, id: u32): void {
  const at = next + (<usize>group << 2);
  store<u32>(out + (<usize>load<u32>(at) << 2), id);
  store<u32>(at, load<u32>(at) + 1);
}

/** Rows of bits of some groups, `words` words each. 0: they are not kept as bits. */
export function setRows(s: usize, groups: usize, n: i32, words: i32, out: usize): i32 {
  const bits: usize = load<u32>(s, BITS);
  if (bits == 0) return 0;
  const stride = load<i32>(s, STRIDE) + 2;
  const bytes = <usize>words << 2;
  const there = min(bytes, <usize>1 << stride);
  const count = load<u32>(s, GROUPS);
  for (let i: usize = 0; i < <usize>n; i++) {
    const group = load<u32>(groups + (i << 2));
    const to = out + i * bytes;
    const from = bits + (<usize>group << stride);
    for (let k: usize = 0; k < bytes; k += 4) {
      store<u32>(to + k, group < count && k < there ? load<u32>(from + k) : 0);
    }
  }
  return 1;
}

/** Whether ids[k] = k for all of them: then rows of bits fit as they are. */
function isIdentity(ids: usize, n: i32): bool {
  for (let k = 0; k < n; k++) if (load<i32>(ids + (<usize>k << 2)) != k) return false;
  return true;
}

/** Adds rows of bits: bit k of row i is the pair (groups[i], ids[k]), for k below idsHere. */
export function setAddRows(
  s: usize,
  groups: usize,
  n: i32,
  ids: usize,
  idsHere: i32,
  rows: usize,
  words: i32,
  counts: usize,
  groupCount: u32,
  idCount: u32,
): void {
  if (idsHere == 0 || n == 0) return;
  // The last word's unused bits are not to be trusted: they come from outside.
  const mask: u32 = (idsHere & 31) == 0 ? ~0 : (<u32>1 << (idsHere & 31)) - 1;
  let total: u64 = 0;
  for (let i: usize = 0; i < <usize>n * words; i++) total += popcnt(load<u32>(rows + (i << 2)));
  reserve(s, groupCount, idCount, total);
  const isBits = load<u32>(s, BITS) != 0;
  const same = isBits && isIdentity(ids, idsHere);
  let added = 0;
  for (let i: usize = 0; i < <usize>n; i++) {
    const group = <usize>load<u32>(groups + (i << 2));
    const from = rows + ((i * words) << 2);
    const fresh = same
      ? mergeRow(s, group, from, words, mask)
      : isBits
        ? permuteRow(s, group, from, words, mask, ids)
        : spreadRow(s, group, from, words, mask, ids);
    const count = counts + (group << 3);
    store<f64>(count, load<f64>(count) + <f64>fresh);
    added += fresh;
  }
  store<i32>(s, load<i32>(s, SIZE) + added, SIZE);
}

function mergeRow(s: usize, group: usize, from: usize, words: i32, mask: u32): i32 {
  const to = <usize>load<u32>(s, BITS) + (group << (load<i32>(s, STRIDE) + 2));
  let fresh = 0;
  for (let k = 0; k < words; k++) {
    const at = to + (<usize>k << 2);
    const word = load<u32>(from + (<usize>k << 2)) & (k == words - 1 ? mask : ~0);
    const before = load<u32>(at);
    fresh += popcnt(word & ~before);
    store<u32>(at, before | word);
  }
  return fresh;
}

function permuteRow(s: usize, group: usize, from: usize, words: i32, mask: u32, ids: usize): i32 {
  const to = <usize>load<u32>(s, BITS) + (group << (load<i32>(s, STRIDE) + 2));
  let fresh: u32 = 0;
  for (let k = 0; k < words; k++) {
    const base = ids + (<usize>k << 7);
    let word = load<u32>(from + (<usize>k << 2)) & (k == words - 1 ? mask : ~0);
    for (; word != 0; word &= word - 1) {
      const id = load<u32>(base + (<usize>ctz(word) << 2));
      const at = to + (<usize>(id >>> 5) << 2);
      const before = load<u32>(at);
      fresh += ((before >>> (id & 31)) & 1) ^ 1;
      store<u32>(at, before | (<u32>1 << (id & 31)));
    }
  }
  return fresh;
}

function spreadRow(s: usize, group: usize, from: usize, words: i32, mask: u32, ids: usize): i32 {
  const owners: usize = load<u32>(s, OWNERS);
  const stored = <i32>group + 1;
  let fresh = 0;
  for (let k = 0; k < words; k++) {
    let word = load<u32>(from + (<usize>k << 2)) & (k == words - 1 ? mask : ~0);
    for (; word != 0; word &= word - 1) {
      const id = load<u32>(ids + ((<usize>k * 32 + <usize>ctz(word)) << 2));
      const owner = owners + (<usize>id << 2);
      const first = load<i32>(owner);
      if (first == stored) continue;
      if (first == 0) store<i32>(owner, stored);
      else if (!insert(s, stored, id)) continue;
      fresh++;
    }
  }
  return fresh;
}
