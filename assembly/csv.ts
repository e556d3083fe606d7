/**
 * Records of delimited text: the fast half of src/kernel/simd/csv-parser.ts. It takes the records that are as they should
 * be from the structural index, many at a time and column by column, and stops at the first one that is not: that one
 * is for TypeScript, which comes back with the next one.
 *
 * A program names the wanted columns: pairs of a field's number and the place (in bytes) of its range in a row's ranges.
 */
import { indexWindow, makeRoom, openStructure, restartIndex, Structure } from "./structure";
import { allocZeroed } from "./memory";

// What the caller has to do next.
/** All of the buffer is read, but for an unfinished record. */
const END: i32 = 0;
/** No further record of this range starts here. */
const STOP: i32 = 1;
/** Make room for more rows. */
const GROW: i32 = 2;
/** Make room for more decoded content. */
const SCRATCH: i32 = 3;
/** Read the record at `head`. */
const RECORD: i32 = 4;
/** Inside: the index has no whole record left. */
const MORE: i32 = 5;

const LF: u32 = 10;
const CR: u32 = 13;

/** TypeScript knows the order of the fields: src/kernel/simd/csv-parser.ts. */
@unmanaged
class CsvState {
  index: Structure;
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
  /** Fields of each record. */
  fields: u32;
  bytesMax: u32;
  program: usize;
  columns: u32;
  /** Place in `bytes` for decoded content, and where it ends. */
  scratch: u32;
  scratchEnd: u32;
  /** Not 0: start a new index at `head`. */
  restart: u32;

  /** The window has records that are not regular. */
  isCareful: bool;
}

/** A parser's state. */
export function csvOpen(): usize {
  const at = allocZeroed(offsetof<CsvState>());
  changetype<CsvState>(at).index = openStructure();
  return at;
}

/** Reads records from `head` on. */
export function csvParse(at: usize): i32 {
  const s = changetype<CsvState>(at);
  resume(s);
  while (true) {
    const status = s.isCareful ? readCarefully(s) : readRegular(s);
    if (status != MORE) return status;
    if (s.head >= s.stop) return STOP;
    if (s.index.isBroken || !makeRoom(s.index)) return RECORD;
    if (s.index.at >= s.index.fill) return END;
    indexWindow(s.index);
    s.isCareful = false;
  }
}

/** Goes on behind a record that the caller has read: on the same index where that has the record's end, else on a new one. */
function resume(s: CsvState): void {
  const head = s.head;
  if (s.restart == 0) {
    let first = s.index.first;
    if (load<u32>(first - 4) + 1 == head) return;
    while (first < s.index.next && load<u32>(first) + 1 < head) first += 4;
    if (first < s.index.next && load<u32>(first) + 1 == head) {
      s.index.first = first + 4;
      let quoted = s.index.quotedFirst;
      while (quoted < s.index.quotedNext && load<u32>(quoted) < head) quoted += 4;
      s.index.quotedFirst = quoted;
      return;
    }
  }
  s.restart = 0;
  restartIndex(s.index, head);
  s.isCareful = false;
}

/**
 * Where all records of the window have as many fields as they should, nothing has to be looked for. That is so where every nth
 * border is a newline and there are no other newlines: it says something of all records of the window or of none, so a window
 * that is not taken whole (the range ends in it, the rows have no room) is looked at border by border.
 */
function readRegular(s: CsvState): i32 {
  const records = <u32>(s.index.next - s.index.first) / (s.fields << 2);
  if (s.index.newlines == records) {
    if (records == 0) return MORE;
    if (s.head >= s.stop) return STOP;
    const lastStart = load<u32>(s.index.first + <usize>(records - 1) * (<usize>s.fields << 2) - 4) + 1;
    if (records <= s.capacity - s.rows && lastStart < s.stop) {
      const status = take(s, records);
      if (status == SCRATCH) return SCRATCH;
      if (status == MORE) {
        s.index.newlines = 0;
        return MORE;
      }
    }
  }
  s.isCareful = true;
  return readCarefully(s);
}

/** Looks at every border. */
function readCarefully(s: CsvState): i32 {
  const bytes = s.index.bytes;
  const fields = s.fields;
  const stride = <usize>fields << 2;
  while (true) {
    let p = s.index.first;
    let n: u32 = 0;
    let status = MORE;
    let isBlank = false;
    const room = s.capacity - s.rows;
    while (true) {
      const start = load<u32>(p - 4) + 1;
      if (start >= s.stop) {
        status = STOP;
        break;
      }
      let q = p;
      while (q < s.index.next && load<u8>(bytes + load<u32>(q)) != LF) q += 4;
      if (q >= s.index.next) break;
      const newline = load<u32>(q);
      const end = newline - u32(newline > start && load<u8>(bytes + newline - 1) == CR);
      isBlank = end == start && fields != 1;
      if (isBlank) break;
      if (q - p + 4 != stride || end - start > s.bytesMax) {
        status = RECORD;
        break;
      }
      if (n == room) {
        status = GROW;
        break;
      }
      n++;
      p = q + 4;
    }
    if (n > 0 && take(s, n) == SCRATCH) return SCRATCH;
    if (!isBlank) return status;
    s.head = load<u32>(s.index.first) + 1;
    s.index.first += 4;
    s.line++;
  }
}

