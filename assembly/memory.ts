/**
 * Memory of the kernel: raw blocks, sixteen-byte aligned, that TypeScript and the kernel hand each other by address.
 * Nothing in here is garbage-collected; whoever allocates, frees. A request that cannot be met ends in `fail(OUT_OF_MEMORY)`,
 * which throws in TypeScript, never in a trap that a user could see.
 */

// @ts-ignore: decorator
@external("env", "fail")
declare function fail(code: i32): void;

export const OUT_OF_MEMORY: i32 = 1;
export const BROKEN_INVARIANT: i32 = 2;

/** Memory never grows beyond this many pages (4 GB less one page, so that an end address still fits 32 bits). */
const PAGES_MAX: i32 = 65535;

/** A block of n bytes; not cleared. */
export function alloc(n: usize): usize {
  if (n > 0x3fffffff) fail(OUT_OF_MEMORY);
  // The allocator traps where memory cannot grow: it is asked only for what fits behind all that there is.
  if (n >= 65536 && memory.size() + <i32>((n + 65535) >>> 16) * 2 > PAGES_MAX) fail(OUT_OF_MEMORY);
  return heap.alloc(n);
}

/** A block of n bytes, all zero. */
export function allocZeroed(n: usize): usize {
  const at = alloc(n);
  memory.fill(at, 0, n);
  return at;
}

/** Moves a block to one of `n` bytes; keeps the first `used`. The old block is freed. */
export function regrow(at: usize, used: usize, n: usize): usize {
  const fresh = alloc(n);
  if (at != 0) {
    memory.copy(fresh, at, used);
    heap.free(at);
  }
  return fresh;
}

export function free(at: usize): void {
  if (at != 0) heap.free(at);
}

/** Told of every failed assertion of the standard library. */
export function onAbort(message: string | null, file: string | null, line: u32, column: u32): void {
  fail(BROKEN_INVARIANT);
}
