/** The base of the formats whose records are lines: finds line ends, leaves the content of one line to the format. */
import type { ParserOptions } from "../../input/batch.ts";
import { BufferedParser } from "./buffer.ts";

const LF = 10;
const CR = 13;

export abstract class LineParser extends BufferedParser {
  constructor(options: ParserOptions) {
    super(options, LF, false);
  }

  /**
   * Fills the ranges of `rows` (they start at null) from the line bytes[start..end], or rejects it.
   * bytes[end] is a line end. Returns whether the line is a row.
   */
  protected abstract parseLine(start: number, end: number, line: number): boolean;

  protected override parse(last: boolean): void {
    const { fill, stride, lineBytesMax } = this;
    const stop = this.stopIndex();
    const nul = this.view.subarray(this.head, fill).includes(0);
    let start = this.head;
    for (;;) {
      if (start >= stop) {
        this.markDone();
        break;
      }
      // The sentinel bounds the search.
      const newline = this.view.indexOf(LF, start);
      if (newline === fill && (!last || start === fill)) break;
      const end = newline > start && newline < fill && this.bytes[newline - 1] === CR ? newline - 1 : newline;
      if (this.rows === this.capacity) this.grow();
      this.ranges.fill(-1, this.rows * stride, (this.rows + 1) * stride);
      if (end - start > lineBytesMax) this.rejectLong(start, end, this.line);
      else if (nul && this.view.subarray(start, end).includes(0)) {
        this.reject("nul-byte", "the line contains a NUL byte", start, end, this.line);
      } else if (this.parseLine(start, end, this.line)) this.#addRow(start, end);
      this.line++;
      start = newline < fill ? newline + 1 : fill;
    }
    this.head = start;
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
