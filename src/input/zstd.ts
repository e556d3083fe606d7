/**
 * zstd (RFC 8878): frame after frame. Node's decoder returns the first frame only and says nothing about the rest, so
 * the frames are walked (zstd-frame.ts), and each is given to a decoder of its own. Between them may lie skippable ones:
 * magic 184D2A50..5F, size (4), that many bytes.
 */
import { createZstdDecompress } from "node:zlib";
import { type CompressedInput, DECODED_BYTES, pump } from "./compressed.ts";
import { FrameWalker } from "./zstd-frame.ts";

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
  const frame = new FrameWalker();
  const decoder = createZstdDecompress({ chunkSize: DECODED_BYTES });
  yield* pump(input, decoder, async (write) => {
    for (let isFirst = true; !frame.isOver; isFirst = false) {
      const piece = await input.piece();
      if (!piece) throw input.truncated();
      const taken = frame.walk(piece);
      if (frame.fault !== undefined) throw input.corrupt(frame.fault, frame.isHeaderBad ? start : input.offset + taken);
      // The magic goes along with what follows it: each write costs a hop to a thread of Node's pool.
      const bytes = piece.subarray(0, taken);
      const isWanted = await write(isFirst ? Buffer.concat([magic, bytes]) : bytes);
      input.consume(taken);
      if (!isWanted && decoder.destroyed) return;
    }
    decoder.end();
  });
}
