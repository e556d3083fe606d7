/**
 * Cuts a stream (stdin, a pipe) into blocks that end at record ends, so that workers can take them as splits.
 * Quotes are tracked from the first byte on, so these cuts are exact. Not for: reading or decompressing (codec.ts).
 */

import { LINE_BYTES_MAX, STREAM_BLOCK_BYTES } from "../base/limits.ts";
import { PAUSE, withPauses } from "./pause.ts";
import {
  type Dialect,
  FIELD_START,
  NEWLINE,
  QUOTE_SEEN,
  QUOTED,
  type QuoteState,
  scanQuotesFast,
  UNQUOTED,
} from "./quotes.ts";

/** Whole records of a stream, in memory of their own: `bytes.buffer` can be transferred. */
export interface Block {
  bytes: Uint8Array;
  /** Offset of its first byte in the (decompressed) stream. */
  start: number;
  /** The block begins the stream. */
  first: boolean;
  /** Newlines before the block: its first line is number `lines` + 1. */
  lines: number;
}

export interface CutOptions extends Dialect {
  /** A block is cut at the last record end once it holds this many bytes. Default STREAM_BLOCK_BYTES. */
  blockBytes?: number;
  /** Default LINE_BYTES_MAX. */
  lineBytesMax?: number;
  /** When nothing more comes for so many milliseconds, the whole records that are there are a block. Default: they wait. */
  pauseMs?: number;
}

/**
 * Blocks of about `blockBytes`, larger where one record is longer; the last may end without a newline. An empty stream
 * has none. A record that goes on past `lineBytesMax` (for example after a quote that never closes) is a block of its
 * own, cut off there, which its parser rejects as too long; the rest of the record is dropped, so memory is bounded.
 */
export async function* cutStream(
  chunks: AsyncIterable<Uint8Array>,
  options: CutOptions,
): AsyncGenerator<Block, void, undefined> {
  const blockBytes = Math.max(1, options.blockBytes ?? STREAM_BLOCK_BYTES);
  const lineBytesMax = options.lineBytesMax ?? LINE_BYTES_MAX;
  const cutter = new Cutter(options);
  let isDropping = false;
  for await (const chunk of options.pauseMs === undefined ? chunks : withPauses(chunks, options.pauseMs)) {
    if (chunk === PAUSE) {
      if (cutter.recordEnd > 0) yield cutter.take(cutter.recordEnd);
      continue;
    }
    for (let at = 0, end = 0; at < chunk.length; at = end) {
      // While dropping, newline by newline: the piece that ends the record must not hold the next one.
      const newline = isDropping ? chunk.indexOf(NEWLINE, at) : -1;
      end = Math.min(chunk.length, at + blockBytes, newline < 0 ? chunk.length : newline + 1);
      cutter.add(chunk.subarray(at, end));
      if (isDropping) {
        isDropping = cutter.recordEnd === 0;
        cutter.take(cutter.size);
      }
      const isLong = cutter.size - cutter.recordEnd > lineBytesMax;
      if ((cutter.size >= blockBytes || isLong) && cutter.recordEnd > 0) yield cutter.take(cutter.recordEnd);
      if (isLong) {
        yield cutter.take(cutter.size);
        isDropping = true;
      }
    }
  }
  if (cutter.size > 0) yield cutter.take(cutter.size);
}

/** The bytes that are not in a block yet, and how far they were scanned. */
class Cutter {
  size = 0;
  /** Bytes up to the last record end among them; 0: none. */
  recordEnd = 0;
  start = 0;
  #pieces: Uint8Array[] = [];
  #state: QuoteState = FIELD_START;
  #lines = 0;
  #dialect: Dialect;
  #isFirst = true;
  /** Bytes of a byte order mark that may still come: a quote right after it opens a field. */
  #bomLeft = 3;

  constructor(dialect: Dialect) {
    this.#dialect = dialect;
  }

  add(piece: Uint8Array): void {
    // The chunk's owner may reuse its memory after the next read.
    const bytes = piece.slice();
    const skipped = this.#bomLeft > 0 ? this.#skipBom(bytes) : 0;
    const end = skipped < bytes.length ? this.#scan(bytes, skipped) : -1;
    if (end >= 0) this.recordEnd = this.size + end;
    this.#pieces.push(bytes);
    this.size += bytes.length;
  }

  /** Bytes of this piece that belong to a byte order mark, which may be cut anywhere. */
  #skipBom(bytes: Uint8Array): number {
    let at = 0;
    while (this.#bomLeft > 0 && at < bytes.length) {
      if (bytes[at] !== [0xbf, 0xbb, 0xef][this.#bomLeft - 1]) {
        // The beginning of a mark that none came of was plain text.
        if (this.#bomLeft < 3) this.#state = UNQUOTED;
        this.#bomLeft = 0;
        return 0;
      }
      at++;
      this.#bomLeft--;
    }
    return at;
  }

  /** Index after the last record end in the piece, -1: none. */
  #scan(bytes: Uint8Array, from: number): number {
    const { quote, delimiter } = this.#dialect;
    const isOutside = this.#state !== QUOTED && this.#state !== QUOTE_SEEN;
    if (isOutside && (quote === "" || !bytes.includes(quote.charCodeAt(0), from))) {
      const last = bytes[bytes.length - 1];
      this.#state = last === NEWLINE || last === delimiter.charCodeAt(0) ? FIELD_START : UNQUOTED;
      return bytes.lastIndexOf(NEWLINE) + 1 || -1;
    }
    const { state, lastEnd } = scanQuotesFast(bytes, from, this.#state, this.#dialect);
    this.#state = state;
    return lastEnd;
  }

  /** Cuts the first `bytes` bytes off as a block. */
  take(bytes: number): Block {
    const block = new Uint8Array(bytes);
    let have = 0;
    while (have < bytes) {
      const piece = this.#pieces[0];
      const part = piece.subarray(0, bytes - have);
      block.set(part, have);
      have += part.length;
      if (part.length === piece.length) this.#pieces.shift();
      else this.#pieces[0] = piece.subarray(part.length);
    }
    const result = { bytes: block, start: this.start, first: this.#isFirst, lines: this.#lines };
    for (let at = block.indexOf(NEWLINE); at >= 0; at = block.indexOf(NEWLINE, at + 1)) this.#lines++;
    this.start += bytes;
    this.size -= bytes;
    this.recordEnd = 0;
    this.#isFirst = false;
    return result;
  }
}
