/** A batch of one-column rows as a parser would hand it out, in the kernel's memory or in ordinary memory. */
import type { Batch } from "../../src/input/batch.ts";
import type { KernelInstance } from "../../src/kernel/simd/instance.ts";

const encoder = new TextEncoder();

/** One column, null where a field is null; each field between `around` bytes, which must not count. */
export function batchOf(fields: (string | Uint8Array | null)[], instance?: KernelInstance, around = ","): Batch {
  const pieces = fields.map((field) => (typeof field === "string" ? encoder.encode(field) : field));
  const fence = encoder.encode(around);
  const size = pieces.reduce((sum, piece) => sum + (piece?.length ?? 0) + fence.length, fence.length);
  const room = (bytes: number) => (instance ? instance.alloc(bytes) : 0);
  const bytes = instance
    ? instance.claim(new Uint8Array(instance.memory.buffer, room(size), size))
    : new Uint8Array(size);
  const ranges = instance
    ? instance.claim(instance.ints(room(fields.length * 8 + 8), fields.length * 2))
    : new Int32Array(fields.length * 2);
  const [starts, ends] = [new Int32Array(fields.length), new Int32Array(fields.length)];
  let at = fence.length;
  bytes.set(fence, 0);
  pieces.forEach((piece, row) => {
    if (piece) bytes.set(piece, at);
    ranges[row * 2] = starts[row] = at;
    ends[row] = at + (piece?.length ?? 0);
    ranges[row * 2 + 1] = piece ? ends[row] : -1;
    at = ends[row];
    bytes.set(fence, at);
    at += fence.length;
  });
  const lines = Int32Array.from(fields, (_, row) => row);
  return { rows: fields.length, columns: 1, bytes, ranges, base: 0, starts, ends, lines, rejected: [] };
}
