/**
 * Some rows of a result, sorted: in shared memory, or in a spill file as blocks of rows one behind the other, each the
 * structured-clone form of its columns. Of a piece on disk the first row of each block stays in memory, so that a place
 * in it is found by reading one block.
 */
import { deserialize, serialize } from "node:v8";
import { cellOf, type ResultVector, sizeOf, valuesOf, vectorOf } from "../kernel/columns.ts";
import { compareRows, type OrderColumn } from "../kernel/order.ts";
import { release, type Segment, type SpillStore } from "../kernel/partition/piece.ts";

/** Rows in memory. */
export interface MemoryPiece {
  rows: number;
  vectors: ResultVector[];
}

/** Rows on disk; plain data. */
export interface DiskPiece {
  rows: number;
  /** Of the rows in memory, about. */
  bytes: number;
  blocks: DiskBlock[];
  /** The first row of each block. */
  firsts: ResultVector[];
}

export interface DiskBlock {
  segment: Segment;
  rows: number;
}

export type SortedPiece = MemoryPiece | DiskPiece;

export function isOnDisk(piece: SortedPiece): piece is DiskPiece {
  return "blocks" in piece;
}

/** Bytes that the rows of a piece take in memory, about. */
export function bytesOf(piece: SortedPiece): number {
  if (isOnDisk(piece)) return piece.bytes;
  return piece.vectors.reduce((sum, vector) => sum + sizeOf(vector, 0, piece.rows), 0);
}

/** Rows that are read to find one: few enough to be read for that alone. */
const BLOCK_BYTES = 128 * 1024;

/** Writes a piece to disk. Throws what the store throws. */
export function writePiece(piece: MemoryPiece, store: Pick<SpillStore, "write">): DiskPiece {
  const { rows, vectors } = piece;
  const bytes = bytesOf(piece);
  const blockRows = Math.max(1, Math.floor(BLOCK_BYTES / Math.max(1, bytes / rows)));
  const blocks: DiskBlock[] = [];
  for (let from = 0; from < rows; from += blockRows) {
    const to = Math.min(rows, from + blockRows);
    const packed = serialize(vectors.map((vector) => pack(vector, from, to)));
    blocks.push({ segment: store.write([packed]), rows: to - from });
    release([packed]);
  }
  const firsts = vectors.map((vector) => {
    return vectorOf(
      blocks.map((_, block) => cellOf(vector, block * blockRows)),
      vector.kind === "int" || vector.kind === "timestamp" ? vector.kind : "float",
    );
  });
  return { rows, bytes, blocks, firsts };
}

/** Reads a block, and gives its memory back when `use` has returned: vectors are views of it. */
export function readBlock<T>(
  { segment }: DiskBlock,
  store: Pick<SpillStore, "read">,
  use: (vectors: ResultVector[]) => T,
): T {
  const packed = store.read(segment);
  try {
    return use(deserialize(packed) as ResultVector[]);
  } finally {
    release([packed]);
  }
}

/** Rows from..to by themselves, outside of shared memory. */
function pack(vector: ResultVector, from: number, to: number): ResultVector {
  if (vector.kind === "values") return { kind: "values", values: vector.values.slice(from, to) };
  const nulls = vector.nulls?.slice(from, to);
  if (vector.kind !== "text") {
    return { kind: vector.kind, values: vector.values.slice(from, to), nulls } as ResultVector;
  }
  const base = vector.starts[from];
  const shifted = (ends: Uint32Array) => ends.slice(from, to).map((end) => end - base);
  const bytes = vector.bytes.slice(base, vector.ends[to - 1]);
  return { kind: "text", bytes, starts: shifted(vector.starts), ends: shifted(vector.ends), nulls };
}

/** One row, by itself. */
export function rowOf(vectors: ResultVector[], row: number): ResultVector[] {
  return vectors.map((vector) => vectorOf(valuesOf(vector, row, row + 1)));
}

/** How many of the rows come before `row` of `vectors`. */
export function lowerBound(piece: MemoryPiece, vectors: ResultVector[], row: number, order: OrderColumn[]): number {
  let low = 0;
  let high = piece.rows;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareRows(piece.vectors, middle, vectors, row, order) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
