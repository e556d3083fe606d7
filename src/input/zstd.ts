/**
 * zstd (RFC 8878): frame after frame. Node's decoder returns the first frame only and says nothing about the rest, so
 * the frames are walked here by their headers, and each is given to a decoder of its own:
 *
 *     frame      magic FD2FB528 | descriptor (1) | window (0-1) dictionary (0,1,2,4) content size (0,1,2,4,8) | blocks | checksum (0,4)
 *     block      3 bytes little-endian: bit 0 last, bits 1-2 type (0 raw, 1 run of one byte, 2 compressed), then 21 bits of size
 *     skippable  magic 184D2A50..5F | size (4) | that many bytes
 */
import { createZstdDecompress } from "node:zlib";
import { CHUNK_BYTES } from "../base/limits.ts";
import { type CompressedInput, DECODED_BYTES, pump } from "./compressed.ts";

/** Node's decoder refuses windows above this (2^27): they would cost that much memory. */
const WINDOW_BYTES_MAX = 128 * 1024 * 1024;

type Write = (piece: Uint8Array) => Promise<boolean>;

export async function* decodeZstd(input: CompressedInput): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    for (let frames = 0; await input.piece(); frames++) {
      const start = input.offset;
      const magic = Buffer.from(await readMagic(input, frames));
      if (magic[0] !== 0x28) await skip(input, Buffer.from(await input.read(4)).readUInt32LE(0));
      else yield* decodeFrame(input, magic, start);
    }
  } finally {
    await input.close();
  }
}

/** The four bytes of a frame's magic. A tail is told from a cut-off frame by the first byte that cannot be magic. */
async function readMagic(input: CompressedInput, frames: number): Promise<number[]> {
  const start = input.offset;
  const magic: number[] = [];
  for (let i = 0; i < 4; i++) {
    const [byte] = await input.read(1);
    const isSkippable = i === 0 ? (byte & 0xf0) === 0x50 : magic[0] !== 0x28 && byte === [0, 0x2a, 0x4d, 0x18][i];
    const isFrame = i === 0 ? byte === 0x28 : magic[0] === 0x28 && byte === [0, 0xb5, 0x2f, 0xfd][i];
    if (!isSkippable && !isFrame) {
      throw input.corrupt(frames > 0 ? "after its end come bytes that are no zstd frame" : "this is no zstd", start);
    }
    magic.push(byte);
  }
  return magic;
}

async function skip(input: CompressedInput, bytes: number): Promise<void> {
  for (let left = bytes; left > 0; ) {
    const piece = await input.piece();
    if (!piece) throw input.truncated();
    const taken = Math.min(left, piece.length);
    input.consume(taken);
    left -= taken;
  }
}

async function* decodeFrame(
  input: CompressedInput,
  magic: Uint8Array,
  start: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  const [descriptor] = await input.read(1);
  const rest = await readFrameHeader(input, descriptor, start);
  const decoder = createZstdDecompress({ chunkSize: DECODED_BYTES });
  yield* pump(input, decoder, async (write) => {
    const collect = new Collector(write);
    await collect.add(Buffer.concat([magic, [descriptor], rest].map((part) => Uint8Array.from(part))));
    for (let isLast = false; !isLast; ) isLast = await copyBlock(input, collect);
    if (descriptor & 0x04) await collect.add(await input.read(4));
    await collect.flush();
    decoder.end();
  });
}

/** What follows the descriptor, up to the first block; checked for what cannot be decoded. */
async function readFrameHeader(input: CompressedInput, descriptor: number, start: number): Promise<Uint8Array> {
  const isSingle = (descriptor & 0x20) !== 0;
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3];
  const contentBytes = [isSingle ? 1 : 0, 2, 4, 8][descriptor >> 6];
  if (descriptor & 0x08) throw input.corrupt("a reserved bit of the frame header is set", start);
  const rest = await input.read((isSingle ? 0 : 1) + dictionaryBytes + contentBytes);
  if (
    rest
      .subarray(isSingle ? 0 : 1)
      .subarray(0, dictionaryBytes)
      .some((byte) => byte !== 0)
  ) {
    throw input.corrupt("the frame needs a dictionary, which is not supported", start);
  }
  const windowBase = 2 ** (10 + (rest[0] >> 3));
  if (!isSingle && windowBase + (windowBase / 8) * (rest[0] & 7) > WINDOW_BYTES_MAX) {
    throw input.corrupt("the frame needs a window above 128 MB (made with --long): compress it without", start);
  }
  return rest;
}

/** Passes one block on; true when it was the frame's last. */
async function copyBlock(input: CompressedInput, collect: Collector): Promise<boolean> {
  const header = await input.read(3);
  const bits = header[0] | (header[1] << 8) | (header[2] << 16);
  const type = (bits >> 1) & 3;
  if (type === 3) throw input.corrupt("a block of a reserved type", input.offset - 3);
  await collect.add(header);
  for (let left = type === 1 ? 1 : bits >>> 3; left > 0; ) {
    const piece = (await input.piece())?.subarray(0, left);
    if (!piece) throw input.truncated();
    await collect.add(piece);
    input.consume(piece.length);
    left -= piece.length;
  }
  return (bits & 1) === 1;
}

/** Gathers small pieces into writes of a chunk: each write costs a hop to a thread of Node's pool. */
class Collector {
  #write: Write;
  #pieces: Uint8Array[] = [];
  #size = 0;

  constructor(write: Write) {
    this.#write = write;
  }

  async add(piece: Uint8Array): Promise<void> {
    this.#pieces.push(piece);
    this.#size += piece.length;
    if (this.#size >= CHUNK_BYTES) await this.flush();
  }

  async flush(): Promise<void> {
    const bytes = Buffer.concat(this.#pieces);
    this.#pieces = [];
    this.#size = 0;
    if (bytes.length > 0) await this.#write(bytes);
  }
}
