/**
 * Records of NDJSON: the fast half of src/kernel/simd/ndjson-parser.ts. Line ends are found 64 bytes a step for a window
 * of text, so that a record's start does not depend on the end of the one before; then each record is walked from value
 * to value, with the keys learnt from the records before (ndjson-keys.ts). It stops at the first record that it does not
 * take (broken, too long, a key with escapes, nested too deep): that one is for TypeScript, which comes back with the next.
 */
import { alloc, allocZeroed } from "./memory";
import { addKey, behindKey, childOf, findKey, HAS_SLOTS, IS_WANTED, Keys, Level, matches, openKeys, State } from "./ndjson-keys";
import { closingQuote, containerEnd, plainEnd, skipSpace, special, unescape } from "./ndjson-values";

// What the caller has to do next.
/** All of the buffer is read, but for an unfinished line. */
const END: i32 = 0;
/** No further record of this range starts here. */
const STOP: i32 = 1;
/** Make room for more rows. */
const GROW: i32 = 2;
/** Read the record at `head`. */
const RECORD: i32 = 3;

/** Text whose line ends are looked for at a time: it stays in the nearest cache until its records are read. */
const WINDOW_BYTES: u32 = 16384;
/** Objects in objects that are walked by learnt keys; what is in them further down is skipped as a whole. */
const DEPTH_MAX: u32 = 16;

/** TypeScript knows the order of the first fields: src/kernel/simd/ndjson-parser.ts. */
@unmanaged
class NdjsonState {
  /** The text: address, and bytes. */
  bytes: usize;
  fill: u32;
  head: u32;
  /** No record that starts here or behind is read. */
  stop: u32;
  line: u32;
  rows: u32;
  capacity: u32;
  ranges: usize;
  starts: usize;
  ends: usize;
  lines: usize;
  /** Bytes of a row's ranges. */
  stride: u32;
  bytesMax: u32;
  /** Place in `bytes` for decoded content, and where it ends. */
  scratch: u32;
  scratchEnd: u32;
  /** Not 0: look for line ends anew, from `head` on. */
  restart: u32;
  /** Not 0: some byte that was looked at is above 127. */
  high: u32;
  root: Level;

  /** Positions of line ends: all, the next one, and where they end. */
  newlines: usize;
  next: usize;
  last: usize;
  /** Line ends were looked for up to here. */
  at: u32;
}

// The record at hand: the text's address, its row's ranges, and the room for decoded content (addresses).
let base: usize = 0;
let row: usize = 0;
let scratch: usize = 0;
let scratchEnd: usize = 0;

/** A parser's state. */
export function ndjsonOpen(): usize {
  const s = changetype<NdjsonState>(allocZeroed(offsetof<NdjsonState>()));
  s.root = openKeys().root;
  s.newlines = alloc(<usize>WINDOW_BYTES * 4 + 64);
  return changetype<usize>(s);
}

/** Adds a wanted key to a level: its name, its place in a row's ranges in bytes (-1: none). Returns the level of its objects, or 0. */
export function ndjsonKey(level: usize, name: usize, length: u32, slot: i32, hasChild: bool): usize {
  return addKey(changetype<Level>(level), name, length, slot, hasChild);
}

/** Says where the wanted values at or below a level go: `count` places in bytes. */
export function ndjsonSlots(level: usize, slots: usize, count: u32): void {
  changetype<Level>(level).slots = slots;
  changetype<Level>(level).slotCount = count;
}

/** Reads records from `head` on. */
export function ndjsonParse(at: usize): i32 {
  const s = changetype<NdjsonState>(at);
  if (s.restart != 0) {
    s.restart = 0;
    s.at = s.head;
    s.next = s.last = s.newlines;
  }
  while (s.next < s.last && load<u32>(s.next) < s.head) s.next += 4;
  base = s.bytes;
  scratch = base + s.scratch;
  scratchEnd = base + s.scratchEnd;
  let status = END;
  while (status == END) {
    if (s.next == s.last) {
      if (s.head >= s.stop) status = STOP;
      if (s.at >= s.fill || status == STOP) break;
      findNewlines(s);
    }
    status = readLines(s);
  }
  s.scratch = <u32>(scratch - base);
  return status;
}

