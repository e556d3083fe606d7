/**
 * Reading: plain files in chunks by synchronous reads, compressed files and streams as asynchronous decompressed chunks.
 * Memory is bounded: never a whole file at once. Not for: how gzip and zstd are walked (gzip.ts, zstd.ts).
 */
import { closeSync, openSync, readSync } from "node:fs";
import { CHUNK_BYTES, SNIFF_BYTES } from "../base/limits.ts";
import { takesLonger } from "../base/wait.ts";
import { CompressedInput } from "./compressed.ts";
import { decodeGzip } from "./gzip.ts";
import { type Codec, checkText, detectCodec } from "./magic.ts";
import { changedError, checkPinned } from "./pin.ts";
import { openRawStream } from "./raw-stream.ts";
import { SAMPLE_LINES, type Sample, Sampler } from "./sample.ts";
import { type Source, unreadable } from "./source.ts";
import { decodeZstd } from "./zstd.ts";

/** Compressed bytes that are read at a time: each piece costs hops to a thread and back. */
const COMPRESSED_BYTES = 1024 * 1024;
const HALF_PAGE_BYTES = 2048;

/** A piece of a file. `last`: the file ends with it; a file's last chunk may be empty. */
export interface Chunk {
  bytes: Uint8Array;
  last: boolean;
}

/**
 * Reads a file's bytes as they lie on disk from `range.start` to its pinned end or until the consumer stops (`break`).
 * Each chunk is read straight into the room that `into(bytes)` gives (parser.reserve) and is valid until the next one.
 * Throws InputError ERR_INPUT_CHANGED when the file is no longer the pinned one (checked first and last),
 * ERR_UNREADABLE when a read fails.
 */
export function* readChunks(
  source: Source,
  range: { start: number },
  into: (bytes: number) => Uint8Array,
): Generator<Chunk, void, undefined> {
  const fd = openPinned(source);
  try {
    let position = range.start;
    let last: boolean;
    do {
      const room = into(CHUNK_BYTES);
      const wanted = Math.max(0, Math.min(room.length, source.size - position));
      const got = wanted === 0 ? 0 : readAt(source, fd, room, wanted, position);
      if (got < wanted && got === 0) throw changedError(source.path, "it was truncated", position);
      position += got;
      last = position >= source.size;
      if (last) checkPinned(source, fd);
      yield { bytes: room.subarray(0, got), last };
    } while (!last);
  } finally {
    closeSync(fd);
  }
}

/** Opens the file for reading and checks that it is the pinned one. The caller closes the descriptor. */
export function openPinned(source: Source): number {
  let fd: number;
  try {
    fd = openSync(source.path, "r");
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") {
      throw changedError(source.path, "it vanished", undefined, cause);
    }
    throw unreadable(source.path, cause);
  }
  try {
    checkPinned(source, fd);
  } catch (error) {
    closeSync(fd);
    throw error;
  }
  return fd;
}

function readAt(source: Source, fd: number, room: Uint8Array, wanted: number, position: number): number {
  try {
    return readSync(fd, room, 0, wanted, position);
  } catch (cause) {
    throw unreadable(source.path, cause);
  }
}

/**
 * Decompresses a stream of compressed bytes into chunks of up to 512 KB. Every compressed byte is accounted for.
 * Throws InputError ERR_TRUNCATED and ERR_CORRUPT with `path` and the compressed offset.
 */
export function decompress(
  stream: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  codec: Codec,
  path = "-",
): AsyncGenerator<Uint8Array, void, undefined> {
  if (codec === "none") return nonEmpty(stream);
  const input = new CompressedInput(stream, path, codec);
  return codec === "gzip" ? decodeGzip(input) : decodeZstd(input);
}

async function* nonEmpty(
  stream: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const chunk of stream) if (chunk.length > 0) yield chunk;
}

/** Compressed bytes of a pinned file, read into the same memory again and again: decoders ask for more when it is used up. */
function* compressedBytes(source: Source): Generator<Uint8Array, void, undefined> {
  // The system is slow to copy to where the allocator begins in a page: src/kernel/scalar/buffer.ts says why.
  const length = Math.max(1, Math.min(COMPRESSED_BYTES, source.size));
  const room = Buffer.allocUnsafeSlow(length + HALF_PAGE_BYTES).subarray(HALF_PAGE_BYTES);
  for (const { bytes } of readChunks(source, { start: 0 }, () => room)) {
    if (bytes.length > 0) yield bytes;
  }
}

