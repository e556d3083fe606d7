/**
 * What every scalar parser shares: the byte buffer with its carry, the batch that is handed out, the range that is
 * being read, and the way a record that is too long to keep is skipped. The formats only say where records end and what is in them.
 *
 * The buffer holds, in this order: the unfinished record of the push before (the carry), the new chunk, two sentinel
 * bytes (a newline and the format's quote, so that the byte loops need no bounds check), and scratch space for decoded content.
 */
import type { Batch, Parser, ParserOptions, ParserRange, Rejected, RejectReason } from "../../input/batch.ts";

const LF = 10;
const CR = 13;
/** Copies go by words where source and target lie alike in them, and else by bytes: four times slower into shared memory. */
const WORD = 8;
/** Sentinels behind the filled part. */
const SLACK = 2;
/** Readable behind the sentinels: byte loops that go by words of four may look so far. */
const WORD_SLACK = 3;
/**
 * Pages of the system's file cache. On some processors (AMD's since 2020) the system's copy takes five times as long where
 * the target lies 1 to 31 bytes further in its page than the source in its own. So a file's bytes are read to addresses half
 * a page off from their places in the file.
 */
const PAGE_BYTES = 4096;
/** From this carry on, a record is searched for its end instead of being parsed anew with every chunk (else: quadratic). */
const LONG_CARRY_BYTES: number = 64 * 1024;
/** Rows that there is room for at first, and numbers in their ranges: with a million columns one row fills megabytes. */
const FIRST_ROWS = 1024;
const FIRST_RANGES: number = 1024 * 1024;
/** A record that is too long keeps at most this much of its bytes when it is rejected. */
const RAW_BYTES_MAX: number = 1024 * 1024;

/** A record of which only the end is still looked for. */
interface LongRecord {
  /** Bytes behind `head` that were searched. */
  scanned: number;
  /** True once it passed the limit: its bytes are thrown away, but for the first ones. */
  dropping: boolean;
  offset: number;
  bytes: number;
  kept: Uint8Array[];
  keptBytes: number;
}

/** Where a parser's arrays come from: the heap, or memory that WebAssembly sees as well. */
export interface ParserMemory {
  /** n bytes; their contents do not matter. */
  bytes(n: number): Uint8Array;
  ints(n: number): Int32Array;
  /** The parser does not look at the array any more. */
  release(view: Uint8Array | Int32Array): void;
}

const heapMemory: ParserMemory = {
  bytes: (n) => new Uint8Array(n),
  ints: (n) => new Int32Array(n),
  release: () => {},
};

export abstract class BufferedParser implements Parser {
  protected bytes: Uint8Array = new Uint8Array(0);
  /** The same memory, for `indexOf` (memchr) and the string methods. */
  protected view: Buffer = Buffer.alloc(0);
  /** The same memory, for loops that go by unaligned words. */
  protected words: DataView = new DataView(new ArrayBuffer(0));
  /** Filled part of `bytes`: [0, fill). */
  protected fill = 0;
  /** First byte of the next record. */
  protected head = 0;
  /** Lines consumed since begin. */
  protected line = 0;
  /** Where the header line (CSV) is still to be skipped. */
  protected headerDue = false;
  /** Next free byte of the scratch space. */
  protected scratch = 0;
  protected readonly stride: number;
  protected readonly lineBytesMax: number;
  protected rows = 0;
  protected capacity: number;
  protected ranges: Int32Array;
  protected starts: Int32Array;
  protected ends: Int32Array;
  protected rowLines: Int32Array;
  protected rejected: Rejected[] = [];
  /** Whether all bytes of the batch's rows are known to be ASCII. */
  protected ascii = false;
  /** Second sentinel. */
  protected readonly closing: number;
  readonly #header: boolean;
  readonly #memory: ParserMemory;
  /** Pairs of range positions (from, to) of columns that are wanted more than once. */
  readonly #copies: number[] = [];
  #base = 0;
  #end = Number.POSITIVE_INFINITY;
  #bomDue = false;
  #done = true;
  #long: LongRecord | undefined;

  constructor(options: ParserOptions, closing: number, header: boolean, memory: ParserMemory = heapMemory) {
    this.closing = closing;
    this.#header = header;
    this.#memory = memory;
    this.stride = options.wanted.length * 2;
    this.lineBytesMax = options.lineBytesMax;
    this.capacity = Math.max(1, Math.min(FIRST_ROWS, Math.floor(FIRST_RANGES / Math.max(1, this.stride))));
    this.ranges = memory.ints(this.capacity * this.stride);
    this.starts = memory.ints(this.capacity);
    this.ends = memory.ints(this.capacity);
    this.rowLines = memory.ints(this.capacity);
    const firsts = new Map<number, number>();
    options.wanted.forEach((column, slot) => {
      const first = firsts.get(column);
      if (first === undefined) firsts.set(column, slot);
      else this.#copies.push(first * 2, slot * 2);
    });
  }

