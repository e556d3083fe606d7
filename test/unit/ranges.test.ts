/** Ranges of a large result: neighbours in its order, and about as many rows in each. */
import { expect, test } from "vitest";
import type { MemoryPiece } from "../../src/job/sorted-piece.ts";
import { cutRanges } from "../../src/run/ranges.ts";

const ROWS = 1000;
const RANGE_ROWS = 2000;

/** A sorted piece of whole numbers; `keyOf` gives them in any order. */
function pieceOf(keyOf: (row: number) => number): MemoryPiece {
  const values = Float64Array.from({ length: ROWS }, (_, row) => keyOf(row)).sort();
  return { rows: ROWS, vectors: [{ kind: "int", values, nulls: undefined }] };
}

const order = [{ column: 0, descending: false }];

test.each<[string, (piece: number) => (row: number) => number]>([
  ["the same rows in all", () => (row) => row],
  ["rows of one distribution", (piece) => (row) => row * 997 + ((row * 31 + piece * 17) % 997)],
  ["one behind the other", (piece) => (row) => piece * ROWS + row],
])("40 pieces: %s", (_, keysOf) => {
  const pieces = Array.from({ length: 40 }, (_, piece) => pieceOf(keysOf(piece)));
  const ranges = cutRanges(pieces, order, RANGE_ROWS);
  const sizes = ranges.map((slices) =>
    slices.reduce((sum, slice) => sum + ("blocks" in slice ? 0 : slice.to - slice.from), 0),
  );
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(40 * ROWS);
  expect(ranges.length).toBeGreaterThanOrEqual(10);
  expect(Math.max(...sizes)).toBeLessThan(RANGE_ROWS * 1.5);
});
