/**
 * Pairs of ids to dense ids: the twin of src/kernel/group/pair-table.ts. Two forms:
 *
 *     grid   id + 1 at [a << shift | b], while both sides are known to be small
 *     slots  [a, b, id + 1, 0], at most half full, linear probing from the high bits
 */
import { hashWord } from "./hash";
import { alloc, allocZeroed, free, regrow } from "./memory";

const SIZE: usize = 0; // *
const LEFTS: usize = 4; // *
const RIGHTS: usize = 8; // *
const CAPACITY: usize = 12; // *
const GRID: usize = 16;
const GRID_SHIFT: usize = 20;
const GRID_CELLS: usize = 24; // *
const SLOTS: usize = 28;
const SLOT_COUNT: usize = 32; // *
const SLOT_SHIFT: usize = 36;
const STRUCT_BYTES: usize = 40;

const CAPACITY_MIN: i32 = 64;
const SLOTS_MIN: i32 = 128;
/** 2 MB: it shares the cache with the rest. */
const GRID_CELLS_MAX: u64 = 512 * 1024;
const SLACK: i32 = 64;

export function pairsNew(): usize {
  const t = allocZeroed(STRUCT_BYTES);
  store<u32>(t, alloc(CAPACITY_MIN << 2), LEFTS);
  store<u32>(t, alloc(CAPACITY_MIN << 2), RIGHTS);
  store<i32>(t, CAPACITY_MIN, CAPACITY);
  return t;
}

export function pairsFree(t: usize): void {
  free(load<u32>(t, LEFTS));
  free(load<u32>(t, RIGHTS));
  free(load<u32>(t, GRID));
  free(load<u32>(t, SLOTS));
  free(t);
}

/** Forgets all pairs; a grid starts anew, slots stay unless they are much too many. */
export function pairsClear(t: usize): void {
  const size = load<i32>(t, SIZE);
  const count = load<i32>(t, SLOT_COUNT);
  if (count > 0 && size > 0) {
    if (count > SLOTS_MIN && count / SLACK > size) {
      free(load<u32>(t, SLOTS));
      makeSlots(t, SLOTS_MIN);
    } else memory.fill(load<u32>(t, SLOTS), 0, <usize>count << 4);
  } else if (load<u32>(t, GRID) != 0) {
    const grid: usize = load<u32>(t, GRID);
    const shift = load<i32>(t, GRID_SHIFT);
    for (let id: usize = 0; id < <usize>size; id++) store<i32>(grid + (cellOf(t, id, shift) << 2), 0);
  }
  store<i32>(t, 0, SIZE);
}

@inline
function cellOf(t: usize, id: usize, shift: i32): usize {
  return (<usize>load<i32>(load<usize>(t, LEFTS) + (id << 2)) << shift) | <usize>load<u32>(load<usize>(t, RIGHTS) + (id << 2));
}

function makeSlots(t: usize, count: i32): void {
  store<u32>(t, allocZeroed(<usize>count << 4), SLOTS);
  store<i32>(t, count, SLOT_COUNT);
  store<i32>(t, clz(count) + 1, SLOT_SHIFT);
}

function fillSlots(t: usize): void {
  const size = <usize>load<i32>(t, SIZE);
  const slots: usize = load<u32>(t, SLOTS);
  const mask = (<usize>load<i32>(t, SLOT_COUNT) << 4) - 16;
  const shift = load<i32>(t, SLOT_SHIFT);
  const lefts: usize = load<u32>(t, LEFTS);
  const rights: usize = load<u32>(t, RIGHTS);
  for (let id: usize = 0; id < size; id++) {
    const pair = <u64>load<u32>(lefts + (id << 2)) | (<u64>load<u32>(rights + (id << 2)) << 32);
    let at = <usize>(hashWord(pair) >>> shift) << 4;
    while (load<i32>(slots + at, 8) != 0) at = (at + 16) & mask;
    store<u64>(slots + at, pair);
    store<u32>(slots + at, <u32>id + 1, 8);
  }
}

