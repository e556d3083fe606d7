/**
 * What a worker hands over of a group-by that outgrew its cache: pieces, each a partial or a run of rows that nobody
 * folded yet, in memory or in a spill file. Plain data: it travels between threads.
 *
 * A partition is one of 256 by the high bits of the key's hash. A part, which is what one task finishes, is a run of
 * whole partitions: part p of n holds the partitions p·256/n … (p+1)·256/n - 1, so n is a power of two up to 256.
 */

import { unmap } from "../../base/pages.ts";

/** Partitions of a group-by: with a million groups, each is finished in tables that fit a cache of 256 KB. */
export const PARTITIONS = 256;

/** A range of a spill file. */
export interface Segment {
  path: string;
  offset: number;
  length: number;
}

export interface Piece {
  /** Undefined: groups of any partition of the part. */
  partition: number | undefined;
  /** Of rows: what their columns are (see layout.ts). Undefined: a partial, as `Grouping.export` makes it. */
  layout: string | undefined;
  /** A partial is one block or one segment; rows lie in any number of them, each of whole records. */
  blocks: Uint8Array[];
  segments: Segment[];
}

/** Where pieces go that memory has no room for. */
export interface SpillStore {
  /** Writes blocks one behind the other. Throws where the disk is full. */
  write(blocks: readonly Uint8Array[]): Segment;
  /** The bytes own their memory, which whoever reads them gives back. */
  read(segment: Segment): Uint8Array;
}

/** A partial by itself, of any group-by, as a piece. */
export function pieceOf(partial: Uint8Array): Piece {
  return { partition: undefined, layout: undefined, blocks: [partial], segments: [] };
}

/** Memory that a piece holds: of each block all that it is a view of. */
export function heldBytes({ blocks }: Piece): number {
  let bytes = 0;
  for (const block of blocks) bytes += block.buffer.byteLength;
  return bytes;
}

/** Bytes of a piece that lie in a store. */
export function spilledBytes({ segments }: Piece): number {
  let bytes = 0;
  for (const { length } of segments) bytes += length;
  return bytes;
}

/** Moves a piece from memory to a store. */
export function spill(piece: Piece, store: SpillStore): void {
  if (piece.blocks.length === 0) return;
  piece.segments.push(store.write(piece.blocks));
  release(piece.blocks);
}

/** The smallest number of parts that is a power of two and at least `wanted`. */
export function partsFor(wanted: number): number {
  return Math.min(PARTITIONS, 2 ** Math.ceil(Math.log2(Math.max(1, wanted))));
}

/** The buffers that own the memory of these pieces: posted with them, they move instead of being copied. */
export function buffersOf(pieces: readonly Piece[]): ArrayBuffer[] {
  const buffers = new Set<ArrayBuffer>();
  for (const { blocks } of pieces) {
    for (const { buffer } of blocks) if (buffer instanceof ArrayBuffer) buffers.add(buffer);
  }
  return [...buffers];
}

/** Gives back the memory of blocks that own theirs. They are of no use afterwards. */
export function release(blocks: Uint8Array[]): void {
  for (const { buffer } of blocks.splice(0)) unmap(buffer);
}
