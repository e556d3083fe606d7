/** The beginning of an input, as the sniffer wants it: some bytes, and where lines are long at least two of them. */
import { SNIFF_BYTES_MAX } from "../base/limits.ts";
import { NEWLINE } from "./quotes.ts";

export interface Sample {
  bytes: Uint8Array;
  /** The input has no more. */
  isWhole: boolean;
}

/** A header and one row: the least that says anything about types. */
export const SAMPLE_LINES = 2;

/** Collects chunks until there are enough bytes and line ends, or SNIFF_BYTES_MAX bytes. */
export class Sampler {
  readonly held: Uint8Array[] = [];
  readonly #bytes: number;
  readonly #lines: number;
  #size = 0;
  #found = 0;
  /** Offset behind the last line end that is needed. */
  #end = 0;

  constructor(bytes: number, lines: number) {
    this.#bytes = bytes;
    this.#lines = lines;
  }

  add(chunk: Uint8Array): void {
    this.held.push(chunk);
    for (let at = 0; this.#found < this.#lines; this.#found++) {
      const newline = chunk.indexOf(NEWLINE, at);
      if (newline < 0) break;
      at = newline + 1;
      this.#end = this.#size + at;
    }
    this.#size += chunk.length;
  }

  get hasLines(): boolean {
    return this.#found >= this.#lines || this.#size >= SNIFF_BYTES_MAX;
  }

  get isEnough(): boolean {
    return this.#size >= this.#bytes && this.hasLines;
  }

  /** A copy of what was collected. `ended`: the input has no more than that. */
  sample(ended: boolean): Sample {
    const hasLines = this.#found >= this.#lines;
    const length = Math.min(this.#size, Math.max(this.#bytes, hasLines ? this.#end : this.#size));
    const bytes = new Uint8Array(Buffer.concat(this.held).subarray(0, length));
    return { bytes, isWhole: ended && length === this.#size };
  }
}
