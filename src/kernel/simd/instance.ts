/**
 * One instance of the kernel's WebAssembly and its memory. It knows no formats and no aggregates: files beside it add
 * the meaning. The memory is shared (in the sense of WebAssembly), so that a view keeps its contents when memory grows;
 * a new view is needed only to see what lies behind the old end.
 */
import { readFileSync } from "node:fs";
import { TaskError, ThreadmillError } from "../../base/errors.ts";
import { type Memory, type Module, wasm } from "./webassembly.ts";

const PAGE_BYTES = 65536;
/** 1 MB: the kernel's own data; the rest comes by growth. */
const PAGES_FIRST = 16;
/** 4 GB less a page: an end address must fit 32 bits. */
const PAGES_MAX = 65535;

/**
 * Memories of instances that were closed, for the next ones of this thread: a new one waits for the garbage collector,
 * which knows little of what it takes, and has to be filled with pages again.
 */
const spare: Memory[] = [];
const SPARE_MAX = 2;
/** A larger one is left to the garbage collector: whoever comes next may need little. */
const SPARE_BYTES_MAX = 64 * 1024 * 1024;

function takeMemory(): Memory {
  const memory = spare.pop();
  if (!memory) return new wasm.Memory({ initial: PAGES_FIRST, maximum: PAGES_MAX, shared: true });
  // The kernel's own data are expected to be as in a new memory; blocks are not.
  new Uint8Array(memory.buffer, 0, PAGES_FIRST * PAGE_BYTES).fill(0);
  return memory;
}

interface MemoryExports {
  alloc(bytes: number): number;
  free(at: number): void;
}

let compiled: Module | null | undefined;

/** The compiled kernel, once per thread (V8 shares the code between threads of a process); null where SIMD does not validate. */
function compile(): Module | null {
  if (compiled !== undefined) return compiled;
  const bytes = readFileSync(new URL("./kernel.wasm", import.meta.url));
  try {
    // Not asked to validate it before: that is half of compiling it.
    compiled = new wasm.Module(bytes);
  } catch {
    compiled = null;
  }
  return compiled;
}

/** Whether this machine and this build can run the SIMD kernel. */
export function hasSimd(): boolean {
  try {
    return compile() !== null;
  } catch {
    return false;
  }
}

export class KernelInstance {
  readonly memory: Memory;
  readonly #exports: unknown;
  #isClosed = false;
  #bytes: Uint8Array;
  #words: Int32Array;
  #floats: Float64Array;

  constructor() {
    const ready = compile();
    if (!ready) throw new ThreadmillError("ERR_NO_SIMD", "this machine cannot run the SIMD kernel");
    this.memory = takeMemory();
    this.#exports = new wasm.Instance(ready, { env: { memory: this.memory, fail } }).exports;
    this.#bytes = new Uint8Array(this.memory.buffer);
    this.#words = new Int32Array(this.memory.buffer);
    this.#floats = new Float64Array(this.memory.buffer);
  }

  /** Gives the memory to the next instance: neither this one nor a view of its memory may be used any more. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (this.size <= SPARE_BYTES_MAX && spare.length < SPARE_MAX) spare.push(this.memory);
  }

  /** The kernel's functions, as the caller knows them. */
  functions<Functions>(): Functions {
    return this.#exports as Functions;
  }

  /** Bytes of memory in use so far, freed blocks included: it never shrinks. */
  get size(): number {
    return this.memory.buffer.byteLength;
  }

  /** All memory as bytes. Read it again after anything that may allocate. */
  get bytes(): Uint8Array {
    if (this.#bytes.length !== this.memory.buffer.byteLength) this.#bytes = new Uint8Array(this.memory.buffer);
    return this.#bytes;
  }

  /** All memory as signed words: index = address / 4. */
  get words(): Int32Array {
    if (this.#words.byteLength !== this.memory.buffer.byteLength) this.#words = new Int32Array(this.memory.buffer);
    return this.#words;
  }

  /** All memory as doubles: index = address / 8. */
  get floats(): Float64Array {
    if (this.#floats.byteLength !== this.memory.buffer.byteLength) this.#floats = new Float64Array(this.memory.buffer);
    return this.#floats;
  }

  /** A block of memory, sixteen-byte aligned, not cleared. Throws TaskError ERR_KERNEL_MEMORY when the 4 GB are used up. */
  alloc(bytes: number): number {
    return this.functions<MemoryExports>().alloc(bytes) >>> 0;
  }

  free(at: number): void {
    this.functions<MemoryExports>().free(at);
  }

  /** A view of n words from `at`. */
  ints(at: number, n: number): Int32Array {
    return new Int32Array(this.memory.buffer, at, n);
  }

  /** A view of n doubles from `at`. */
  doubles(at: number, n: number): Float64Array {
    return new Float64Array(this.memory.buffer, at, n);
  }

  /** The address of a view of this memory; undefined where it is a view of something else. */
  addressOf(view: ArrayBufferView): number | undefined {
    // Each growth makes another buffer object of the same memory; a buffer that is shared and not ours does not occur in rows.
    return view.buffer instanceof SharedArrayBuffer && this.#owns(view.buffer) ? view.byteOffset : undefined;
  }

  #last: SharedArrayBuffer | undefined;

  #owns(buffer: SharedArrayBuffer): boolean {
    if (buffer === this.#last) return true;
    if (buffer !== this.memory.buffer && !this.#known.has(buffer)) return false;
    this.#last = buffer;
    return true;
  }

  readonly #known: WeakSet<SharedArrayBuffer> = new WeakSet();

  /** Remembers a buffer object as this memory's, so that views made before a growth are still known after it. */
  claim<View extends ArrayBufferView>(view: View): View {
    this.#known.add(view.buffer as SharedArrayBuffer);
    return view;
  }
}

const messages: Record<number, string> = {
  1: `the kernel's memory is at its maximum of ${(PAGES_MAX * PAGE_BYTES) / 2 ** 30} GiB`,
  2: "an invariant of the kernel does not hold",
};

/** Called by the kernel where it cannot go on; its state is of no use afterwards. */
function fail(code: number): never {
  const hint = code === 1 ? "Use --memory, so that groups spill to disk, or more workers." : "Please report this.";
  throw new TaskError(code === 1 ? "ERR_KERNEL_MEMORY" : "ERR_KERNEL_BROKEN", messages[code] ?? `code ${code}`, {
    hint,
  });
}
