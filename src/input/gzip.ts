/**
 * gzip (RFC 1952): member after member, each checked by its CRC-32 and length. After a member may follow another one,
 * zero padding up to the end (tapes and some tools leave it), or nothing; any other tail is an error.
 */
import { crc32, createInflateRaw } from "node:zlib";
import { type CompressedInput, DECODED_BYTES, pump } from "./compressed.ts";

export async function* decodeGzip(input: CompressedInput): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    for (let members = 0; ; members++) {
      const piece = await input.piece();
      if (!piece) return;
      if (members > 0 && piece[0] === 0) return await skipZeros(input);
      await readHeader(input, members);
      yield* decodeMember(input);
    }
  } finally {
    await input.close();
  }
}

async function skipZeros(input: CompressedInput): Promise<void> {
  for (let piece = await input.piece(); piece; piece = await input.piece()) {
    const other = piece.findIndex((byte) => byte !== 0);
    if (other >= 0) throw input.corrupt("after the zero padding of its end come other bytes", input.offset + other);
    input.consume(piece.length);
  }
}

async function readHeader(input: CompressedInput, members: number): Promise<void> {
  const start = input.offset;
  for (const magic of [0x1f, 0x8b]) {
    if ((await input.read(1))[0] === magic) continue;
    throw input.corrupt(members > 0 ? "after its end come bytes that are no gzip member" : "this is no gzip", start);
  }
  const [method, flags] = await input.read(8);
  if (method !== 8) throw input.corrupt(`unknown compression method ${method}`, start);
  if (flags & 0xe0) throw input.corrupt("reserved header flags are set", start);
  if (flags & 0x04) {
    const [low, high] = await input.read(2);
    await input.read(low + high * 256);
  }
  for (const text of [0x08, 0x10]) {
    if (flags & text) while ((await input.read(1))[0] !== 0);
  }
  if (flags & 0x02) await input.read(2);
}

async function* decodeMember(input: CompressedInput): AsyncGenerator<Uint8Array, void, undefined> {
  const start = input.offset;
  const decoder = createInflateRaw({ chunkSize: DECODED_BYTES });
  let checksum = 0;
  let size = 0;
  const decoded = pump(input, decoder, async (write) => {
    for (;;) {
      const piece = await input.piece();
      if (!piece) throw input.truncated();
      const before = decoder.bytesWritten;
      const isWanted = await write(piece);
      // bytesWritten counts what the decoder really took: the rest belongs to the trailer and the next member.
      const taken = decoder.bytesWritten - before;
      input.consume(taken);
      if (!isWanted || taken < piece.length) return;
    }
  });
  for await (const chunk of decoded) {
    checksum = crc32(chunk, checksum);
    size = (size + chunk.length) % 2 ** 32;
    yield chunk;
  }
  const trailer = Buffer.from(await input.read(8));
  if (trailer.readUInt32LE(0) !== checksum) throw input.corrupt("the checksum of the data is wrong", start);
  if (trailer.readUInt32LE(4) !== size) throw input.corrupt("the length of the data is wrong", start);
}
