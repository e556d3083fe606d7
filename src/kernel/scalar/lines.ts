/** The base of the formats whose records are lines: finds line ends, leaves the content of one line to the format. */
import type { ParserOptions } from "../../input/batch.ts";
import { BufferedParser, type ParserMemory } from "./buffer.ts";

const LF = 10;
const CR = 13;

export abstract class LineParser extends BufferedParser {
  constructor(options: ParserOptions, memory?: ParserMemory) {
    super(options, LF, false, memory);
  }

  /**
   * Fills the ranges of `rows` (they start at null) from the line bytes[start..end], or rejects it.
   * bytes[end] is a line end. Returns whether the line is a row.
   */
  protected abstract parseLine(start: number, end: number, line: number): boolean;

  protected override parse(last: boolean): void {
    const stop = this.stopIndex();
    const hasNul = this.view.subarray(this.head, this.fill).includes(0);
    while (this.head < stop) if (!this.parseOne(last, hasNul)) return;
    this.markDone();
  }

  /** Reads the line at `head`. False: it is not finished, and `head` stays where it is. `mayHaveNul`: it is to be searched for one. */
  protected parseOne(last: boolean, mayHaveNul: boolean): boolean {
    const { fill, stride, head } = this;
    // The sentinel bounds the search.
    const newline = this.view.indexOf(LF, head);
    if (newline === fill && (!last || head === fill)) return false;
    const end = newline > head && newline < fill && this.bytes[newline - 1] === CR ? newline - 1 : newline;
    if (this.rows === this.capacity) this.grow();
    this.ranges.fill(-1, this.rows * stride, (this.rows + 1) * stride);
    if (end - head > this.lineBytesMax) this.rejectLong(head, end, this.line);
    else if (mayHaveNul && this.view.subarray(head, end).includes(0)) {
      this.reject("nul-byte", "the line contains a NUL byte", head, end, this.line);
    } else if (this.parseLine(head, end, this.line)) this.#addRow(head, end);
    this.line++;
    this.head = newline < fill ? newline + 1 : fill;
    return true;
  }

  protected override resetScan(): void {}

  protected override scan(from: number): number {
    const newline = this.view.indexOf(LF, from);
    return newline < this.fill ? newline : -1;
  }

  #addRow(start: number, end: number): void {
    this.starts[this.rows] = start;
    this.ends[this.rows] = end;
    this.rowLines[this.rows] = this.line;
    this.rows++;
  }
}

/** Nothing but spaces, tabs and carriage returns. */
export function isBlank(bytes: Uint8Array, start: number, end: number): boolean {
  for (let p = start; p < end; p++) {
    const byte = bytes[p];
    if (byte !== 32 && byte !== 9 && byte !== CR) return false;
  }
  return true;
}
