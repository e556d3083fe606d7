/** Some rows of vectors as vectors of their own, of the same kind. */
import type { Vector } from "../vector.ts";

export function selectVectors(vectors: Vector[], rows: Int32Array, n: number): Vector[] {
  return vectors.map((vector) => select(vector, rows, n));
}

function select(vector: Vector, rows: Int32Array, n: number): Vector {
  if (vector.kind === "values")
    return { kind: "values", values: Array.from({ length: n }, (_, i) => vector.values[rows[i]]) };
  if (vector.kind === "text") {
    const starts = new Int32Array(n);
    const ends = new Int32Array(n);
    for (let i = 0; i < n; i++) {
      starts[i] = vector.starts[rows[i]];
      ends[i] = vector.ends[rows[i]];
    }
    return { kind: "text", bytes: vector.bytes, starts, ends };
  }
  const nulls = vector.nulls && selectBytes(vector.nulls, rows, n);
  if (vector.kind === "bigint") {
    const values = new BigInt64Array(n);
    for (let i = 0; i < n; i++) values[i] = vector.values[rows[i]];
    return { kind: "bigint", values, nulls };
  }
  const values = new Float64Array(n);
  for (let i = 0; i < n; i++) values[i] = vector.values[rows[i]];
  return { kind: vector.kind, values, nulls };
}

function selectBytes(bytes: Uint8Array, rows: Int32Array, n: number): Uint8Array {
  const some = new Uint8Array(n);
  for (let i = 0; i < n; i++) some[i] = bytes[rows[i]];
  return some;
}
