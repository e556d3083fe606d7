/** Arrays in the kernel's memory for who works on them from TypeScript: made with room to spare, claimed, given back when they grow. */
import type { KernelArrays } from "../kernel.ts";
import type { KernelInstance } from "./instance.ts";

/** What is asked for grows by halves, so that a batch that is a little larger than the last one needs no new array. */
const SLACK = 1.5;
const LENGTH_MIN = 1024;

export class KernelMemory implements KernelArrays {
  readonly #instance: KernelInstance;

  constructor(instance: KernelInstance) {
    this.#instance = instance;
  }

  /** n words or more. `old`: an array from here that is given up for it. */
  ints(n: number, old?: Int32Array): Int32Array {
    const length = roomFor(n);
    return this.#instance.claim(this.#instance.ints(this.#take(length * 4, old), length));
  }

  /** n doubles or more, or as many big integers' places. */
  doubles(n: number, old?: Float64Array | BigInt64Array): Float64Array {
    const length = roomFor(n);
    return this.#instance.claim(this.#instance.doubles(this.#take(length * 8, old), length));
  }

  /** n bytes or more. */
  bytes(n: number, old?: Uint8Array): Uint8Array {
    const at = this.#take(n, old);
    return this.#instance.claim(new Uint8Array(this.#instance.memory.buffer, at, n));
  }

  free(array: ArrayBufferView): void {
    if (this.#instance.addressOf(array) !== undefined) this.#instance.free(array.byteOffset);
  }

  #take(bytes: number, old: ArrayBufferView | undefined): number {
    if (old !== undefined) this.free(old);
    return this.#instance.alloc(bytes);
  }
}

function roomFor(n: number): number {
  return Math.max(LENGTH_MIN, Math.ceil((n * SLACK) / 16) * 16);
}
