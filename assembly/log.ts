/**
 * Lines of an access log: the fast half of src/kernel/simd/log-parser.ts. A line that has the format, with nothing
 * escaped in it, becomes a row; at any other one it stops, and TypeScript reads that line.
 *
 *     program    the text before the first value (address, bytes), parts; then for each part eight words:
 *                the text behind the value (address, bytes), flags, places of its ranges in a row, in bytes, or -1:
 *                of the value itself, and of a request's method, path and protocol; unused
 */

// What the caller has to do next.
const END: i32 = 0;
const STOP: i32 = 1;
const GROW: i32 = 2;
const RECORD: i32 = 4;

const ESCAPES: u32 = 1;
const BRACKETED: u32 = 2;
const REQUEST: u32 = 4;
const PART_BYTES: usize = 32;

const LF: u8 = 10;
const CR: u8 = 13;
const SPACE: u8 = 32;
const DASH: u8 = 45;
const BACKSLASH: u8 = 92;

/** TypeScript knows the order of the fields: src/kernel/simd/log-parser.ts. */
@unmanaged
class LogState {
  bytes: usize;
  fill: u32;
  head: u32;
  /** No line that starts here or behind is read. */
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
  program: usize;
  /** Not 0: some byte of a row is above 127. */
  high: u32;
}

/** Reads lines from `head` on. */
export function logParse(at: usize): i32 {
  const s = changetype<LogState>(at);
  const bytes = s.bytes;
  const fill = bytes + s.fill;
  let status = END;
  let head = s.head;
  while (true) {
    if (head >= s.stop) {
      status = STOP;
      break;
    }
    const start = bytes + head;
    const newline = lineEnd(s, start, fill);
    if (newline >= fill) break;
    if (s.rows == s.capacity) {
      status = GROW;
      break;
    }
    if (load<u8>(newline) != LF) {
      status = RECORD;
      break;
    }
    const end = newline - usize(newline > start && load<u8>(newline - 1) == CR);
    // What begins with a space may be nothing but spaces, which is no row.
    if (end == start || load<u8>(start) <= SPACE || end - start > <usize>s.bytesMax || !readLine(s, start, end)) {
      status = RECORD;
      break;
    }
    const row = <usize>s.rows << 2;
    store<u32>(s.starts + row, head);
    store<u32>(s.ends + row, <u32>(end - bytes));
    store<u32>(s.lines + row, s.line++);
    s.rows++;
    head = <u32>(newline - bytes) + 1;
  }
  s.head = head;
  return status;
}

/** The next newline or NUL; may be behind `fill`. */
// prettier-ignore
@inline function lineEnd(s: LogState, p: usize, fill: usize): usize {
  const newlines = i8x16.splat(LF);
  const zero = i8x16.splat(0);
  let high = zero;
  while (p < fill) {
    const part = v128.load(p);
    high = v128.or(high, part);
    const found = i8x16.bitmask(v128.or(i8x16.eq(part, newlines), i8x16.eq(part, zero)));
    if (found != 0) {
      p += <usize>ctz(found);
      break;
    }
    p += 16;
  }
  if (i8x16.bitmask(high) != 0) s.high = 1;
  return p;
}

/** Fills the ranges of the next row. False: the line is not of the plain kind. */
function readLine(s: LogState, start: usize, end: usize): bool {
  const program = s.program;
  const row = s.ranges + <usize>s.rows * s.stride;
  memory.fill(row, 255, s.stride);
  const before = load<u32>(program, 4);
  if (!startsWith(start, end, load<usize>(program), before)) return false;
  let p = start + before;
  let part = program + PART_BYTES;
  const partsEnd = part + <usize>load<u32>(program, 8) * PART_BYTES;
  for (; part < partsEnd; part += PART_BYTES) {
    const behind = load<usize>(part);
    const length = load<u32>(part, 4);
    const flags = load<u32>(part, 8);
    let to: usize;
    if ((flags & BRACKETED) != 0 && p < end && load<u8>(p) == 91) {
      p++;
      to = find(p, end, 93, 93);
      if (to >= end || !startsWith(to + 1, end, behind, length)) return false;
      storeValue(s, part, flags, row, p, to);
      p = to + 1 + length;
      continue;
    }
    if (length == 0) {
      to = end;
      if ((flags & ESCAPES) != 0 && find(p, end, BACKSLASH, BACKSLASH) < end) return false;
    } else {
      const first = load<u8>(behind);
      const other = (flags & ESCAPES) != 0 ? BACKSLASH : first;
      to = p;
      while (true) {
        to = find(to, end, first, other);
        if (to >= end || load<u8>(to) != first) return false;
        if (startsWith(to, end, behind, length)) break;
        to++;
      }
    }
    storeValue(s, part, flags, row, p, to);
    p = to + length;
  }
  return p == end;
}

/** The first of two bytes in p … end, or end. May read 15 bytes behind it. */
// prettier-ignore
@inline function find(p: usize, end: usize, byte: u8, other: u8): usize {
  const one = i8x16.splat(byte);
  const two = i8x16.splat(other);
  while (p < end) {
    const part = v128.load(p);
    const found = i8x16.bitmask(v128.or(i8x16.eq(part, one), i8x16.eq(part, two)));
    if (found != 0) return min(end, p + <usize>ctz(found));
    p += 16;
  }
  return end;
}

// prettier-ignore
@inline function startsWith(p: usize, end: usize, text: usize, length: u32): bool {
  if (p + length > end) return false;
  for (let i: usize = 0; i < <usize>length; i++) if (load<u8>(p + i) != load<u8>(text + i)) return false;
  return true;
}

// prettier-ignore
@inline function storeRange(s: LogState, row: usize, place: i32, start: usize, end: usize): void {
  if (place < 0 || start >= end) return;
  store<u32>(row + place, <u32>(start - s.bytes));
  store<u32>(row + place, <u32>(end - s.bytes), 4);
}

/** `-` and nothing at all are null. */
// prettier-ignore
@inline function storeValue(s: LogState, part: usize, flags: u32, row: usize, start: usize, end: usize): void {
  if (end == start || (end == start + 1 && load<u8>(start) == DASH)) return;
  storeRange(s, row, load<i32>(part, 12), start, end);
  if ((flags & REQUEST) != 0) splitRequest(s, part, row, start, end);
}

/** `GET /a b HTTP/1.1`: up to the first space, the middle, and the last word where it names a protocol. */
function splitRequest(s: LogState, part: usize, row: usize, start: usize, end: usize): void {
  const first = find(start, end, SPACE, SPACE);
  if (first == end) return;
  let last = end - 1;
  while (load<u8>(last) != SPACE) last--;
  // HTTP/ as bytes.
  const hasProtocol = end - last > 5 && load<u32>(last + 1) == 0x50545448 && load<u8>(last + 5) == 47;
  storeRange(s, row, load<i32>(part, 16), start, first);
  storeRange(s, row, load<i32>(part, 20), first + 1, hasProtocol ? max(first + 1, last) : end);
  if (hasProtocol) storeRange(s, row, load<i32>(part, 24), last + 1, end);
}
