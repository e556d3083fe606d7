/**
 * Memory of the kernel: raw blocks, sixteen-byte aligned, that TypeScript and the kernel hand each other by address.
 * Nothing in here is garbage-collected; whoever allocates, frees. A request that cannot be met ends in `fail(OUT_OF_MEMORY)`,
 * which throws in TypeScript, never in a trap that a user could see.
 */

@external("env", "fail")
declare function fail(code: i32): void;

export const OUT_OF_MEMORY: i32 = 1;
export const BROKEN_INVARIANT: i32 = 2;

/** Memory never grows beyond this many pages (4 GB less one page, so that an end address still fits 32 bits). */
const PAGES_MAX: i32 = 65535;

/** Where memory cannot grow any more, so much of it has to be free before a block is looked for. */
const FREE_BYTES_MIN: u64 = 16 << 20;

/** Bytes of all blocks that are handed out. */
let held: u64 = 0;

/** A block of n bytes; not cleared. */
export function alloc(n: usize): usize {
  if (n > 0x3fffffff || !fits(n)) fail(OUT_OF_MEMORY);
  const at = heap.alloc(n);
  held += sizeOf(at);
  return at;
}

/**
 * The allocator traps where memory cannot grow, so it is asked only for what fits behind all that there is, rounded up
 * as it rounds, or where so much is free that a block of this size is among it.
 */
function fits(n: usize): bool {
  const pages = memory.size();
  if (pages + (<i32>((n + 65535) >>> 16) + 1) * 2 <= PAGES_MAX) return true;
  const free = (<u64>pages << 16) - held;
  return free >= FREE_BYTES_MIN && free >= <u64>n * 4;
}

/** Of a block, as the allocator keeps it in the word before: its two lowest bits mean something else. */
function sizeOf(at: usize): u64 {
  return load<u32>(at - 4) & ~3;
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
    free(at);
  }
  return fresh;
}

export function free(at: usize): void {
  if (at == 0) return;
  held -= sizeOf(at);
  heap.free(at);
}

/** Told of every failed assertion of the standard library. */
export function onAbort(message: string | null, file: string | null, line: u32, column: u32): void {
  fail(BROKEN_INVARIANT);
}
