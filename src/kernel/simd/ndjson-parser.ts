/**
 * NDJSON with the hot half in WebAssembly (assembly/ndjson.ts): records are found and made rows of there, many at a time.
 * Whatever it does not take, one record at a time, is read by the scalar parser that this one extends: what a row is,
 * and why a record is refused, is said there only. Both halves work on the same buffer and the same arrays.
 */
import { isAscii } from "node:buffer";
import type { ParserOptions } from "../../input/batch.ts";
import { type Level, NdjsonParser } from "../scalar/ndjson.ts";
import { parserMemory } from "./buffers.ts";
import type { KernelInstance } from "./instance.ts";

interface NdjsonExports {
  /** A parser's state; its address. */
  ndjsonOpen(): number;
  /** Adds a wanted key to a level. Returns the level of its objects, or 0. */
  ndjsonKey(level: number, name: number, length: number, slot: number, hasChild: boolean): number;
  ndjsonSlots(level: number, slots: number, count: number): void;
  /** Reads records from `head` on; says what it stopped at. */
  ndjsonParse(state: number): number;
}

// What the kernel stops at.
const END = 0;
const STOP = 1;
const GROW = 2;

// Words of the parser's state, in the order of assembly/ndjson.ts.
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
const SCRATCH = 13;
const SCRATCH_END = 14;
const RESTART = 15;
const HIGH = 16;
const ROOT = 17;

/** Room for decoded content that a batch begins with; where that is too little, the scalar parser makes more. */
const SCRATCH_BYTES = 65536;

export class SimdNdjsonParser extends NdjsonParser {
  readonly #instance: KernelInstance;
  readonly #exports: NdjsonExports;
  /** Address of the state, in words. */
  readonly #state: number;
  /** The kernel compares names as bytes: one with U+FFFD also stands for invalid ones, one with half a surrogate has none. */
  readonly #hasPlainNames: boolean;

  constructor(instance: KernelInstance, options: ParserOptions) {
    super(options, parserMemory(instance));
    this.#instance = instance;
    this.#exports = instance.functions<NdjsonExports>();
    this.#state = this.#exports.ndjsonOpen() >>> 2;
    const names = options.wanted.map((column) => options.schema.columns[column].name);
    this.#hasPlainNames = names.every((name) => name.isWellFormed() && !name.includes("\ufffd"));
    this.#describe(this.root, instance.words[this.#state + ROOT] >>> 0);
    const { words } = instance;
    words[this.#state + STRIDE] = this.stride * 4;
    words[this.#state + BYTES_MAX] = Math.min(this.lineBytesMax, 0x7fffffff);
  }

  protected override parse(last: boolean): void {
    if (!this.#hasPlainNames) return super.parse(last);
    const decoded = this.#makeScratch();
    const { words } = this.#instance;
    words[this.#state + RESTART] = 1;
    words[this.#state + HIGH] = 0;
    for (;;) {
      const status = this.#run();
      if (status === GROW) this.grow();
      else if (status === STOP) {
        this.markDone();
        break;
      } else if ((status === END && !last) || !this.parseOne(last, true)) break;
    }
    this.ascii = this.#instance.words[this.#state + HIGH] === 0 && isAscii(this.bytes.subarray(decoded, this.scratch));
  }

  /** One call of the kernel: what the parser knows goes in, and comes back. Returns what it stopped at. */
  #run(): number {
    const { words } = this.#instance;
    const state = this.#state;
    words[state + BYTES] = this.bytes.byteOffset;
    words[state + FILL] = this.fill;
    words[state + HEAD] = this.head;
    // Negative where a long record that was dropped reaches beyond the range.
    words[state + STOP_AT] = Math.max(0, this.stopIndex());
    words[state + LINE] = this.line;
    words[state + ROWS] = this.rows;
    words[state + CAPACITY] = this.capacity;
    words[state + RANGES] = this.ranges.byteOffset;
    words[state + STARTS] = this.starts.byteOffset;
    words[state + ENDS] = this.ends.byteOffset;
    words[state + LINES] = this.rowLines.byteOffset;
    words[state + SCRATCH] = this.scratch;
    words[state + SCRATCH_END] = this.bytes.length;
    const status = this.#exports.ndjsonParse(state * 4);
    // What the kernel learns may make memory grow.
    const after = this.#instance.words;
    this.head = after[state + HEAD];
    this.line = after[state + LINE];
    this.rows = after[state + ROWS];
    this.scratch = after[state + SCRATCH];
    return status;
  }

  /** Makes room for decoded content; returns where it begins. */
  #makeScratch(): number {
    this.scratch = this.reserveScratch(SCRATCH_BYTES);
    return this.scratch;
  }

  /** Tells the kernel what is wanted at a level and below. */
  #describe(level: Level, address: number): void {
    const instance = this.#instance;
    const slots = instance.alloc(Math.max(4, level.slots.length * 4));
    instance.words.set(
      level.slots.map((slot) => slot * 4),
      slots >>> 2,
    );
    this.#exports.ndjsonSlots(address, slots, level.slots.length);
    for (const [name, { slot, child }] of level.keys) {
      const text = Buffer.from(name);
      const at = instance.alloc(Math.max(1, text.length));
      instance.bytes.set(text, at);
      const hasChild = child !== undefined;
      const below = this.#exports.ndjsonKey(address, at, text.length, slot < 0 ? -1 : slot * 4, hasChild) >>> 0;
      if (child !== undefined) this.#describe(child, below);
    }
  }
}