  /** Parses records from `head` on until the range or the buffer ends; leaves `head` at the first unfinished one. */
  protected abstract parse(last: boolean): void;
  /** Searches on for the end of the record at `head`, from byte `from` to `fill`; its newline's index, or -1. */
  protected abstract scan(from: number): number;
  /** Forgets the state of `scan`: the next one starts at a record's first byte. */
  protected abstract resetScan(): void;
  /** Newlines inside the record that `scan` has passed. */
  protected scannedLines(): number {
    return 0;
  }

  get done(): boolean {
    return this.#done;
  }

  get position(): number {
    return this.#long?.dropping ? this.#long.offset : this.#base + this.head;
  }

  get lines(): number {
    return this.line;
  }

  begin(range: ParserRange): void {
    this.fill = 0;
    this.head = 0;
    this.line = 0;
    this.#base = range.start;
    this.#end = range.end;
    this.#bomDue = range.first;
    this.headerDue = range.first && this.#header;
    this.#done = range.start >= range.end;
    this.#long = undefined;
  }

  /** As in the contract; the carry moves to the front here, so this ends the life of the last batch too. */
  reserve(bytes: number): Uint8Array {
    this.#room(this.fill - this.head + PAGE_BYTES + bytes);
    const shift = (this.#base + this.head + PAGE_BYTES / 2 - this.bytes.byteOffset) % PAGE_BYTES;
    this.#compact(shift < 0 ? shift + PAGE_BYTES : shift);
    return this.bytes.subarray(this.fill, this.fill + bytes);
  }

  push(chunk: Uint8Array, last: boolean): Batch {
    this.rows = 0;
    if (this.rejected.length > 0) this.rejected = [];
    if (this.#done) return this.#batch();
    this.#take(chunk);
    this.bytes[this.fill] = LF;
    this.bytes[this.fill + 1] = this.closing;
    this.scratch = this.fill + SLACK;
    if (this.#bomDue && !this.#skipBom(last)) return this.#batch();
    if (this.#long === undefined || this.#continueLong(last)) {
      if (!this.#done) this.parse(last);
      if (last) this.#done = true;
      else if (!this.#done) this.#watchCarry();
    }
    this.#copyRepeated();
    return this.#batch();
  }

  /** Index in `bytes` at or after which no record of this range starts. */
  protected stopIndex(): number {
    return Math.min(this.#end - this.#base, 0x7fffffff);
  }

  protected markDone(): void {
    this.#done = true;
  }

  /** Doubles the room for rows. The arrays change: read them again. */
  protected grow(): void {
    this.capacity *= 2;
    this.ranges = this.#enlarged(this.ranges, this.capacity * this.stride);
    this.starts = this.#enlarged(this.starts, this.capacity);
    this.ends = this.#enlarged(this.ends, this.capacity);
    this.rowLines = this.#enlarged(this.rowLines, this.capacity);
  }

  /** Room for n bytes of decoded content; returns where. `bytes` may change: read it again. */
  protected reserveScratch(n: number): number {
    const at = this.scratch;
    this.#room(at + n);
    this.scratch = at + n;
    return at;
  }

  protected reject(reason: RejectReason, message: string, start: number, end: number, line: number): void {
    const raw = this.bytes.slice(start, reason === "line-too-long" ? Math.min(end, start + RAW_BYTES_MAX) : end);
    this.rejected.push({ reason, message, offset: this.#base + start, line, raw });
  }

  protected rejectLong(start: number, end: number, line: number): void {
    this.reject("line-too-long", longMessage(this.lineBytesMax), start, end, line);
  }

  #enlarged(array: Int32Array, length: number): Int32Array {
    const larger = this.#memory.ints(length);
    larger.set(array);
    this.#memory.release(array);
    return larger;
  }

  /** Moves the unfinished record to `to` (below a page), where what comes behind it has the alignment that it should have. */
  #compact(to: number = 0): void {
    if (this.head === to) return;
    this.#room(this.fill + to);
    this.bytes.copyWithin(to, this.head, this.fill);
    this.#base += this.head - to;
    this.fill -= this.head - to;
    this.head = to;
  }

  #room(bytes: number): void {
    const needed = bytes + SLACK + WORD_SLACK;
    if (this.bytes.length >= needed) return;
    const larger = this.#memory.bytes(Math.max(needed, this.bytes.length * 2, 4096));
    larger.set(this.bytes);
    this.#memory.release(this.bytes);
    const { buffer, byteOffset, length } = larger;
    this.bytes = larger;
    this.view = Buffer.from(buffer, byteOffset, length);
    this.words = new DataView(buffer, byteOffset, length);
  }

  #take(chunk: Uint8Array): void {
    const inside = chunk.buffer === this.bytes.buffer;
    const behind = this.fill + chunk.length;
    const isReserved = inside && chunk.byteOffset === this.bytes.byteOffset + this.fill;
    if (isReserved && behind + SLACK + WORD_SLACK <= this.bytes.length) {
      this.fill += chunk.length;
      return;
    }
    const source = inside ? chunk.slice() : chunk;
    const address = this.bytes.byteOffset + this.fill - this.head;
    this.#compact((source.byteOffset - address) & (WORD - 1));
    this.#room(this.fill + source.length);
    this.bytes.set(source, this.fill);
    this.fill += source.length;
  }

  /** False while too few bytes are there to know. The first record counts as starting at the mark, whatever the range's end. */
  #skipBom(last: boolean): boolean {
    const { bytes, head } = this;
    const length = this.fill - head;
    const mark = [0xef, 0xbb, 0xbf];
    const same = mark.every((byte, i) => i >= length || bytes[head + i] === byte);
    if (same && length < 3 && !last) return false;
    this.#bomDue = false;
    if (!same || length < 3) return true;
    this.head += 3;
    this.#end = Math.max(this.#end, this.#base + this.head + 1);
    return true;
  }

  /** After a push: an unfinished record that grew long is only searched for its end from here on. */
  #watchCarry(): void {
    const carry = this.fill - this.head;
    if (carry <= Math.min(LONG_CARRY_BYTES, this.lineBytesMax + 1)) return;
    this.resetScan();
    this.#long = { scanned: 0, dropping: false, offset: 0, bytes: 0, kept: [], keptBytes: 0 };
    this.#search(this.#long);
  }

  /** The end of the long record, or -1; throws its bytes away where they are too many. */
  #search(long: LongRecord): number {
    const end = this.scan(this.head + long.scanned);
    const until = end < 0 ? this.fill : end;
    long.scanned = until - this.head;
    // One byte more than the limit may still be the carriage return of a record that fits.
    if (!long.dropping && (end >= 0 || long.scanned <= this.lineBytesMax + 1)) return end;
    if (!long.dropping) long.offset = this.#base + this.head;
    long.dropping = true;
    const keep = Math.min(long.scanned, RAW_BYTES_MAX + 1 - long.keptBytes);
    if (keep > 0) long.kept.push(this.bytes.slice(this.head, this.head + keep));
    long.keptBytes += Math.max(keep, 0);
    long.bytes += long.scanned;
    long.scanned = 0;
    this.head = until;
    return end;
  }

  /** True when the long record has ended and parsing may go on. */
  #continueLong(last: boolean): boolean {
    const long = this.#long!;
    const end = this.#search(long);
    if (end < 0 && !last) return false;
    this.#long = undefined;
    if (!long.dropping) return true;
    const start = this.line;
    this.line += this.scannedLines() + 1;
    this.head = end < 0 ? this.fill : end + 1;
    this.#rejectDropped(long, start, end >= 0);
    this.headerDue = false;
    return true;
  }

