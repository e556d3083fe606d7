/**
 * Cuts files into splits: byte ranges that start at record starts. Where quotes may hide newlines, a window around the
 * border is read under both hypotheses (the window begins outside or inside quotes) and the likelier one decides.
 * A wrong guess is caught by the worker whose records must end exactly where the next split starts, and repaired there.
 */
import { closeSync, readSync } from "node:fs";
import { BORDER_BYTES, LINE_BYTES_MAX, SPLIT_BYTES } from "../base/limits.ts";
import { openPinned } from "./codec.ts";
import { type Dialect, FIELD_START, Judge, NEWLINE, QUOTED, type QuoteState, scanQuotes, UNQUOTED } from "./quotes.ts";
import type { Source } from "./source.ts";

/** A byte range of one input: the unit of work, of retry and of commit. */
export interface Split {
  /** Its place in the run's list, from 0. */
  id: number;
  /** Index of its source. */
  source: number;
  start: number;
  /** Exclusive. Infinity for compressed files and streams: to their end, wherever that is. */
  end: number;
  /** The split begins its source. */
  first: boolean;
}

export interface SplitOptions {
  /** Distance of borders. Default SPLIT_BYTES; any positive number works. */
  splitBytes?: number;
  dialect: Dialect;
  /** Fields of a record, where known: it helps to judge a border inside quotes. Default 0: unknown. */
  fields?: number;
  /** A border is given up when no record starts within this many bytes. Default LINE_BYTES_MAX. */
  lineBytesMax?: number;
  /** Bytes read around a border. Default BORDER_BYTES. */
  windowBytes?: number;
}

const MEGABYTE = 1024 * 1024;
/** Memory of a window that is kept; some records need larger ones. */
const WINDOW_KEPT_MAX = 4 * MEGABYTE;
/** A worker should find several splits to claim, so that the last ones to finish do not keep the others waiting. */
const SPLITS_PER_WORKER = 4;

/** A split size between 1 MB and SPLIT_BYTES that gives each worker at least about four splits. */
export function chooseSplitBytes(totalBytes: number, workers: number): number {
  const even = Math.ceil(totalBytes / (Math.max(1, workers) * SPLITS_PER_WORKER));
  return Math.min(SPLIT_BYTES, Math.max(MEGABYTE, even));
}

/**
 * Splits of all sources, in order. Together they cover each byte of each plain file once; an empty file has none,
 * compressed files and streams have one. Borders that fall on the same record start collapse.
 */
export function planSplits(sources: readonly Source[], options: SplitOptions): Split[] {
  const splits: Split[] = [];
  for (const source of sources) {
    const isWhole = source.kind === "stream" || source.codec !== "none";
    if (!isWhole && source.size === 0) continue;
    const borders = isWhole ? [0, Number.POSITIVE_INFINITY] : findBorders(source, options);
    for (let i = 0; i + 1 < borders.length; i++) {
      splits.push({ id: splits.length, source: source.index, start: borders[i], end: borders[i + 1], first: i === 0 });
    }
  }
  return splits;
}

function findBorders(source: Source, options: SplitOptions): number[] {
  const step = Math.max(1, Math.floor(options.splitBytes ?? SPLIT_BYTES));
  const borders = [0];
  if (source.size > step) {
    const fd = openPinned(source);
    try {
      for (let wanted = step; wanted < source.size; ) {
        const found = findRecordStart(fd, source.size, wanted, options);
        if (found >= source.size) break;
        borders.push(found);
        // The next multiple of the step after the border: all multiples before it would find the same record.
        wanted = (Math.floor(found / step) + 1) * step;
      }
    } finally {
      closeSync(fd);
    }
  }
  borders.push(source.size);
  return borders;
}

/**
 * The offset of the first record that starts at or after `offset` (> 0), as far as a window around it can tell;
 * `size`, the file's length, where none does (or none within the line limit).
 */
export function findRecordStart(fd: number, size: number, offset: number, options: SplitOptions): number {
  if (offset >= size) return size;
  const lineBytesMax = options.lineBytesMax ?? LINE_BYTES_MAX;
  const half = Math.max(1, Math.ceil((options.windowBytes ?? BORDER_BYTES) / 2));
  const hasQuotes = options.dialect.quote !== "";
  // A record starts at `offset` when the newline lies just before it: so the look begins one byte earlier.
  const from = Math.max(0, hasQuotes ? offset - half : offset - 1);
  for (let ahead = half; ; ahead *= 2) {
    const to = Math.min(size, offset + ahead);
    const window = readWindow(fd, from, to);
    const found = hasQuotes ? judgeWindow(window, from, offset, options) : afterNewline(window, offset - 1 - from);
    if (found >= 0) return from + found;
    if (from + window.length < to || to === size || ahead > lineBytesMax) return size;
  }
}

/** Memory of windows, used again for the next one: fresh memory costs more than what is read into it. */
let windowBytes = new Uint8Array(0);

function readWindow(fd: number, from: number, to: number): Uint8Array {
  if (windowBytes.length < to - from || windowBytes.length > WINDOW_KEPT_MAX) windowBytes = new Uint8Array(to - from);
  const window = windowBytes.subarray(0, to - from);
  let have = 0;
  while (have < window.length) {
    const got = readSync(fd, window, have, window.length - have, from + have);
    if (got === 0) break;
    have += got;
  }
  return window.subarray(0, have);
}

function afterNewline(window: Uint8Array, from: number): number {
  return window.indexOf(NEWLINE, from) + 1 || -1;
}

/** Index in the window of the first record start at or after the offset under the likelier hypothesis; -1: none. */
function judgeWindow(window: Uint8Array, from: number, offset: number, options: SplitOptions): number {
  const { dialect, fields = 0 } = options;
  const wanted = offset - from;
  const hasQuote = window.includes(dialect.quote.charCodeAt(0));
  // A window without any quote lies outside quotes nearly always, except at the file's start: there always.
  if (!hasQuote) return afterNewline(window, wanted - 1);
  const read = (begin: number, state: QuoteState): Judge => {
    const judge = new Judge();
    scanQuotes(window, begin, window.length, state, dialect, judge);
    return judge;
  };
  const startAfter = (judge: Judge): number => judge.ends.find((end) => end >= wanted) ?? -1;
  if (from === 0) return startAfter(read(bomBytes(window), FIELD_START));
  // The window's first byte may be the middle of anything, even of a doubled quote. Right after a newline or delimiter
  // only two states are possible: the start of a field, or text within quotes.
  const isBorder = (byte: number) => byte === NEWLINE || byte === dialect.delimiter.charCodeAt(0);
  const begin = window.subarray(0, wanted).findIndex(isBorder) + 1;
  const outside = read(begin, begin > 0 ? FIELD_START : UNQUOTED);
  if (outside.score(fields) === 0) return startAfter(outside);
  const inside = read(begin, QUOTED);
  return startAfter(inside.score(fields) < outside.score(fields) ? inside : outside);
}

/** Length of a UTF-8 byte order mark at the start of a file: 3 or 0. A quote after it opens a field. */
function bomBytes(bytes: Uint8Array): number {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
}
