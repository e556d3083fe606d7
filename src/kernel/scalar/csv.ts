/**
 * CSV as in RFC 4180, with any one-byte delimiter and quote. One pass over the bytes, one loop for the whole buffer.
 *
 * Empty fields, quoted or not, are null (as in DuckDB's reader). A quote inside an unquoted field is content, and so is
 * a carriage return that no newline follows. Empty lines are skipped, but in sources of one column, where they are a null.
 */
import { UsageError } from "../../base/errors.ts";
import type { CsvFormat, ParserOptions } from "../../input/batch.ts";
import { BufferedParser, type ParserMemory } from "./buffer.ts";

const LF = 10;
const CR = 13;
const EVERY_BYTE = 0x01010101;
const HIGH_BITS = 0x80808080 | 0;
/** Stands for "no quote": a byte value that never occurs. */
const NO_QUOTE = -1;

// What may be wrong with a record, as bits.
const NUL_BYTE = 1;
const TEXT_AFTER_QUOTE = 2;
const UNTERMINATED = 4;

// States of the search for a record's end.
const FIELD_START = 0;
const UNQUOTED = 1;
const QUOTED = 2;
const QUOTE_IN_QUOTED = 3;

export class CsvParser extends BufferedParser {
  readonly #delimiter: number;
  readonly #quote: number;
  /** Per field: its position in a row's ranges, or -1. */
  readonly #slots: Int32Array;
  readonly #fieldsGiven: number;
  /** Fields of each row; 0: not known so far. */
  #fields: number;
  /** No byte above it means anything. */
  readonly #limit: number;
  /** Of the record read last: its fields, what is wrong with it, the newlines inside it. */
  #count = 0;
  #problem = 0;
  #newlines = 0;
  /** Of the search for a long record's end. */
  #scanState: number = FIELD_START;
  #scanNewlines = 0;