/** Line ends of the next window. */
function findNewlines(s: NdjsonState): void {
  const bytes = s.bytes;
  const limit = min(s.fill, s.at + WINDOW_BYTES);
  const whole = limit < s.fill ? limit : s.at + ((limit - s.at) & ~63);
  const newline = i8x16.splat(10);
  let high = i8x16.splat(0);
  let out = s.newlines;
  let at = s.at;
  for (; at < whole; at += 64) {
    const p = bytes + at;
    const a = v128.load(p);
    const b = v128.load(p, 16);
    const c = v128.load(p, 32);
    const d = v128.load(p, 48);
    high = v128.or(high, v128.or(v128.or(a, b), v128.or(c, d)));
    const low = i8x16.bitmask(i8x16.eq(a, newline)) | (i8x16.bitmask(i8x16.eq(b, newline)) << 16);
    const top = i8x16.bitmask(i8x16.eq(c, newline)) | (i8x16.bitmask(i8x16.eq(d, newline)) << 16);
    let found = <u64>(<u32>low) | (<u64>(<u32>top) << 32);
    // Hardly a block has more than one: stored without asking.
    const end = out + (<usize>popcnt(found) << 2);
    store<u32>(out, at + <u32>ctz(found));
    for (out += 4; out < end; out += 4) {
      found &= found - 1;
      store<u32>(out, at + <u32>ctz(found));
    }
    out = end;
  }
  let rest: u32 = 0;
  for (; at < limit; at++) {
    const byte = <u32>load<u8>(bytes + at);
    rest |= byte;
    if (byte == 10) {
      store<u32>(out, at);
      out += 4;
    }
  }
  if (rest > 127 || i8x16.bitmask(high) != 0) s.high = 1;
  s.at = limit;
  s.next = s.newlines;
  s.last = out;
}

/** Reads the lines whose ends are known. */
function readLines(s: NdjsonState): i32 {
  const stride = s.stride;
  const root = s.root;
  while (s.next < s.last) {
    const head = s.head;
    if (head >= s.stop) return STOP;
    const rows = s.rows;
    if (rows == s.capacity) return GROW;
    const newline = load<u32>(s.next);
    let p = base + head;
    // With a carriage return one that fits may be a byte longer: the scalar parser knows.
    if (newline - head > s.bytesMax) return RECORD;
    if (load<u8>(p) != 123) {
      p = skipSpace(p);
      if (p < base + newline && load<u8>(p) != 123) return RECORD;
    }
    if (p < base + newline) {
      const end = load<u8>(base + newline - 1) == 13 ? newline - 1 : newline;
      row = s.ranges + rows * stride;
      for (let i: u32 = 0; i < stride; i += 8) store<i64>(row + i, -1);
      p = walk(root, p + 1, 0);
      if (p == 0) return RECORD;
      if (p != base + end && skipSpace(p) < base + end) return RECORD;
      store<u32>(s.starts + (rows << 2), head);
      store<u32>(s.ends + (rows << 2), end);
      store<u32>(s.lines + (rows << 2), s.line);
      s.rows = rows + 1;
    }
    s.line++;
    s.head = newline + 1;
    s.next += 4;
  }
  return END;
}

/** Reads an object from behind its opening brace on; its end, or 0. */
function walk(level: Level, p: usize, depth: u32): usize {
  let before = level.start;
  while (true) {
    let key = before.next0;
    if (matches(p, key)) p += key.length;
    else {
      if (load<u8>(p) == 125) return p + 1;
      key = before.next1;
      if (matches(p, key)) {
        p += key.length;
        before.next1 = before.next0;
        before.next0 = key;
      } else {
        const found = findKey(level, before, p);
        p = behindKey;
        if (found == null) return p;
        key = found;
      }
    }
    const flags = key.flags;
    if (flags & HAS_SLOTS) forget(key.child!);
    const first = <u32>load<u8>(p);
    if (first == 34) {
      const start = p + 1;
      p = special(start);
      if (load<u8>(p) != 34) {
        p = closingQuote(p);
        if (p == 0) return 0;
        if (flags & IS_WANTED) {
          if (!putDecoded(row + key.slot, start, p)) return 0;
        }
      } else if (flags & IS_WANTED) put(row + key.slot, start, <u32>(p - base));
      p++;
    } else {
      const start = p;
      p = first == 123 ? objectEnd(level, key, p, depth) : plainEnd(p, first);
      if (p == 0) return 0;
      if (flags & IS_WANTED) put(row + key.slot, start, first == 110 ? -1 : <u32>(p - base));
    }
    before = key;
  }
}

@inline
function put(range: usize, start: usize, end: u32): void {
  store<u32>(range, <u32>(start - base));
  store<u32>(range, end, 4);
}

/** A string with escapes; false: there is no room for its content. */
function putDecoded(range: usize, start: usize, end: usize): bool {
  if (scratch + (end - start) > scratchEnd) return false;
  const at = scratch;
  scratch = unescape(start, end, at);
  put(range, at, <u32>(scratch - base));
  return true;
}

function objectEnd(level: Level, key: State, p: usize, depth: u32): usize {
  const child = depth < DEPTH_MAX ? childOf(key, level) : null;
  // Wanted values further down than that are for the scalar parser.
  if (child == null) return key.flags & HAS_SLOTS ? 0 : containerEnd(p);
  return walk(child, p + 1, depth + 1);
}

/** The object that these values belong to is replaced: they are null. */
function forget(level: Level): void {
  for (let i: u32 = 0; i < level.slotCount; i++) store<i32>(row + load<u32>(level.slots + (i << 2)), -1, 4);
}
