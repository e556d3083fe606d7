/**
 * Blocks: BLOCK_LINES lines of one file, as the bytes that stand in it. A block is a pure function of options, file and
 * number; a compressed one is a gzip member or zstd frame of its own, so a file is its blocks in order, whoever made them.
 */
import { gzipSync, zstdCompressSync } from "node:zlib";
import { createEncoder, type Encoder, headerBytes, lineBytesMax } from "./encode.ts";
import { EventSource } from "./event.ts";
import { BLOCK_LINES, type EventOptions } from "./options.ts";

/** Makes the blocks of one set of options; keeps its tables and buffer between them. */
export class BlockMaker {
  private readonly options: EventOptions;
  private readonly source: EventSource;
  private readonly encode: Encoder;
  private readonly header: Uint8Array;
  private readonly buffer: Uint8Array;

  constructor(options: EventOptions) {
    this.options = options;
    this.source = new EventSource(options);
    this.encode = createEncoder(this.source, options);
    this.header = headerBytes(options);
    const lines = Math.min(options.lines, BLOCK_LINES);
    this.buffer = new Uint8Array(this.header.length + lines * lineBytesMax[options.format]);
  }

  /** The bytes of a block (0-based). They are valid until the next call: the buffer is used again. */
  make(file: number, block: number): Uint8Array {
    const { options, source, encode, buffer } = this;
    const end = Math.min((block + 1) * BLOCK_LINES, options.lines);
    let at = 0;
    if (block === 0) {
      buffer.set(this.header);
      at = this.header.length;
    }
    source.open(file);
    for (let line = block * BLOCK_LINES; line < end; line++) {
      source.draw(line);
      at = encode(buffer, at);
    }
    const text = buffer.subarray(0, at);
    if (options.compress === "gzip") return gzipSync(text, { level: 4 });
    return options.compress === "zstd" ? zstdCompressSync(text) : text;
  }
}

let last: { key: string; maker: BlockMaker } | undefined;

/** The maker of these options: the last one is kept, since a worker gets one segment after the other of the same logs. */
export function makerOf(options: EventOptions): BlockMaker {
  const key = JSON.stringify(options);
  if (last?.key !== key) last = { key, maker: new BlockMaker(options) };
  return last.maker;
}

/** The bytes of one block, a copy that the caller owns. See {@link BlockMaker.make}. */
export function generateBlock(options: EventOptions, file: number, block: number): Uint8Array {
  return makerOf(options).make(file, block).slice();
}