/** Compressed bytes of a pinned file, each chunk in memory of its own: a decoder may still read the one before. */
function* fileBytes(source: Source): Generator<Uint8Array, void, undefined> {
  for (const { bytes } of readChunks(source, { start: 0 }, (size) => Buffer.allocUnsafeSlow(size))) {
    if (bytes.length > 0) yield bytes;
  }
}

/** The decompressed chunks of a file, from its beginning. */
export function readFileDecompressed(source: Source): AsyncGenerator<Uint8Array, void, undefined> {
  return decompress(fileBytes(source), source.codec, source.path);
}

/**
 * The same for one who keeps nothing: pieces that stay in the cache, each valid until the next. Their memory is given back
 * as soon as all of it was read; left to the garbage collector, it would be hundreds of megabytes before that begins.
 */
export async function* scanFileDecompressed(source: Source): AsyncGenerator<Uint8Array, void, undefined> {
  let buffer: ArrayBufferLike | undefined;
  let read = 0;
  for await (const chunk of decompress(compressedBytes(source), source.codec, source.path)) {
    for (let at = 0; at < chunk.length; at += CHUNK_BYTES) yield chunk.subarray(at, at + CHUNK_BYTES);
    if (chunk.buffer !== buffer) read = 0;
    buffer = chunk.buffer;
    read += chunk.length;
    // A decoder has no room left in memory that was handed out to its last byte.
    if (buffer instanceof ArrayBuffer && read === buffer.byteLength) buffer.transfer(0);
  }
}

/**
 * The decompressed chunks of any source: files, standard input, pipes and devices. `raw`: the bytes of a stream that is
 * already open. A stream's codec is told by its first bytes.
 */
export async function* readSource(
  source: Source,
  raw?: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  if (source.kind === "file") return yield* readFileDecompressed(source);
  const { sample, chunks } = await peek(raw ?? openRawStream(source.path).chunks, 4);
  yield* decompress(chunks, detectCodec(sample), source.path);
}

/**
 * Looks at the first `bytes` of a stream, and on to the end of its first `lines`, without losing them: `sample` is a copy
 * (shorter where the stream ends, `isWhole`), and `chunks` gives the whole stream, once. With `pauseMs` the lines are
 * enough when nothing more comes for so many milliseconds.
 */
export async function peek(
  stream: AsyncIterable<Uint8Array>,
  bytes: number = SNIFF_BYTES,
  lines: number = 0,
  pauseMs?: number,
): Promise<{ sample: Uint8Array; isWhole: boolean; chunks: AsyncGenerator<Uint8Array, void, undefined> }> {
  const iterator = stream[Symbol.asyncIterator]();
  const sampler = new Sampler(bytes, lines);
  let ended = false;
  let pending: Promise<IteratorResult<Uint8Array>> | undefined;
  while (!sampler.isEnough && !ended) {
    const promise = iterator.next();
    if (pauseMs !== undefined && sampler.hasLines && (await takesLonger(promise, pauseMs))) {
      pending = promise;
      break;
    }
    const next = await promise;
    if (next.done) ended = true;
    else sampler.add(next.value);
  }
  // Who reads on learns of a failure; until then it must not count as unhandled.
  pending?.catch(() => {});
  const { bytes: sample, isWhole } = sampler.sample(ended);
  return { sample, isWhole, chunks: replay(sampler.held, iterator, pending) };
}

async function* replay(
  held: Uint8Array[],
  iterator: AsyncIterator<Uint8Array>,
  pending?: Promise<IteratorResult<Uint8Array>>,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    for (let chunk = held.shift(); chunk; chunk = held.shift()) yield chunk;
    for (let next = await (pending ?? iterator.next()); !next.done; next = await iterator.next()) yield next.value;
  } finally {
    await iterator.return?.();
  }
}

/**
 * The first `bytes` of a file's decompressed content, and at least two lines, for the sniffer. Throws InputError
 * ERR_BINARY when it is no text (also inside gzip or zstd), and what reading throws. Streams cannot be sampled apart: use
 * `peek` on `readSource`.
 */
export async function readSample(source: Source, bytes: number = SNIFF_BYTES): Promise<Sample> {
  const sampler = new Sampler(bytes, SAMPLE_LINES);
  let ended = true;
  for await (const chunk of readFileDecompressed(source)) {
    sampler.add(chunk);
    if (!sampler.isEnough) continue;
    ended = false;
    break;
  }
  const sample = sampler.sample(ended);
  checkText(source.path, sample.bytes);
  return sample;
}
