/**
 * Sorted pieces cut into ranges: rows that are neighbours in the result, about the same number each, wherever they lie.
 * Every piece is cut at the same keys, so that ranges can be merged one by one and in parallel. Of pieces on disk only
 * the blocks are named that may have rows of a range; whoever reads them leaves the others out.
 */
import { type DiskPiece, isOnDisk, lowerBound, rowOf, type SortedPiece } from "../job/sorted-piece.ts";
import type { ResultVector } from "../kernel/columns.ts";
import { compareRows, type OrderColumn } from "../kernel/order.ts";
import type { Slice } from "./range-task.ts";

/** Rows that are looked at to find the borders of one range: more make ranges more alike. */
const SAMPLES_PER_RANGE = 16;
/** Multiples of it, less their whole part, are spread evenly, however many there are. */
const GOLDEN = 0.6180339887;

/** One row: a range begins with it, and the one before ends before it. */
interface Border {
  vectors: ResultVector[];
  row: number;
}

/** The slices of each range, in order. */
export function cutRanges(pieces: readonly SortedPiece[], order: OrderColumn[], rangeRows: number): Slice[][] {
  const filled = pieces.filter((piece) => piece.rows > 0);
  const borders = findBorders(filled, order, rangeRows);
  const ranges: Slice[][] = Array.from({ length: borders.length + 1 }, () => []);
  for (const piece of filled) {
    if (isOnDisk(piece)) cutDisk(piece, borders, order, ranges);
    else {
      const cuts = borders.map(({ vectors, row }) => lowerBound(piece, vectors, row, order));
      for (let range = 0; range < ranges.length; range++) {
        const from = range === 0 ? 0 : cuts[range - 1];
        const to = cuts[range] ?? piece.rows;
        if (to > from) ranges[range].push({ vectors: piece.vectors, from, to });
      }
    }
  }
  return ranges.filter((slices) => slices.length > 0);
}

function cutDisk(piece: DiskPiece, borders: Border[], order: OrderColumn[], ranges: Slice[][]): void {
  const firsts = { rows: piece.blocks.length, vectors: piece.firsts };
  const cuts = borders.map(({ vectors, row }) => lowerBound(firsts, vectors, row, order));
  const rows = borders.map(({ vectors, row }) => rowOf(vectors, row));
  for (let range = 0; range < ranges.length; range++) {
    // The rows of a border are in the block before the first that begins with them or later.
    const from = range === 0 ? 0 : Math.max(0, cuts[range - 1] - 1);
    const to = cuts[range] ?? piece.blocks.length;
    if (to > from)
      ranges[range].push({ blocks: piece.blocks.slice(from, to), low: rows[range - 1], high: rows[range] });
  }
}

function findBorders(pieces: readonly SortedPiece[], order: OrderColumn[], rangeRows: number): Border[] {
  const step = Math.max(1, Math.floor(rangeRows / SAMPLES_PER_RANGE));
  const samples: Border[] = [];
  for (const [index, piece] of pieces.entries()) {
    // Pieces are alike: at the same places in each, samples would lie in heaps of neighbours, with wide gaps between.
    const first = Math.floor(step * ((index * GOLDEN) % 1));
    if (!isOnDisk(piece)) {
      for (let row = first; row < piece.rows; row += step) samples.push({ vectors: piece.vectors, row });
      continue;
    }
    let next = first;
    let at = 0;
    for (let block = 0; block < piece.blocks.length; block++) {
      // Blocks may be larger than a step.
      for (; next <= at; next += step) samples.push({ vectors: piece.firsts, row: block });
      at += piece.blocks[block].rows;
    }
  }
  samples.sort((a, b) => compareRows(a.vectors, a.row, b.vectors, b.row, order));
  const borders = samples.filter((_, i) => i % SAMPLES_PER_RANGE === SAMPLES_PER_RANGE - 1);
  return borders.filter(
    (border, i) =>
      i === 0 || compareRows(borders[i - 1].vectors, borders[i - 1].row, border.vectors, border.row, order) !== 0,
  );
}
