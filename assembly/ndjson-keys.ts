/**
 * What the NDJSON parser learns about keys. A level is an object at one place of the records (the root, or the value of
 * a key); those with wanted keys are made by TypeScript, others on first sight. A key in use is a state of its level:
 *
 *      0  pattern  16 bytes: what stands between the value before and this one's first byte, from the comma on, spaces included
 *     16  mask     16 bytes: which of them count (a pattern that is longer goes on at 64, in pairs of 16 bytes)
 *     32  the fields of the class below
 *
 * Each state remembers the two states that came behind it last. In a log that keeps its key order, the text at hand is
 * compared with the first one's pattern and that is all: no key is looked for. Any other order is found in a table,
 * by the pattern's hash. Nothing here is ever wrong about a record, since the pattern is compared byte by byte.
 */
import { alloc, allocZeroed } from "./memory";
import { houseBytes, masked } from "./hash";
import { skipSpace, special } from "./ndjson-values";

/** States of one parser, and of a level without wanted keys: more are not learnt (a map from identifiers, not a record). */
const STATES_MAX: u32 = 4096;
const PLAIN_STATES_MAX: u32 = 64;
const LEVELS_MAX: u32 = 256;
const PATTERN_BYTES_MAX: u32 = 256;
/** Places of the table: twice the states. */
const TABLE_BITS: u32 = 13;

/** The key's value is wanted; it is, or may be, an object with wanted keys. */
export const IS_WANTED: u32 = 1;
export const HAS_SLOTS: u32 = 2;

@unmanaged
export class State {
  pattern0: u64;
  pattern1: u64;
  mask0: u64;
  mask1: u64;
  /** Bytes of the pattern. */
  length: u32;
  /** Place of the value's range in a row's ranges, in bytes. */
  slot: u32;
  flags: u32;
  hash: u32;
  level: Level;
  /** The level of objects that are this key's value, or null. */
  child: Level | null;
  next0: State;
  next1: State;
}

/** A key that is wanted, or has some below it. */
@unmanaged
class WantedKey {
  name: usize;
  length: u32;
  slot: i32;
  child: Level | null;
  next: WantedKey | null;
}

@unmanaged
export class Level {
  keys: Keys;
  /** What stands before the first key. */
  start: State;
  /** Any key that is not learnt. */
  other: State;
  wanted: WantedKey | null;
  /** Places in a row's ranges of all that is wanted at this level and below. */
  slots: usize;
  slotCount: u32;
  stateCount: u32;
  /** Its keys are too many to be learnt, and none is wanted: faster skipped. */
  isWide: bool;
}

/** All that one parser has learnt. */
@unmanaged
export class Keys {
  table: usize;
  states: u32;
  levels: u32;
  /** Matches nothing. */
  never: State;
  root: Level;
}

/** Where the value of the key that `findKey` found begins; without a key: behind the object's end, or 0. */
export let behindKey: usize = 0;

function newState(keys: Keys, blocks: usize): State {
  const state = changetype<State>(allocZeroed(64 + (blocks - 1) * 32));
  state.next0 = state.next1 = keys.never;
  return state;
}

function newLevel(keys: Keys): Level {
  const level = changetype<Level>(allocZeroed(offsetof<Level>()));
  keys.levels++;
  level.keys = keys;
  level.start = newState(keys, 1);
  level.other = newState(keys, 1);
  return level;
}

export function openKeys(): Keys {
  const keys = changetype<Keys>(allocZeroed(offsetof<Keys>()));
  keys.table = allocZeroed((<usize>4) << TABLE_BITS);
  keys.never = newState(keys, 1);
  // Nothing is left of the text under a mask of zeros, and that is not 1.
  keys.never.pattern0 = 1;
  keys.never.next0 = keys.never.next1 = keys.never;
  keys.root = newLevel(keys);
  return keys;
}

/** Adds a wanted key (its name's bytes stay where they are) to a level. slot: -1 for none. Returns its level of objects, 0 for none. */
export function addKey(level: Level, name: usize, length: u32, slot: i32, hasChild: bool): usize {
  const key = changetype<WantedKey>(allocZeroed(offsetof<WantedKey>()));
  key.name = name;
  key.length = length;
  key.slot = slot;
  key.next = level.wanted;
  level.wanted = key;
  if (hasChild) key.child = newLevel(level.keys);
  return changetype<usize>(key.child);
}

