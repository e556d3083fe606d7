/**
 * CSV with the hot half in WebAssembly (assembly/csv.ts): regular records are found and made rows of there, many at a
 * time. Whatever is not regular, one record at a time, is read by the scalar parser that this one extends: what a row
 * is, and why one is refused, is said there only. Both halves work on the same buffer and the same arrays.
 */
import { isAscii } from "node:buffer";
import type { CsvFormat, ParserOptions } from "../../input/batch.ts";
import { CsvParser } from "../scalar/csv.ts";
import { parserMemory } from "./buffers.ts";
import type { KernelInstance } from "./instance.ts";
import { Stretch } from "./stretch.ts";

interface CsvExports {
  /** A parser's state; its address. */
  csvOpen(): number;
  /** Reads records from `head` on; says what it stopped at. */
  csvParse(state: number): number;
}

// What the kernel stops at.
const END = 0;
const STOP = 1;
const GROW = 2;
const SCRATCH = 3;

// Words of the index's state that both sides know, in the order of assembly/structure.ts.
const BYTES = 0;
const FILL = 1;
const DELIMITER = 2;
const QUOTE = 3;
const FILLER = 4;
const HIGH = 5;

// Words of the parser's state, in the order of assembly/csv.ts. The first one is the index's address.
const HEAD = 1;
const STOP_AT = 2;
const LINE = 3;
const ROWS = 4;
const CAPACITY = 5;
const RANGES = 6;
const STARTS = 7;
const ENDS = 8;
const LINES = 9;
const STRIDE = 10;
const FIELDS = 11;
const BYTES_MAX = 12;
const PROGRAM = 13;
const COLUMNS = 14;
const SCRATCH_AT = 15;
const SCRATCH_END = 16;
const RESTART = 17;

/** Least room for decoded content that is asked for at a time. */
const SCRATCH_BYTES = 65536;

export class SimdCsvParser extends CsvParser {
  readonly #instance: KernelInstance;
  readonly #exports: CsvExports;
  /** Addresses of the states, in words. */
  readonly #state: number;
  readonly #index: number;
  readonly #stretch: Stretch = new Stretch();

  constructor(instance: KernelInstance, options: ParserOptions, format: CsvFormat) {
    super(options, format, parserMemory(instance));
    this.#instance = instance;
    this.#exports = instance.functions<CsvExports>();
    this.#state = this.#exports.csvOpen() >>> 2;
    const { words } = instance;
    this.#index = words[this.#state] >>> 2;
    words[this.#index + DELIMITER] = format.delimiter.charCodeAt(0);
    words[this.#index + QUOTE] = format.quote === "" ? 0 : format.quote.charCodeAt(0);
    words[this.#index + FILLER] = fillerByte(format);
    words[this.#state + STRIDE] = this.stride * 4;
    words[this.#state + BYTES_MAX] = Math.min(this.lineBytesMax, 0x7fffffff);
    this.#writeProgram(options.wanted);
  }

  protected override parse(last: boolean): void {
    while (this.headerDue || this.fields === 0) {
      if (!this.headerDue && this.head >= this.stopIndex()) return this.markDone();
      if (!this.parseOne(last)) return;
    }
    this.#instance.words[this.#state + RESTART] = 1;
    this.#instance.words[this.#index + HIGH] = 0;
    this.ascii = true;
    this.#stretch.begin();
    for (;;) {
      const status = this.#run();
      if (status === STOP) return this.markDone();
      if (status === GROW) this.grow();
      else if (status === SCRATCH) this.#makeScratch();
      else if ((status === END && !last) || !this.#readSome(last)) return;
    }
  }

  /** One call of the kernel: what the parser knows goes in, and comes back. Returns what it stopped at. */
  #run(): number {
    const { words } = this.#instance;
    const state = this.#state;
    const index = this.#index;
    words[index + BYTES] = this.bytes.byteOffset;
    words[index + FILL] = this.fill;
    words[state + HEAD] = this.head;
    // Negative where empty lines in front of the header went beyond the range.
    words[state + STOP_AT] = Math.max(0, this.stopIndex());
    words[state + LINE] = this.line;
    words[state + ROWS] = this.rows;
    words[state + CAPACITY] = this.capacity;
    words[state + RANGES] = this.ranges.byteOffset;
    words[state + STARTS] = this.starts.byteOffset;
    words[state + ENDS] = this.ends.byteOffset;
    words[state + LINES] = this.rowLines.byteOffset;
    words[state + FIELDS] = this.fields;
    words[state + SCRATCH_AT] = this.scratch;
    words[state + SCRATCH_END] = this.bytes.length;
    const status = this.#exports.csvParse(state * 4);
    this.head = words[state + HEAD];
    this.line = words[state + LINE];
    this.rows = words[state + ROWS];
    this.scratch = words[state + SCRATCH_AT];
    if (words[index + HIGH] !== 0) this.ascii = false;
    return status;
  }

  /** A record that the kernel does not take, and some behind it where such records are many. False: one is not finished. */
  #readSome(last: boolean): boolean {
    const { head } = this;
    const stop = this.stopIndex();
    const count = this.#stretch.next(this.rows);
    let isWhole = true;
    for (let i = 0; i < count && this.head < stop && isWhole; i++) isWhole = this.parseOne(last);
    // The index may have ended before them.
    this.ascii &&= isAscii(this.bytes.subarray(head, this.head));
    this.#stretch.end(this.rows);
    return isWhole;
  }

  #makeScratch(): void {
    this.scratch = this.reserveScratch(Math.max(SCRATCH_BYTES, this.fill - this.head + 64));
  }

  /** Pairs of words: a field's number, and the place of its range in a row's, in bytes. */
  #writeProgram(wanted: number[]): void {
    const places = new Map<number, number>();
    // Of a column that is wanted several times the first place counts.
    for (const [place, column] of wanted.entries()) if (!places.has(column)) places.set(column, place);
    const columns = [...places].toSorted((a, b) => a[0] - b[0]);
    const at = this.#instance.alloc(Math.max(8, columns.length * 8));
    const { words } = this.#instance;
    columns.forEach(([column, place], i) => {
      words[(at >>> 2) + i * 2] = column;
      words[(at >>> 2) + i * 2 + 1] = place * 8;
    });
    words[this.#state + PROGRAM] = at;
    words[this.#state + COLUMNS] = columns.length;
  }
}

/** A byte that means nothing in the format. */
function fillerByte({ delimiter, quote }: CsvFormat): number {
  return [..."xyz"].find((byte) => byte !== delimiter && byte !== quote)!.charCodeAt(0);
}
