/**
 * CSV as in RFC 4180, with any one-byte delimiter and quote. One pass over the bytes, one loop for the whole buffer.
 *
 * Empty fields, quoted or not, are null (as in DuckDB's reader). A quote inside an unquoted field is content, and so is
 * a carriage return that no newline follows. Empty lines are skipped, but in sources of one column, where they are a null.
 */
import { UsageError } from "../../base/errors.ts";
import type { CsvFormat, ParserOptions } from "../../input/batch.ts";
import { BufferedParser } from "./buffer.ts";

const LF = 10;
const CR = 13;
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
  #fields: number;
  #state: number = FIELD_START;
  #newlines = 0;

  constructor(options: ParserOptions, format: CsvFormat) {
    const quote = format.quote === "" ? NO_QUOTE : oneByte("quote", format.quote);
    super(options, quote === NO_QUOTE ? LF : quote, format.header);
    this.#delimiter = oneByte("delimiter", format.delimiter);
    this.#quote = quote;
    if (quote === this.#delimiter) {
      throw new UsageError("ERR_CSV_FORMAT", "delimiter and quote are the same byte", { hint: "Choose another one." });
    }
    this.#slots = new Int32Array(Math.max(0, ...options.wanted.map((column) => column + 1))).fill(-1);
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

  /**
   * The hot loop, long on purpose: everything it touches is a local, and one comparison passes over most bytes, for
   * delimiter, newline, quote and NUL all lie at or under `limit`. The sentinels behind the buffer stop it.
   */
  protected override parse(last: boolean): void {
    const delimiter = this.#delimiter;
    const quote = this.#quote;
    const limit = Math.max(delimiter, quote, LF);
    const slots = this.#slots;
    const slotCount = slots.length;
    const stride = this.stride;
    const fill = this.fill;
    const stop = this.stopIndex();
    const max = this.lineBytesMax;
    let { bytes, ranges, starts, ends, rowLines, capacity, rows, line } = this;
    let fields = this.#fields;
    let start = this.head;
    for (;;) {
      // The header line belongs to the first split, however many empty lines come before it.
      if (start >= stop && !this.headerDue) {
        this.markDone();
        break;
      }
      if (rows === capacity) {
        this.grow();
        ({ ranges, starts, ends, rowLines, capacity } = this);
      }
      const row = rows * stride;
      let p = start;
      let fieldStart = start;
      let field = 0;
      let problem = 0;
      let newlines = 0;
      let stored = false;
      for (;;) {
        let byte = bytes[p];
        while (byte > limit) byte = bytes[++p];
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
          break;
        } else if (byte === quote && p === fieldStart) {
          let doubled = 0;
          let q = p + 1;
          for (;;) {
            let inner = bytes[q];
            while (inner > limit) inner = bytes[++q];
            if (inner === quote) {
              if (bytes[q + 1] !== quote || q >= fill) break;
              doubled++;
              q += 2;
            } else {
              if (inner === LF) newlines++;
              else if (inner === 0) problem |= NUL_BYTE;
              q++;
            }
          }
          if (q > fill) {
            // The newline that was counted last is the sentinel.
            newlines--;
            problem |= UNTERMINATED;
            p = fill;
            break;
          }
          const next = bytes[q + 1];
          const ended = next === LF || (next === CR && bytes[q + 2] === LF && q + 2 < fill);
          if (next !== delimiter && !ended) {
            // The row goes on to its line end; the field is lost, and the row with it.
            if (q + 1 < fill) problem |= TEXT_AFTER_QUOTE;
            p = q + 1;
            continue;
          }
          if (field < slotCount && slots[field] >= 0) {
            const slot = row + slots[field];
            if (doubled === 0) {
              ranges[slot] = p + 1;
              ranges[slot + 1] = q > p + 1 ? q : -1;
            } else {
              const length = q - p - 1 - doubled;
              ranges[slot] = this.#unquote(p + 1, q, length);
              ranges[slot + 1] = ranges[slot] + length;
              bytes = this.bytes;
            }
          }
          if (ended) {
            stored = true;
            p = next === LF ? q + 1 : q + 2;
            break;
          }
          field++;
          p = q + 2;
          fieldStart = p;
        } else {
          if (byte === 0) problem |= NUL_BYTE;
          p++;
        }
      }
      if (p === fill && (!last || start === fill)) break;
      const end = p > start && p < fill && bytes[p - 1] === CR ? p - 1 : p;
      const next = p < fill ? p + 1 : fill;
      if (end === start && fields !== 1) {
        line++;
        start = next;
        continue;
      }
      if (!stored && field < slotCount && slots[field] >= 0) {
        ranges[row + slots[field]] = fieldStart;
        ranges[row + slots[field] + 1] = end > fieldStart ? end : -1;
      }
      const count = field + 1;
      if (fields === 0 && problem === 0 && end - start <= max) fields = count;
      const isHeader = this.headerDue && end - start <= max && (problem & UNTERMINATED) === 0;
      this.headerDue = false;
      if (isHeader) {
        // Skipped: the schema names the columns.
      } else if (problem !== 0 || count !== fields || end - start > max) {
        this.#refuse(problem, count, fields, start, end, line);
      } else {
        if (count < slotCount) this.#nullFrom(count, row);
        starts[rows] = start;
        ends[rows] = end;
        rowLines[rows] = line;
        rows++;
      }
      line += 1 + newlines;
      start = next;
    }
    this.head = start;
    this.line = line;
    this.rows = rows;
    this.#fields = fields;
  }

  protected override resetScan(): void {
    this.#state = FIELD_START;
    this.#newlines = 0;
  }

  protected override scannedLines(): number {
    return this.#newlines;
  }

  protected override scan(from: number): number {
    const { bytes, fill } = this;
    const delimiter = this.#delimiter;
    const quote = this.#quote;
    let state = this.#state;
    for (let p = from; p < fill; p++) {
      const byte = bytes[p];
      if (state === QUOTED) {
        if (byte === quote) state = QUOTE_IN_QUOTED;
        else if (byte === LF) this.#newlines++;
      } else if (byte === LF) {
        this.#state = state;
        return p;
      } else if (byte === delimiter) {
        state = FIELD_START;
      } else if (byte === quote && state !== UNQUOTED) {
        state = QUOTED;
      } else {
        state = UNQUOTED;
      }
    }
    this.#state = state;
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
