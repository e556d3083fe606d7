/**
 * Some rows of a result, sorted: in shared memory, or in a spill file as blocks of rows one behind the other (see
 * disk-block.ts). Of a piece on disk the first row of each block stays in memory, so that a place in it is found by
 * reading one block.
 */
import { unmap } from "../base/pages.ts";
import { cellOf, type ResultVector, sizeOf, valuesOf, vectorOf } from "../kernel/columns.ts";
import { compareRows, type OrderColumn } from "../kernel/order.ts";
import { release, type Segment, type SpillStore } from "../kernel/partition/piece.ts";
import type { ResultTable } from "../kernel/result-table.ts";
import { packBlock, unpackBlock } from "./disk-block.ts";

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
const BLOCK_BYTES = 64 * 1024;

/** Writes the first rows of a sorted table to disk, block by block. Throws what the store throws. */
export function writePiece(table: ResultTable, rows: number, store: Pick<SpillStore, "write">): DiskPiece {
  const rowBytes = Math.max(1, table.bytes / table.rows);
  const blockRows = Math.max(1, Math.floor(BLOCK_BYTES / rowBytes));
  const blocks: DiskBlock[] = [];
  const firsts: { kind: ResultVector["kind"]; cells: unknown[] }[] = [];
  for (let from = 0; from < rows; from += blockRows) {
    const to = Math.min(rows, from + blockRows);
    const vectors = table.takeOwn(from, to);
    blocks.push({ segment: store.write(packBlock(vectors, to - from)), rows: to - from });
    vectors.forEach((vector, c) => {
      firsts[c] ??= { kind: vector.kind, cells: [] };
      firsts[c].cells.push(cellOf(vector, 0));
    });
    for (const vector of vectors) releaseVector(vector);
  }
  return {
    rows,
    bytes: rows * rowBytes,
    blocks,
    firsts: firsts.map(({ kind, cells }) => vectorOf(cells, kind === "int" || kind === "timestamp" ? kind : "float")),
  };
}

function releaseVector(vector: ResultVector): void {
  if (vector.kind === "values") return;
  if (vector.kind === "text") {
    unmap(vector.bytes.buffer);
    unmap(vector.starts.buffer);
  } else unmap(vector.values.buffer);
  if (vector.nulls) unmap(vector.nulls.buffer);
}

/** Reads a block, and gives its memory back when `use` has returned: vectors are views of it. */
export function readBlock<T>(
  { segment, rows }: DiskBlock,
  store: Pick<SpillStore, "read">,
  use: (vectors: ResultVector[]) => T,
): T {
  const packed = store.read(segment);
  try {
    return use(unpackBlock(packed, rows));
  } finally {
    release([packed]);
  }
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