function add(t: usize, a: i32, b: i32): i32 {
  const id = load<i32>(t, SIZE);
  const capacity = load<i32>(t, CAPACITY);
  if (id >= capacity) {
    store<u32>(t, regrow(load<u32>(t, LEFTS), <usize>capacity << 2, <usize>capacity << 3), LEFTS);
    store<u32>(t, regrow(load<u32>(t, RIGHTS), <usize>capacity << 2, <usize>capacity << 3), RIGHTS);
    store<i32>(t, capacity * 2, CAPACITY);
  }
  store<i32>(load<usize>(t, LEFTS) + (<usize>id << 2), a);
  store<i32>(load<usize>(t, RIGHTS) + (<usize>id << 2), b);
  store<i32>(t, id + 1, SIZE);
  return id;
}

/** Lefts are below leftCount, rights below rightCount: the grid grows with them, or gives way to slots. */
function reserve(t: usize, leftCount: u32, rightCount: u32): void {
  let shift = load<i32>(t, GRID_SHIFT);
  while (<u64>1 << shift < <u64>rightCount && shift < 31) shift++;
  const cells = <u64>leftCount << shift;
  if (shift == load<i32>(t, GRID_SHIFT) && cells <= <u64>load<u32>(t, GRID_CELLS)) return;
  free(load<u32>(t, GRID));
  const size = <usize>load<i32>(t, SIZE);
  if (cells > GRID_CELLS_MAX) {
    store<u32>(t, 0, GRID);
    store<u32>(t, 0, GRID_CELLS);
    let count = SLOTS_MIN;
    while (count < <i32>size * 2) count *= 2;
    makeSlots(t, count);
    fillSlots(t);
    return;
  }
  const room = <usize>min(GRID_CELLS_MAX, cells * 2);
  const grid = allocZeroed(room << 2);
  store<u32>(t, grid, GRID);
  store<u32>(t, <u32>room, GRID_CELLS);
  store<i32>(t, shift, GRID_SHIFT);
  for (let id: usize = 0; id < size; id++) store<u32>(grid + (cellOf(t, id, shift) << 2), <u32>id + 1);
}

/** Rows whose slots are fetched before the first of them is looked up; four bytes each. */
const AHEAD_BYTES: usize = 64 << 2;
/** Written so that loads are not left out. */
const fetched: usize = memory.data(8, 8);

/** Nothing in this loop waits for a slot, so that many are on their way at a time: most of a large table is in no cache. */
function lookAhead(slots: usize, shift: i32, lefts: usize, rights: usize, from: usize, to: usize): void {
  let sum = 0;
  for (let i = from; i < to; i += 4) {
    const pair = <u64>load<u32>(lefts + i) | (<u64>load<u32>(rights + i) << 32);
    sum += load<i32>(slots + (<usize>(hashWord(pair) >>> shift) << 4));
  }
  store<i32>(fetched, sum);
}

