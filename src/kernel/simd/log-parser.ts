/**
 * Access logs with the hot half in WebAssembly (assembly/log.ts): lines that have the format and no escapes. Any other
 * line is read by the scalar parser that this one extends. Both work on the same buffer and the same arrays.
 */
import { isAscii } from "node:buffer";
import type { ParserOptions } from "../../input/batch.ts";
import { LogParser, type LogPart } from "../scalar/log.ts";
import { parserMemory } from "./buffers.ts";
import type { KernelInstance } from "./instance.ts";
import { Stretch } from "./stretch.ts";

interface LogExports {
  /** Reads lines from `head` on; says what it stopped at. */
  logParse(state: number): number;
}

// What the kernel stops at.
const END = 0;
const STOP = 1;
const GROW = 2;

// Words of the state, in the order of assembly/log.ts.
const BYTES = 0;
const FILL = 1;
const HEAD = 2;
const STOP_AT = 3;
const LINE = 4;
const ROWS = 5;
const CAPACITY = 6;
const RANGES = 7;
const STARTS = 8;
const ENDS = 9;
const LINES = 10;
const STRIDE = 11;
const BYTES_MAX = 12;
const PROGRAM = 13;
const HIGH = 14;
const STATE_WORDS = 16;

const ESCAPES = 1;
const BRACKETED = 2;
const REQUEST = 4;
const PART_WORDS = 8;

const BACKSLASH = 92;

export class SimdLogParser extends LogParser {
  readonly #instance: KernelInstance;
  readonly #exports: LogExports;
  /** The state's address, in words. */
  readonly #state: number;
  /** The kernel knows this format. */
  readonly #isPlain: boolean;
  readonly #stretch: Stretch = new Stretch();

  constructor(instance: KernelInstance, options: ParserOptions, logFormat: string) {
    super(options, logFormat, parserMemory(instance));
    this.#instance = instance;
    this.#exports = instance.functions<LogExports>();
    this.#isPlain = this.parts.every((part) => !part.isList && !(part.escapes && part.behind[0] === BACKSLASH));
    this.#state = instance.alloc(STATE_WORDS * 4) >>> 2;
    const program = this.#writeProgram();
    const { words } = instance;
    words.fill(0, this.#state, this.#state + STATE_WORDS);
    words[this.#state + STRIDE] = this.stride * 4;
    words[this.#state + BYTES_MAX] = Math.min(this.lineBytesMax, 0x7fffffff);
    words[this.#state + PROGRAM] = program;
  }

  protected override parse(last: boolean): void {
    this.ascii = false;
    if (!this.#isPlain) return super.parse(last);
    this.ascii = true;
    this.#stretch.begin();
    this.#instance.words[this.#state + HIGH] = 0;
    for (;;) {
      const status = this.#run();
      if (status === STOP) return this.markDone();
      if (status === GROW) this.grow();
      else if ((status === END && !last) || !this.#readSome(last)) return;
    }
  }

  /** One call of the kernel: what the parser knows goes in, and comes back. Returns what it stopped at. */
  #run(): number {
    const { words } = this.#instance;
    const state = this.#state;
    words[state + BYTES] = this.bytes.byteOffset;
    words[state + FILL] = this.fill;
    words[state + HEAD] = this.head;
    words[state + STOP_AT] = Math.max(0, this.stopIndex());
    words[state + LINE] = this.line;
    words[state + ROWS] = this.rows;
    words[state + CAPACITY] = this.capacity;
    words[state + RANGES] = this.ranges.byteOffset;
    words[state + STARTS] = this.starts.byteOffset;
    words[state + ENDS] = this.ends.byteOffset;
    words[state + LINES] = this.rowLines.byteOffset;
    const status = this.#exports.logParse(state * 4);
    this.head = words[state + HEAD];
    this.line = words[state + LINE];
    this.rows = words[state + ROWS];
    if (words[state + HIGH] !== 0) this.ascii = false;
    return status;
  }

  /** A line that the kernel does not take, and some behind it where such lines are many. False: one is not finished. */
  #readSome(last: boolean): boolean {
    const { head, scratch } = this;
    const stop = this.stopIndex();
    const count = this.#stretch.next(this.rows);
    let isWhole = true;
    for (let i = 0; i < count && this.head < stop && isWhole; i++) isWhole = this.parseOne(last, true);
    // An escape may stand for any byte.
    this.ascii &&= isAscii(this.bytes.subarray(head, this.head)) && isAscii(this.bytes.subarray(scratch, this.scratch));
    this.#stretch.end(this.rows);
    return isWhole;
  }

  /** The format, as assembly/log.ts reads it; its address. */
  #writeProgram(): number {
    const { parts, before } = this;
    const words = [this.#text(before), before.length, parts.length, 0, 0, 0, 0, 0];
    for (const part of parts) words.push(...this.#partWords(part));
    const at = this.#instance.alloc(words.length * 4);
    this.#instance.words.set(words, at >>> 2);
    return at;
  }

  #partWords({ behind, slots, escapes, bracketed }: LogPart): number[] {
    const places = slots.map((slot) => (slot < 0 ? -1 : slot * 4));
    const isRequest = places.length > 1;
    const flags = (escapes ? ESCAPES : 0) | (bracketed ? BRACKETED : 0) | (isRequest ? REQUEST : 0);
    const words = [this.#text(behind), behind.length, flags, ...places];
    while (words.length < PART_WORDS) words.push(-1);
    return words;
  }

  /** A copy of the text in the kernel's memory; its address. */
  #text(text: Uint8Array): number {
    const at = this.#instance.alloc(Math.max(1, text.length));
    this.#instance.bytes.set(text, at);
    return at;
  }
}
