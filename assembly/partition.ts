/**
 * Rows into partitions, and out of them again: the twin of src/kernel/partition/rows.ts, which says what a record is.
 * Staging is one block per partition; used[p] bytes of block p are whole records. A column is described by four words:
 *
 *     to write   text   0, bytes, starts, ends       eight   1, values, nulls or 0, 0
 *     to read    text   0, starts, ends, 0           eight   1, values, nulls, whether there was one (out)
 */
const TEXT: u32 = 0;
/** log2 of the bytes of a block. */
const BLOCK: usize = 14;
const LENGTH_WORD: u32 = 254;
const LENGTH_NULL: u32 = 255;
/** Text is copied sixteen bytes at a time, up to so many beyond its end. */
const SLACK: usize = 16;

/** Copies `length` bytes, and whatever lies behind them up to the next multiple of sixteen. */
@inline
function copyText(to: usize, from: usize, length: usize, memoryEnd: usize): void {
  if (length > 256 || from + length + SLACK > memoryEnd) memory.copy(to, from, length);
  else for (let at: usize = 0; at < length; at += 16) v128.store(to + at, v128.load(from + at));
}

/** Where the next field goes, or 0: this one does not fit in front of `limit`. */
@inline
function writeText(column: usize, row: usize, at: usize, limit: usize, memoryEnd: usize): usize {
  const end = load<i32>(<usize>load<u32>(column, 12) + (row << 2));
  if (end < 0) {
    if (at + SLACK > limit) return 0;
    store<u8>(at, LENGTH_NULL);
    return at + 1;
  }
  const start = load<i32>(<usize>load<u32>(column, 8) + (row << 2));
  const length = <usize>(end - start);
  if (at + length + SLACK + 5 > limit) return 0;
  if (length < <usize>LENGTH_WORD) store<u8>(at++, <u8>length);
  else {
    store<u8>(at, LENGTH_WORD);
    store<u32>(at, <u32>length, 1);
    at += 5;
  }
  copyText(at, <usize>load<u32>(column, 4) + <usize>start, length, memoryEnd);
  return at + length;
}

@inline
function writeEight(column: usize, row: usize, at: usize, limit: usize): usize {
  if (at + SLACK > limit) return 0;
  const nulls = <usize>load<u32>(column, 8);
  if (nulls != 0 && load<u8>(nulls + row) != 0) {
    store<u8>(at, 0);
    return at + 1;
  }
  store<u8>(at, 1);
  store<u64>(at, load<u64>(<usize>load<u32>(column, 4) + (row << 3)), 1);
  return at + 9;
}

/** Appends the rows rows[from..n) to their blocks; the place of the first that does not fit, or n. */
export function appendRows(
  from: i32,
  n: i32,
  rows: usize,
  hashes: usize,
  columns: usize,
  count: i32,
  staging: usize,
  used: usize,
): i32 {
  const columnsEnd = columns + ((<usize>count) << 4);
  const memoryEnd = <usize>memory.size() << 16;
  for (let i = from; i < n; i++) {
    const row = <usize>load<u32>(rows + ((<usize>i) << 2));
    const partition = <usize>(load<u32>(hashes + ((<usize>i) << 2)) >>> 24);
    const block = staging + (partition << BLOCK);
    const limit = block + (1 << BLOCK);
    let at = block + <usize>load<u32>(used + (partition << 2));
    for (let column = columns; column < columnsEnd; column += 16) {
      at = load<u32>(column) == TEXT ? writeText(column, row, at, limit, memoryEnd) : writeEight(column, row, at, limit);
      // What was written of the record so far is behind what is used, and does not count.
      if (at == 0) return i;
    }
    store<u32>(used + (partition << 2), <u32>(at - block));
  }
  return n;
}

/** Reads up to `max` records from..to. Ranges of text count from `base`. The place of the next record goes to `next`. */
export function readRows(
  from: usize,
  to: usize,
  max: i32,
  base: usize,
  columns: usize,
  count: i32,
  next: usize,
): i32 {
  const columnsEnd = columns + ((<usize>count) << 4);
  for (let column = columns; column < columnsEnd; column += 16) store<u32>(column, 0, 12);
  let at = from;
  let row: usize = 0;
  for (; row < <usize>max && at < to; row++) {
    for (let column = columns; column < columnsEnd; column += 16) {
      const head = <u32>load<u8>(at++);
      if (load<u32>(column) == TEXT) {
        let length = head;
        if (head == LENGTH_WORD) {
          length = load<u32>(at);
          at += 4;
        }
        store<u32>(<usize>load<u32>(column, 4) + (row << 2), <u32>(at - base));
        if (head == LENGTH_NULL) length = 0;
        at += <usize>length;
        store<i32>(<usize>load<u32>(column, 8) + (row << 2), head == LENGTH_NULL ? -1 : <i32>(at - base));
      } else {
        store<u8>(<usize>load<u32>(column, 8) + row, <u8>(1 - head));
        if (head == 0) store<u32>(column, 1, 12);
        else {
          store<u64>(<usize>load<u32>(column, 4) + (row << 3), load<u64>(at));
          at += 8;
        }
      }
    }
  }
  store<u32>(next, <u32>at);
  return <i32>row;
}