/** Ids of n pairs into `out`, which may be `lefts`. */
export function pairsIntern(
  t: usize,
  lefts: usize,
  rights: usize,
  n: i32,
  out: usize,
  leftCount: u32,
  rightCount: u32,
): void {
  if (load<i32>(t, SLOT_COUNT) == 0) {
    reserve(t, leftCount, rightCount);
    if (load<i32>(t, SLOT_COUNT) == 0) {
      internGrid(t, lefts, rights, n, out);
      return;
    }
  }
  let slots: usize = load<u32>(t, SLOTS);
  let mask = (<usize>load<i32>(t, SLOT_COUNT) << 4) - 16;
  let shift = load<i32>(t, SLOT_SHIFT);
  for (let i: usize = 0, to = <usize>n << 2; i < to; i += 4) {
    if ((i & (AHEAD_BYTES - 1)) == 0) lookAhead(slots, shift, lefts, rights, i, min(to, i + AHEAD_BYTES));
    const pair = <u64>load<u32>(lefts + i) | (<u64>load<u32>(rights + i) << 32);
    let at = <usize>(hashWord(pair) >>> shift) << 4;
    let stored = load<i32>(slots + at, 8);
    while (stored != 0 && load<u64>(slots + at) != pair) {
      at = (at + 16) & mask;
      stored = load<i32>(slots + at, 8);
    }
    if (stored == 0) {
      stored = add(t, <i32>pair, <i32>(pair >>> 32)) + 1;
      store<u64>(slots + at, pair);
      store<i32>(slots + at, stored, 8);
      if (stored * 2 > load<i32>(t, SLOT_COUNT)) {
        free(slots);
        makeSlots(t, load<i32>(t, SLOT_COUNT) * 2);
        fillSlots(t);
        slots = load<u32>(t, SLOTS);
        mask = (<usize>load<i32>(t, SLOT_COUNT) << 4) - 16;
        shift = load<i32>(t, SLOT_SHIFT);
      }
    }
    store<i32>(out + i, stored - 1);
  }
}

function internGrid(t: usize, lefts: usize, rights: usize, n: i32, out: usize): void {
  const grid: usize = load<u32>(t, GRID);
  const shift = load<i32>(t, GRID_SHIFT);
  for (let i: usize = 0, to = <usize>n << 2; i < to; i += 4) {
    const a = load<i32>(lefts + i);
    const b = load<i32>(rights + i);
    const cell = grid + (((<usize>a << shift) | <usize>b) << 2);
    let stored = load<i32>(cell);
    if (stored == 0) {
      stored = add(t, a, b) + 1;
      store<i32>(cell, stored);
    }
    store<i32>(out + i, stored - 1);
  }
}

/** The same without adding: -1 where a pair is not there, or one of its sides is -1. Returns 1 if there was one. */
export function pairsFind(t: usize, lefts: usize, rights: usize, n: i32, out: usize): i32 {
  const slots: usize = load<u32>(t, SLOTS);
  const mask = (<usize>load<i32>(t, SLOT_COUNT) << 4) - 16;
  const grid: usize = load<u32>(t, GRID);
  const gridShift = load<i32>(t, GRID_SHIFT);
  const cells = <u64>load<u32>(t, GRID_CELLS);
  let missing = 0;
  for (let i: usize = 0, to = <usize>n << 2; i < to; i += 4) {
    const a = load<i32>(lefts + i);
    const b = load<i32>(rights + i);
    let id = -1;
    if (a >= 0 && b >= 0) {
      if (load<i32>(t, SLOT_COUNT) != 0) {
        const pair = <u64>(<u32>a) | (<u64>(<u32>b) << 32);
        let at = <usize>(hashWord(pair) >>> load<i32>(t, SLOT_SHIFT)) << 4;
        while (load<i32>(slots + at, 8) != 0 && load<u64>(slots + at) != pair) at = (at + 16) & mask;
        id = load<i32>(slots + at, 8) - 1;
      } else if ((<u64>b >>> gridShift) == 0 && ((<u64>a << gridShift) | <u64>b) < cells) {
        id = load<i32>(grid + (((<usize>a << gridShift) | <usize>b) << 2)) - 1;
      }
    }
    if (id < 0) missing = 1;
    store<i32>(out + i, id);
  }
  return missing;
}

export function pairProbes(t: usize): i32 {
  const slots: usize = load<u32>(t, SLOTS);
  const count = load<i32>(t, SLOT_COUNT);
  let steps = 0;
  for (let i = 0; i < count; i++) {
    const slot = slots + (<usize>i << 4);
    if (load<i32>(slot, 8) != 0)
      steps += 1 + ((i - <i32>(hashWord(load<u64>(slot)) >>> load<i32>(t, SLOT_SHIFT))) & (count - 1));
  }
  return steps;
}
