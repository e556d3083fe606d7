/**
 * Blocks of memory in pages of their own, for what is large, many, and comes and goes: rows of partitions, what is read
 * back of a spill file, finished lines. An ordinary buffer comes from the allocator of the C library, which keeps what
 * was given back: blocks of many sizes that are made in one thread and freed in another leave it with hundreds of
 * megabytes of holes. A resizable buffer is mapped by itself, and unmapped when it is given back.
 */

/** Below this the allocator does better: a mapping costs some microseconds, and is of whole pages. */
const MAPPED_BYTES_MIN = 16 * 1024;

/** A block of memory. It may be posted, moving its buffer, and is given back with `unmap`, or by the garbage collector. */
export function mapBytes(bytes: number): Uint8Array<ArrayBuffer> {
  if (bytes < MAPPED_BYTES_MIN) return new Uint8Array(bytes);
  return new Uint8Array(new ArrayBuffer(bytes, { maxByteLength: bytes }), 0, bytes);
}

/** Gives back the memory of a buffer that owns its own, at once. It is of no use afterwards. */
export function unmap(buffer: ArrayBufferLike): void {
  if (buffer instanceof ArrayBuffer && !buffer.detached) buffer.transferToFixedLength(0);
}