@inline
export function matches(p: usize, state: State): bool {
  const at = changetype<usize>(state);
  if (v128.any_true(v128.xor(v128.and(v128.load(p), v128.load(at, 16)), v128.load(at)))) return false;
  return state.length <= 16 || matchesMore(p, state);
}

function matchesMore(p: usize, state: State): bool {
  let block = changetype<usize>(state) + 64;
  for (let i: u32 = 16; i < state.length; i += 16) {
    if (v128.any_true(v128.xor(v128.and(v128.load(p + i), v128.load(block, 16)), v128.load(block)))) return false;
    block += 32;
  }
  return true;
}

/** The state of the key behind x at p, which is none of its two nexts; see `behindKey`. Null: no key. */
export function findKey(level: Level, x: State, p: usize): State | null {
  let q = skipSpace(p);
  let byte = <u32>load<u8>(q);
  behindKey = byte == 125 ? q + 1 : 0;
  if (byte == 125) return null;
  if (x != level.start) {
    if (byte != 44) return null;
    q = skipSpace(q + 1);
    byte = load<u8>(q);
  }
  if (byte != 34) return null;
  const end = special(q + 1);
  // A key with escapes is for the scalar parser.
  if (load<u8>(end) != 34) return null;
  let value = skipSpace(end + 1);
  if (load<u8>(value) != 58) return null;
  value = skipSpace(value + 1);
  behindKey = value;
  const state = stateOf(level, p, <u32>(value - p), q + 1, <u32>(end - q - 1));
  if (x != level.other && state != level.other) {
    if (x.next0 == level.keys.never) x.next0 = state;
    else x.next1 = state;
  }
  return state;
}

/** The state with the pattern at p; `name` is the key in it. */
function stateOf(level: Level, p: usize, length: u32, name: usize, nameLength: u32): State {
  const keys = level.keys;
  const hash = houseBytes(p, length, <u32>changetype<usize>(level));
  const mask: u32 = (1 << TABLE_BITS) - 1;
  let place = hash >>> (32 - TABLE_BITS);
  while (true) {
    const state = changetype<State>(load<u32>(keys.table + (<usize>place << 2)));
    if (changetype<usize>(state) == 0) break;
    if (state.hash == hash && state.level == level && state.length == length && matches(p, state)) return state;
    place = (place + 1) & mask;
  }
  const isPlain = level.slotCount == 0 && level != keys.root;
  const most = isPlain ? PLAIN_STATES_MAX : STATES_MAX;
  if (keys.states < STATES_MAX && level.stateCount < most && length <= PATTERN_BYTES_MAX) {
    const state = learn(level, p, length);
    state.hash = hash;
    store<u32>(keys.table + (<usize>place << 2), <u32>changetype<usize>(state));
    decide(state, level, name, nameLength);
    return state;
  }
  level.isWide = isPlain;
  decide(level.other, level, name, nameLength);
  return level.other;
}

function learn(level: Level, p: usize, length: u32): State {
  const state = newState(level.keys, (length + 15) >>> 4);
  state.level = level;
  state.length = length;
  level.stateCount++;
  level.keys.states++;
  let block = changetype<usize>(state);
  for (let i: u32 = 0; i < length; i += 16) {
    const mask = masked(i8x16.splat(-1), min<i32>(16, length - i));
    v128.store(block, v128.and(v128.load(p + i), mask));
    v128.store(block, mask, 16);
    block = i == 0 ? block + 64 : block + 32;
  }
  return state;
}

/** What a key means in its level. */
function decide(state: State, level: Level, name: usize, length: u32): void {
  state.flags = 0;
  state.child = null;
  let next = level.wanted;
  while (next != null) {
    const key: WantedKey = next;
    next = key.next;
    if (key.length != length || memory.compare(key.name, name, length) != 0) continue;
    if (key.slot >= 0) state.flags = IS_WANTED;
    state.slot = key.slot;
    state.child = key.child;
    if (key.child != null) state.flags |= HAS_SLOTS;
    return;
  }
}

/** The level of the objects behind a key, made where there is none yet; null: they are better skipped. */
export function childOf(state: State, level: Level): Level | null {
  let child = state.child;
  if (child == null && state != level.other && level.keys.levels < LEVELS_MAX) {
    child = newLevel(level.keys);
    state.child = child;
  }
  return child == null || child.isWide ? null : child;
}
