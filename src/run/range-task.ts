/**
 * What a worker does with one range of a large result: it brings the rows that the pieces have there into one order, and
 * gives them back as typed columns or as lines of text. Tasks of the executor; also called directly where it is closed.
 */
import { isUtc } from "../base/zone.ts";
import { type DiskBlock, lowerBound, readBlock } from "../job/sorted-piece.ts";
import { SpillFile } from "../job/spill.ts";
import { type ResultVector, valuesOf } from "../kernel/columns.ts";
import { openTable } from "../kernel/open-table.ts";
import type { OrderColumn } from "../kernel/order.ts";
import type { ResultTable } from "../kernel/result-table.ts";
import { formatTable } from "../kernel/simd/format.ts";
import { SimdTable } from "../kernel/simd/result-table.ts";
import type { LinePiece, ResultColumn, RowStyle } from "../output/output.ts";
import { cellWriter, lineWriter } from "../output/row-style.ts";
import { transferable } from "../shared/transfer.ts";

/** Rows from..to of a piece in memory. */
export interface MemorySlice {
  vectors: ResultVector[];
  from: number;
  to: number;
}

/** Of a piece on disk: the blocks that may have rows of the range, which is `low` and what follows, before `high`. */
export interface DiskSlice {
  blocks: DiskBlock[];
  /** One row each; undefined: from the first on, to the last. */
  low: ResultVector[] | undefined;
  high: ResultVector[] | undefined;
}

export type Slice = MemorySlice | DiskSlice;

export interface RangeTask {
  slices: Slice[];
  order: OrderColumn[];
  /** At most so many rows are wanted. */
  rows: number;
  columns: ResultColumn[];
  /** By column: lists of microseconds, which are shown as times. */
  listsTimes: boolean[];
}

/** Kept from task to task: its memory is of the right size by then. */
let table: ResultTable | undefined;

/** Gives the memory back that tasks of this kind keep in this worker. */
export function releaseRanges(): void {
  table?.close();
  table = undefined;
}

function gather({ slices, order, listsTimes }: RangeTask): ResultTable {
  table ??= openTable();
  table.clear();
  const add = (vectors: ResultVector[], from: number, to: number): void => {
    const shown = vectors.map((vector, c) => (listsTimes[c] ? withTimes(vector) : vector));
    table!.add(shown, from, to);
  };
  for (const slice of slices) {
    if ("blocks" in slice) readSlice(slice, order, add);
    else add(slice.vectors, slice.from, slice.to);
  }
  if (slices.length > 1) table.sort(order);
  return table;
}

function readSlice(
  { blocks, low, high }: DiskSlice,
  order: OrderColumn[],
  add: (vectors: ResultVector[], from: number, to: number) => void,
): void {
  const store = new SpillFile("", "");
  try {
    for (const block of blocks) {
      readBlock(block, store, (vectors) => {
        const piece = { rows: block.rows, vectors };
        const from = low ? lowerBound(piece, low, 0, order) : 0;
        const to = high ? lowerBound(piece, high, 0, order) : block.rows;
        if (to > from) add(vectors, from, to);
      });
    }
  } finally {
    store.close();
  }
}

/** The rows of a range in order. */
export function mergeRange(task: RangeTask): { rows: number; vectors: ResultVector[] } {
  const merged = gather(task);
  const rows = Math.min(task.rows, merged.rows);
  return { rows, vectors: merged.take(0, rows) };
}

/** The rows of a range in order, as lines. */
export function formatRange(task: RangeTask, style: RowStyle): LinePiece {
  const merged = gather(task);
  const rows = Math.min(task.rows, merged.rows);
  const canFormat =
    merged instanceof SimdTable && (style.quoting === "json" || plainDelimiters.includes(style.delimiter));
  const bytes = canFormat ? inKernel(merged, rows, task, style) : [inScript(merged, rows, task, style)];
  return transferable(
    { rows, bytes },
    bytes.map((piece) => piece.buffer),
  );
}

/** No number and no time contains one of them. */
const plainDelimiters = [",", "\t", ";", "|"];

function inKernel(merged: SimdTable, rows: number, { columns }: RangeTask, style: RowStyle): Uint8Array<ArrayBuffer>[] {
  const writers = columns.map((column) => remembering(cellWriter(style, column)));
  const canWriteTimes = isUtc(style.timeZone);
  return formatTable(merged, rows, {
    ...style,
    isTime: columns.map(({ type }) => type === "timestamp"),
    canWriteTimes,
    ready: (column, value) => writers[column](value),
  });
}

function inScript(merged: ResultTable, rows: number, { columns }: RangeTask, style: RowStyle): Uint8Array<ArrayBuffer> {
  const cells = merged.take(0, rows).map((vector) => valuesOf(vector, 0, rows));
  const line = lineWriter(style, columns);
  let text = "";
  for (let row = 0; row < rows; row++) text += line(cells, row);
  return new Uint8Array(new TextEncoder().encode(text));
}

/** Distinct times and numbers are few in many results. */
const REMEMBERED_MAX = 4096;

function remembering(write: (value: unknown) => string | null): (value: unknown) => string | null {
  const known = new Map<unknown, string | null>();
  return (value) => {
    if (typeof value !== "number" || value === 0) return write(value);
    let text = known.get(value);
    if (text === undefined) {
      text = write(value);
      if (known.size < REMEMBERED_MAX) known.set(value, text);
    }
    return text;
  };
}

function withTimes(vector: ResultVector): ResultVector {
  return vector.kind === "values" ? { kind: "values", values: vector.values.map(withDates) } : vector;
}

/** A list of microseconds, or of [microseconds, count], with dates instead. */
export function withDates(list: unknown): unknown {
  if (!Array.isArray(list)) return list;
  const toDate = (micros: unknown) => (typeof micros === "number" ? new Date(micros / 1000) : micros);
  return list.map((item) => (Array.isArray(item) ? [toDate(item[0]), ...item.slice(1)] : toDate(item)));
}
