/**
 * Where the group-by's state lies: typed arrays that grow, cleared, from one place that knows how much it gave out. In
 * the scalar kernel that is JavaScript's heap, in the SIMD kernel WebAssembly's memory, so that both can work on them.
 */

/** At least `needed`, and half as much again, so that appending stays linear. */
function roomFor(length: number, needed: number): number {
  // Large arrays grow by half: doubling a gigabyte is felt.
  return Math.max(needed, length > 1 << 24 ? Math.ceil(length * 1.5) : length * 2, 16);
}

export abstract class Arrays {
  /** Bytes that are given out. */
  used = 0;

  abstract ints(length: number): Int32Array;
  abstract floats(length: number): Float64Array;
  abstract bytes(length: number): Uint8Array;
  /** Nobody looks at this array of ours any more. */
  abstract release(array: ArrayBufferView): void;

  /** A copy with room for `needed`, or the array itself where that has it; the old one is released. */
  growInts(array: Int32Array, needed: number): Int32Array {
    if (needed <= array.length) return array;
    return this.#moved(array, this.ints(roomFor(array.length, needed)));
  }

  growFloats(array: Float64Array, needed: number): Float64Array {
    if (needed <= array.length) return array;
    return this.#moved(array, this.floats(roomFor(array.length, needed)));
  }

  growBytes(array: Uint8Array, needed: number): Uint8Array {
    if (needed <= array.length) return array;
    return this.#moved(array, this.bytes(roomFor(array.length, needed)));
  }

  #moved<List extends Int32Array | Float64Array | Uint8Array>(from: List, to: List): List {
    to.set(from);
    this.release(from);
    return to;
  }
}

export class HeapArrays extends Arrays {
  override ints(length: number): Int32Array {
    return this.#count(new Int32Array(length));
  }

  override floats(length: number): Float64Array {
    return this.#count(new Float64Array(length));
  }

  override bytes(length: number): Uint8Array {
    return this.#count(new Uint8Array(length));
  }

  override release(array: ArrayBufferView): void {
    this.used -= array.byteLength;
  }

  #count<List extends ArrayBufferView>(array: List): List {
    this.used += array.byteLength;
    return array;
  }
}