  constructor(options: ParserOptions, format: CsvFormat, memory?: ParserMemory) {
    const quote = format.quote === "" ? NO_QUOTE : oneByte("quote", format.quote);
    super(options, quote === NO_QUOTE ? LF : quote, format.header, memory);
    this.#delimiter = oneByte("delimiter", format.delimiter);
    this.#quote = quote;
    this.#limit = Math.max(this.#delimiter, quote, LF);
    if (quote === this.#delimiter) {
      throw new UsageError("ERR_CSV_FORMAT", "delimiter and quote are the same byte", { hint: "Choose another one." });
    }
    this.#slots = new Int32Array(options.wanted.reduce((most, column) => Math.max(most, column + 1), 0)).fill(-1);
    options.wanted.forEach((column, slot) => {
      if (this.#slots[column] < 0) this.#slots[column] = slot * 2;
    });
    this.#fieldsGiven = options.schema.fields;
    this.#fields = this.#fieldsGiven;
  }

  override begin(range: { start: number; end: number; first: boolean }): void {
    super.begin(range);
    this.#fields = this.#fieldsGiven;
  }

  protected override parse(last: boolean): void {
    const stop = this.stopIndex();
    // The header line belongs to the first split, however many empty lines come before it.
    while (this.head < stop || this.headerDue) if (!this.parseOne(last)) return;
    this.markDone();
  }

  /** Reads the record at `head`. False: it is not finished, and `head` stays where it is. */
  protected parseOne(last: boolean): boolean {
    const { fill, head } = this;
    if (this.rows === this.capacity) this.grow();
    const p = this.#record(head, this.rows * this.stride);
    if (p === fill && (!last || head === fill)) return false;
    const end = p > head && p < fill && this.bytes[p - 1] === CR ? p - 1 : p;
    if (end > head || this.#fields === 1) this.#accept(head, end);
    this.line += 1 + this.#newlines;
    this.head = p < fill ? p + 1 : fill;
    return true;
  }

  /** Fields of each row; 0: not known so far. */
  protected get fields(): number {
    return this.#fields;
  }

  /**
   * The hot loop: the fields of one record. One test passes over most bytes, four at a time, for delimiter, newline, quote
   * and NUL all lie at or under `limit`, and the sentinels behind the buffer stop it: a byte below n sets its high bit in
   * (word - n…n) & ~word, and the lowest bit that is set is never wrong. Returns the index of the line end (`fill`: of
   * the sentinel); #count, #problem and #newlines say the rest.
   */
  #record(start: number, row: number): number {
    const { ranges } = this;
    const delimiter = this.#delimiter;
    const quote = this.#quote;
    const beyond = (this.#limit + 1) * EVERY_BYTE;
    const slots = this.#slots;
    const slotCount = slots.length;
    let { bytes, words } = this;
    let p = start;
    let fieldStart = start;
    let field = 0;
    this.#problem = 0;
    this.#newlines = 0;
    for (;;) {
      let word = words.getInt32(p, true);
      let low = (word - beyond) & ~word & HIGH_BITS;
      while (low === 0) {
        p += 4;
        word = words.getInt32(p, true);
        low = (word - beyond) & ~word & HIGH_BITS;
      }
      p += (31 - Math.clz32(low & -low)) >> 3;
      let byte = bytes[p];
      if (byte === delimiter) {
        if (field < slotCount) {
          const slot = slots[field];
          if (slot >= 0) {
            ranges[row + slot] = fieldStart;
            ranges[row + slot + 1] = p > fieldStart ? p : -1;
          }
        }
        field++;
        fieldStart = ++p;
      } else if (byte === LF) {
        this.#count = field + 1;
        if (field < slotCount && slots[field] >= 0) this.#storeLast(row + slots[field], fieldStart, p);
        return p;
      } else if (byte === quote && p === fieldStart) {
        p = this.#quoted(p, field < slotCount && slots[field] >= 0 ? row + slots[field] : -1);
        bytes = this.bytes;
        words = this.words;
        byte = bytes[p];
        if (byte === delimiter) {
          field++;
          fieldStart = ++p;
        } else if (byte === LF || (byte === CR && bytes[p + 1] === LF && p + 1 < this.fill)) {
          this.#count = field + 1;
          return byte === LF ? p : p + 1;
        } else {
          // The row goes on to its line end; the field is lost, and the row with it.
          this.#problem |= TEXT_AFTER_QUOTE;
        }
      } else {
        if (byte === 0) this.#problem |= NUL_BYTE;
        p++;
      }
    }
  }

  /** Stores a record's last field, without the carriage return of its line end. */
  #storeLast(slot: number, start: number, newline: number): void {
    const hasReturn = newline > start && newline < this.fill && this.bytes[newline - 1] === CR;
    const end = hasReturn ? newline - 1 : newline;
    this.ranges[slot] = start;
    this.ranges[slot + 1] = end > start ? end : -1;
  }

  /** The quoted field at p, stored at `slot` (-1: not). Returns the index behind its closing quote, or `fill` where there is none. */
  #quoted(p: number, slot: number): number {
    const { bytes, fill, ranges } = this;
    const quote = this.#quote;
    const limit = this.#limit;
    let doubled = 0;
    let newlines = 0;
    let q = p + 1;
    for (;;) {
      let byte = bytes[q];
      while (byte > limit) byte = bytes[++q];
      if (byte === quote) {
        if (bytes[q + 1] !== quote || q >= fill) break;
        doubled++;
        q += 2;
      } else {
        if (byte === LF) newlines++;
        else if (byte === 0) this.#problem |= NUL_BYTE;
        q++;
      }
    }
    this.#newlines += newlines;
    if (q > fill) {
      // The newline that was counted last is the sentinel.
      this.#newlines--;
      this.#problem |= UNTERMINATED;
      return fill;
    }
    if (slot >= 0) {
      const length = q - p - 1 - doubled;
      const at = doubled === 0 ? p + 1 : this.#unquote(p + 1, q, length);
      ranges[slot] = at;
      ranges[slot + 1] = length > 0 ? at + length : -1;
    }
    return q + 1;
  }