/** Makes rows of the next n records. RECORD: they are not what they should be, and nothing was taken. */
function take(s: CsvState, n: u32): i32 {
  const bytes = s.index.bytes;
  const first = s.index.first;
  const stride = <usize>s.fields << 2;
  const starts = s.starts + (<usize>s.rows << 2);
  const ends = s.ends + (<usize>s.rows << 2);
  let p = first + stride - 4;
  let start = load<u32>(first - 4) + 1;
  let longest: u32 = 0;
  let isRegular: u32 = 1;
  const size = <usize>n << 2;
  for (let i: usize = 0; i < size; i += 4) {
    const newline = load<u32>(p);
    isRegular &= u32(load<u8>(bytes + newline) == LF);
    const end = newline - (u32(newline > start) & u32(load<u8>(bytes + newline - 1) == CR));
    longest = max(longest, end - start);
    store<u32>(starts + i, start);
    store<u32>(ends + i, end);
    start = newline + 1;
    p += stride;
  }
  if (isRegular == 0 || longest > s.bytesMax) return RECORD;
  const scratch = s.scratch;
  if (!takeColumns(s, n, starts, ends)) {
    s.scratch = scratch;
    return SCRATCH;
  }
  takeLines(s, n);
  s.index.first = first + <usize>n * stride;
  s.head = start;
  s.rows += n;
  return MORE;
}

/** Line numbers of the next n records. */
function takeLines(s: CsvState, n: u32): void {
  const lines = s.lines + (<usize>s.rows << 2);
  const size = <usize>n << 2;
  let line = s.line;
  let quoted = s.index.quotedFirst;
  const quotedNext = s.index.quotedNext;
  if (quoted == quotedNext) {
    for (let i: usize = 0; i < size; i += 4) store<u32>(lines + i, line++);
  } else {
    const stride = <usize>s.fields << 2;
    let p = s.index.first + stride - 4;
    for (let i: usize = 0; i < size; i += 4) {
      store<u32>(lines + i, line++);
      const newline = load<u32>(p);
      while (quoted < quotedNext && load<u32>(quoted) < newline) {
        quoted += 4;
        line++;
      }
      p += stride;
    }
    s.index.quotedFirst = quoted;
  }
  s.line = line;
}

/** Ranges of the wanted columns of the next n records. False: there is no room for decoded content. */
function takeColumns(s: CsvState, n: u32, starts: usize, ends: usize): bool {
  const fields = s.fields;
  const programEnd = s.program + (<usize>s.columns << 3);
  for (let at = s.program; at < programEnd; at += 8) {
    const field = load<u32>(at);
    const out = s.ranges + <usize>s.rows * s.stride + load<u32>(at, 4);
    const p = s.index.first + (<usize>field << 2) - 4;
    if (field >= fields) {
      takeNulls(out, s.stride, n);
    } else {
      // A record's last field ends with the record, which may be before its newline.
      const isLast = field == fields - 1;
      const to = isLast ? ends : p + 4;
      const toStride = isLast ? <usize>4 : <usize>fields << 2;
      if (!s.index.hasQuotes) takePlain(p, <usize>fields << 2, to, toStride, out, s.stride, n);
      else if (!takeQuoted(s, p, to, toStride, out, n)) return false;
    }
  }
  return true;
}

/** Columns that the source turned out not to have. */
function takeNulls(out: usize, stride: usize, n: u32): void {
  for (let i: u32 = 0; i < n; i++) {
    store<u64>(out, 0xffffffff00000000);
    out += stride;
  }
}

// prettier-ignore
@inline function range(start: u32, end: u32): u64 {
  return <u64>start | (<u64>(end > start ? end : <u32>-1) << 32);
}

function takePlain(p: usize, stride: usize, to: usize, toStride: usize, out: usize, outStride: usize, n: u32): void {
  for (let i: u32 = 0; i < n; i++) {
    store<u64>(out, range(load<u32>(p) + 1, load<u32>(to)));
    p += stride;
    to += toStride;
    out += outStride;
  }
}

function takeQuoted(s: CsvState, p: usize, to: usize, toStride: usize, out: usize, n: u32): bool {
  const bytes = s.index.bytes;
  const quote = s.index.quote;
  const stride = <usize>s.fields << 2;
  const outStride = <usize>s.stride;
  const hasDoubled = s.index.hasDoubled;
  for (let i: u32 = 0; i < n; i++) {
    let start = load<u32>(p) + 1;
    let end = load<u32>(to);
    if (end > start && load<u8>(bytes + start) == quote) {
      start++;
      end--;
      if (hasDoubled) {
        const doubled = findByte(bytes + start, bytes + end, <u8>quote);
        if (doubled < bytes + end) {
          // Stores go by sixteen bytes.
          if (s.scratch + (end - start) + 32 > s.scratchEnd) return false;
          const at = s.scratch;
          s.scratch = <u32>(undouble(bytes + start, bytes + end, bytes + at, <u8>quote) - bytes);
          start = at;
          end = s.scratch;
        }
      }
    }
    store<u64>(out, range(start, end));
    p += stride;
    to += toStride;
    out += outStride;
  }
  return true;
}

/** The first such byte of p … end, or end. May read 15 bytes behind it. */
function findByte(p: usize, end: usize, byte: u8): usize {
  const all = i8x16.splat(byte);
  for (; p < end; p += 16) {
    const found = i8x16.bitmask(i8x16.eq(v128.load(p), all));
    if (found != 0) return min(end, p + <usize>ctz(found));
  }
  return end;
}

/** Copies text with each pair of quotes made one; may write 15 bytes behind. Returns the end. */
function undouble(p: usize, end: usize, out: usize, quote: u8): usize {
  const all = i8x16.splat(quote);
  while (p < end) {
    const part = v128.load(p);
    v128.store(out, part);
    const found = i8x16.bitmask(i8x16.eq(part, all));
    const i = found == 0 ? <usize>16 : <usize>ctz(found);
    if (p + i >= end) return out + (end - p);
    if (found == 0) {
      p += 16;
      out += 16;
    } else {
      p += i + 2;
      out += i + 1;
    }
  }
  return out;
}
