/**
 * Sorted pieces cut into ranges: rows that are neighbours in the result, at about the same number each, wherever they
 * lie. Every piece is cut at the same keys, so that ranges can be merged one by one and in parallel.
 */
import type { ResultVector } from "../kernel/columns.ts";
import { compareRows, type OrderColumn } from "../kernel/order.ts";
import type { Slice } from "./range-task.ts";

/** Some rows in order. */
export interface Sorted {
  rows: number;
  vectors: ResultVector[];
}

/** Rows that are looked at to find the borders of one range: more make ranges more alike. */
const SAMPLES_PER_RANGE = 16;

/** The slices of each range, in order. Ranges without rows are left out. */
export function cutRanges(pieces: readonly Sorted[], order: OrderColumn[], rangeRows: number): Slice[][] {
  const filled = pieces.filter((piece) => piece.rows > 0);
  const borders = findBorders(filled, order, rangeRows);
  const cuts = filled.map((piece) => [0, ...borders.map((border) => lowerBound(piece, border, order)), piece.rows]);
  const ranges: Slice[][] = [];
  for (let range = 0; range <= borders.length; range++) {
    const slices = filled
      .map(({ vectors }, p) => ({ vectors, from: cuts[p][range], to: cuts[p][range + 1] }))
      .filter(({ from, to }) => to > from);
    if (slices.length > 0) ranges.push(slices);
  }
  return ranges;
}

interface Place {
  piece: Sorted;
  row: number;
}

function findBorders(pieces: readonly Sorted[], order: OrderColumn[], rangeRows: number): Place[] {
  const step = Math.max(1, Math.floor(rangeRows / SAMPLES_PER_RANGE));
  const samples: Place[] = [];
  for (const piece of pieces) for (let row = step - 1; row < piece.rows; row += step) samples.push({ piece, row });
  samples.sort((a, b) => compareRows(a.piece.vectors, a.row, b.piece.vectors, b.row, order));
  return samples.filter((_, i) => i % SAMPLES_PER_RANGE === SAMPLES_PER_RANGE - 1);
}

/** How many rows of a piece come before the border. */
function lowerBound({ rows, vectors }: Sorted, { piece, row }: Place, order: OrderColumn[]): number {
  let low = 0;
  let high = rows;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareRows(vectors, middle, piece.vectors, row, order) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