  #rejectDropped(long: LongRecord, line: number, terminated: boolean): void {
    const all = Buffer.concat(long.kept);
    const complete = long.bytes === all.length;
    const length = complete && terminated && all[all.length - 1] === CR ? all.length - 1 : all.length;
    const raw = new Uint8Array(all.subarray(0, Math.min(length, RAW_BYTES_MAX)));
    this.rejected.push({
      reason: "line-too-long",
      message: longMessage(this.lineBytesMax),
      offset: long.offset,
      line,
      raw,
    });
  }

  #copyRepeated(): void {
    const { ranges, stride, rows } = this;
    for (let i = 0; i < this.#copies.length; i += 2) {
      const from = this.#copies[i];
      const to = this.#copies[i + 1];
      for (let row = 0; row < rows; row++) {
        ranges[row * stride + to] = ranges[row * stride + from];
        ranges[row * stride + to + 1] = ranges[row * stride + from + 1];
      }
    }
  }

  #batch(): Batch {
    return {
      rows: this.rows,
      columns: this.stride / 2,
      bytes: this.bytes,
      ranges: this.ranges,
      base: this.#base,
      starts: this.starts,
      ends: this.ends,
      lines: this.rowLines,
      rejected: this.rejected,
      ascii: this.ascii,
    };
  }
}

function longMessage(max: number): string {
  return `the record is longer than the limit of ${max} bytes`;
}