  /** Takes the record that was just read: as the header, as a row, or as a rejected one. */
  #accept(start: number, end: number): void {
    const count = this.#count;
    const isLong = end - start > this.lineBytesMax;
    if (this.#fields === 0 && this.#problem === 0 && !isLong) this.#fields = count;
    const isHeader = this.headerDue && !isLong && (this.#problem & UNTERMINATED) === 0;
    this.headerDue = false;
    // The header is only passed over: the schema names the columns.
    if (isHeader) return;
    if (this.#problem !== 0 || count !== this.#fields || isLong) {
      this.#refuse(this.#problem, count, this.#fields, start, end, this.line);
      return;
    }
    const { rows } = this;
    if (count < this.#slots.length) this.#nullFrom(count, rows * this.stride);
    this.starts[rows] = start;
    this.ends[rows] = end;
    this.rowLines[rows] = this.line;
    this.rows = rows + 1;
  }

  protected override resetScan(): void {
    this.#scanState = FIELD_START;
    this.#scanNewlines = 0;
  }

  protected override scannedLines(): number {
    return this.#scanNewlines;
  }

  protected override scan(from: number): number {
    const { bytes, fill } = this;
    const delimiter = this.#delimiter;
    const quote = this.#quote;
    let state = this.#scanState;
    for (let p = from; p < fill; p++) {
      const byte = bytes[p];
      if (state === QUOTED) {
        if (byte === quote) state = QUOTE_IN_QUOTED;
        else if (byte === LF) this.#scanNewlines++;
      } else if (byte === LF) {
        this.#scanState = state;
        return p;
      } else if (byte === delimiter) {
        state = FIELD_START;
      } else if (byte === quote && state !== UNQUOTED) {
        state = QUOTED;
      } else {
        state = UNQUOTED;
      }
    }
    this.#scanState = state;
    return -1;
  }

  /** Copies a quoted field's content to scratch, doubled quotes made single. Returns where it starts. */
  #unquote(from: number, to: number, length: number): number {
    const at = this.reserveScratch(length);
    const { bytes } = this;
    const quote = this.#quote;
    let out = at;
    for (let p = from; p < to; p++) {
      const byte = bytes[p];
      bytes[out++] = byte;
      if (byte === quote) p++;
    }
    return at;
  }

  /** Columns that the source turned out not to have. */
  #nullFrom(count: number, row: number): void {
    for (let field = count; field < this.#slots.length; field++) {
      if (this.#slots[field] < 0) continue;
      this.ranges[row + this.#slots[field]] = 0;
      this.ranges[row + this.#slots[field] + 1] = -1;
    }
  }

  #refuse(problem: number, count: number, fields: number, start: number, end: number, line: number): void {
    if (end - start > this.lineBytesMax) {
      this.rejectLong(start, end, line);
    } else if (problem & NUL_BYTE) {
      this.reject("nul-byte", "the row contains a NUL byte", start, end, line);
    } else if (problem & UNTERMINATED) {
      this.reject("unterminated-quote", "a quoted field is not closed before the end of the source", start, end, line);
    } else if (problem & TEXT_AFTER_QUOTE) {
      this.reject("text-after-quote", "text follows the closing quote of a field", start, end, line);
    } else {
      const reason = count < fields ? "too-few-fields" : "too-many-fields";
      this.reject(reason, `${count} field${count === 1 ? "" : "s"} instead of ${fields}`, start, end, line);
    }
  }
}

function oneByte(what: string, text: string): number {
  const code = text.length === 1 ? text.charCodeAt(0) : 256;
  if (code < 128 && code !== LF && code !== CR && code !== 0) return code;
  throw new UsageError("ERR_CSV_FORMAT", `the ${what} must be one byte, got ${JSON.stringify(text)}`, {
    hint: `Give one ASCII character other than a line end${what === "quote" ? ', or "" for no quoting' : ""}.`,
  });
}
