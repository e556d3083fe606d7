/** Copies of typed arrays with more room: at least `needed`, and half as much again, so that appending stays linear. */

function roomFor(length: number, needed: number): number {
  // Large arrays grow by half: doubling a gigabyte is felt.
  return Math.max(needed, length > 1 << 24 ? Math.ceil(length * 1.5) : length * 2, 16);
}

export function growInts(array: Int32Array, needed: number): Int32Array {
  if (needed <= array.length) return array;
  const grown = new Int32Array(roomFor(array.length, needed));
  grown.set(array);
  return grown;
}

export function growFloats(array: Float64Array, needed: number): Float64Array {
  if (needed <= array.length) return array;
  const grown = new Float64Array(roomFor(array.length, needed));
  grown.set(array);
  return grown;
}

export function growBytes(array: Uint8Array, needed: number): Uint8Array {
  if (needed <= array.length) return array;
  const grown = new Uint8Array(roomFor(array.length, needed));
  grown.set(array);
  return grown;
}
