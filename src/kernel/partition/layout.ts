/**
 * Rows on their way into partitions: one record per row, one behind the other, not aligned, the same in every kernel.
 *
 *     record  its columns, one after the other
 *     text    length (one byte; 254: four bytes follow, little-endian; 255: null), then so many bytes
 *     eight   1, then 8 bytes, little-endian: a double, or a 64-bit integer; or 0: null
 *
 * A layout says what the columns are, and which of them are the keys and the inputs of each aggregate; a vector that
 * serves several of them is stored once. Computed values travel as text: the cell of kernel/group/cell.ts. Where an
 * aggregate needs the order of rows, two more columns are the file and the offset.
 */
import { ByteReader, ByteWriter } from "../../sketch/bytes.ts";
import { Cell, tagOf } from "../group/cell.ts";
import type { AggregateSpec } from "../kernel.ts";
import type { RowOrder, TextVector, ValueVector, Vector } from "../vector.ts";

export interface Layout {
  kinds: Vector["kind"][];
  keys: number[];
  inputs: number[][];
  /** The last two columns are the file and the offset. */
  ordered: boolean;
}

const TIMESTAMP = tagOf("timestamp");

export const LENGTH_WORD = 254;
export const LENGTH_NULL = 255;

/** A column as the codecs see it: ranges of bytes, or eight bytes each. */
export type RawColumn =
  | { text: TextVector; eight?: undefined; nulls?: undefined }
  | { text?: undefined; eight: Float64Array | BigInt64Array; nulls: Uint8Array | undefined };

/** Whether two rows of one group may come out differently when their order changes. */
export function needsOrder(aggregates: readonly AggregateSpec[]): boolean {
  return aggregates.some(({ op }) => op === "first" || op === "last" || op === "any" || op === "collect");
}

/** The vectors of one step, each once, and which is which. */
export function layoutOf(keys: Vector[], inputs: Vector[][], ordered: boolean): { layout: Layout; vectors: Vector[] } {
  const vectors: Vector[] = [];
  const place = (vector: Vector): number => {
    const at = vectors.indexOf(vector);
    return at >= 0 ? at : vectors.push(vector) - 1;
  };
  const layout: Layout = {
    kinds: [],
    keys: keys.map(place),
    inputs: inputs.map((each) => each.map(place)),
    ordered,
  };
  layout.kinds = vectors.map((vector) => vector.kind);
  if (ordered) layout.kinds.push("int", "float");
  return { layout, vectors };
}

/** What the codec is to write: `n` rows of these vectors. */
export function rawColumns(vectors: Vector[], n: number, order: RowOrder | undefined): RawColumn[] {
  const columns: RawColumn[] = vectors.map((vector) => {
    if (vector.kind === "text") return { text: vector };
    if (vector.kind === "values") return { text: cellsOf(vector, n) };
    return { eight: vector.values, nulls: vector.nulls };
  });
  if (order) {
    columns.push({ eight: new Float64Array(n).fill(order.file), nulls: undefined });
    columns.push({ eight: order.offsets, nulls: undefined });
  }
  return columns;
}

function cellsOf({ values }: ValueVector, n: number): TextVector {
  const writer = new ByteWriter(n * 16);
  const cell = new Cell();
  const starts = new Int32Array(n);
  const ends = new Int32Array(n);
  for (let i = 0; i < n; i++) {
    const value = values[i];
    starts[i] = writer.length;
    cell.setValue(value);
    cell.write(writer);
    ends[i] = writer.length;
  }
  return { kind: "text", bytes: writer.bytes, starts, ends };
}

/** The column of a layout as a vector again; `raw` is what a codec read. */
export function vectorOfRaw(kind: Vector["kind"], raw: RawColumn, n: number): Vector {
  if (kind === "values") return { kind, values: valuesOf(raw.text!, n) };
  if (kind === "text") return raw.text!;
  if (kind === "bigint") {
    const { buffer, byteOffset, length } = raw.eight!;
    return { kind, values: new BigInt64Array(buffer as ArrayBuffer, byteOffset, length), nulls: raw.nulls };
  }
  return { kind, values: raw.eight as Float64Array, nulls: raw.nulls };
}

function valuesOf({ bytes, starts }: TextVector, n: number): unknown[] {
  const reader = new ByteReader(bytes);
  const cell = new Cell();
  return Array.from({ length: n }, (_, i) => {
    reader.at = starts[i];
    cell.read(reader);
    // A timestamp among computed values was a Date.
    return cell.tag === TIMESTAMP ? new Date(cell.number / 1000) : cell.value();
  });
}
