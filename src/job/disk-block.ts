/**
 * Typed columns of some rows as one block of bytes, and back without a copy: what sorted pieces on disk are made of. The
 * structured-clone form would do, but is copied column by column when it is read.
 *
 *     u32 length of the head │ head: JSON, per column its kind and the bytes of its arrays │ the arrays, each at a multiple of 8
 *
 *     text: n + 1 offsets, bytes, nulls    numbers, bigint: values, nulls    values: the structured-clone form
 */
import { deserialize, serialize } from "node:v8";
import type { ResultVector } from "../kernel/columns.ts";

type Head = [kind: ResultVector["kind"], ...lengths: number[]][];

/** The arrays of a block, one behind the other. `vectors`: as `ResultTable.takeOwn` gives them. */
export function packBlock(vectors: ResultVector[], rows: number): Uint8Array[] {
  const arrays = vectors.map((vector) => arraysOf(vector, rows));
  const head: Head = arrays.map((each, c) => [vectors[c].kind, ...each.map(({ length }) => length)]);
  const text = Buffer.from(JSON.stringify(head));
  const start = new Uint8Array(padded(4 + text.length));
  new DataView(start.buffer).setUint32(0, text.length, true);
  start.set(text, 4);
  return [
    start,
    ...arrays.flat().flatMap((array) => [array, PADDING.subarray(0, padded(array.length) - array.length)]),
  ];
}

function arraysOf(vector: ResultVector, rows: number): Uint8Array[] {
  if (vector.kind === "values") return [serialize(vector.values)];
  const nulls = vector.nulls ? [vector.nulls.subarray(0, rows)] : [];
  if (vector.kind !== "text") return [bytesOf(vector.values, rows * 8), ...nulls];
  return [bytesOf(vector.starts, rows * 4 + 4), vector.bytes.subarray(0, vector.ends[rows - 1]), ...nulls];
}

function bytesOf({ buffer, byteOffset }: ArrayBufferView, length: number): Uint8Array {
  return new Uint8Array(buffer, byteOffset, length);
}

const PADDING = new Uint8Array(8);

function padded(length: number): number {
  return Math.ceil(length / 8) * 8;
}

/** The columns of a block: views of it, so it must begin at a multiple of 8 of its buffer. */
export function unpackBlock(block: Uint8Array, rows: number): ResultVector[] {
  const { buffer, byteOffset } = block;
  const length = new DataView(buffer, byteOffset).getUint32(0, true);
  const head = JSON.parse(Buffer.from(buffer, byteOffset + 4, length).toString()) as Head;
  let at = byteOffset + padded(4 + length);
  return head.map(([kind, ...lengths]): ResultVector => {
    const [first, second, third] = lengths.map((bytes) => {
      const array = new Uint8Array(buffer, at, bytes);
      at += padded(bytes);
      return array;
    });
    if (kind === "values") return { kind, values: deserialize(first) };
    if (kind === "bigint") return { kind, values: new BigInt64Array(buffer, first.byteOffset, rows), nulls: second };
    if (kind !== "text") return { kind, values: new Float64Array(buffer, first.byteOffset, rows), nulls: second };
    const offsets = new Uint32Array(buffer, first.byteOffset, rows + 1);
    return { kind, bytes: second, starts: offsets.subarray(0, rows), ends: offsets.subarray(1), nulls: third };
  });
}
