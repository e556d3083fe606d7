/**
 * The last step of a group-by in a worker: the finished groups of one part become rows in the order of the result.
 * Few rows come as values. Many come as pieces, each sorted by itself, of typed columns in shared memory, so that the
 * sort works on a bounded number of rows at a time and pieces travel without a copy; those that there is no room for go to
 * disk. run/large-rows.ts merges them.
 */
import { type NumberColumn, type ResultVector, type ResultVectors, vectorOf } from "../kernel/columns.ts";
import type { Grouping } from "../kernel/kernel.ts";
import { openTable } from "../kernel/open-table.ts";
import type { OrderColumn } from "../kernel/order.ts";
import type { SpillStore } from "../kernel/partition/piece.ts";
import type { ResultTable } from "../kernel/result-table.ts";
import type { Plan } from "./plan.ts";
import { type SortedPiece, writePiece } from "./sorted-piece.ts";

/** The finished groups of one part. */
export interface FinishedPart {
  rows: number;
  /** Few rows: as `Grouping.finish` gives them, sorted by key whatever the plan's order is. */
  columns: unknown[][] | undefined;
  pieces: SortedPiece[];
}

/** Up to so many rows of a part are values: merging and sorting those is done before a task would have begun. */
const ROWS_AS_VALUES_MAX = 2_000;
/** A piece is sorted in one go; its entries fit a cache of a megabyte. So many rows, or bytes for long ones. */
const PIECE_ROWS = 64 * 1024;
const PIECE_BYTES = 32 * 1024 * 1024;
/** Where memory is bounded: shares of a worker's for the piece that is sorted (three times of it), and for those that are done. */
const PIECE_SHARE = 1 / 8;
const PIECES_SHARE = 1 / 4;

/** What the finished rows of a worker may take, and where the rest goes. */
export interface Room {
  bytes: number;
  store: Pick<SpillStore, "write">;
}

/** Rows of a plan's groups are in the order of its sort, then by key. */
export function orderOf({ group, sort }: Plan): OrderColumn[] {
  const { keys, aggregates } = group!;
  const names = [...keys, ...aggregates].map(({ name }) => name);
  const order = sort
    .map(({ column, descending }) => ({ column: names.indexOf(column), descending }))
    .filter(({ column }) => column >= 0);
  for (let key = 0; key < keys.length; key++) order.push({ column: key, descending: false });
  return order;
}

/** What numbers of each column of a plan's groups are. */
function kindsOf({ group }: Plan): NumberColumn["kind"][] {
  return [...group!.keys, ...group!.aggregates].map(({ type }) =>
    type === "int" || type === "timestamp" ? type : "float",
  );
}

/** Values as pieces of typed columns, sorted where they are not by key already. */
export function pieceOfValues(plan: Plan, rows: number, columns: unknown[][]): SortedPiece {
  using builder = new PieceBuilder(plan);
  builder.add(vectorsOf(plan, columns), rows);
  return builder.finish()[0] ?? { rows: 0, vectors: [] };
}

function vectorsOf(plan: Plan, columns: unknown[][]): ResultVector[] {
  const kinds = kindsOf(plan);
  return columns.map((values, c) => vectorOf(values, kinds[c]));
}

/** A grouping with its finished groups. */
type Finishing = Pick<Grouping, "groups" | "finish"> & {
  /** As typed columns, which are valid until the next call; `sorted`: by key. */
  finishVectors?(sorted: boolean): ResultVectors;
};

/** `groupings`: the partitions of one part, each with its finished groups until the next is asked for. */
export function finishPart(plan: Plan, groupings: Iterable<Finishing>, room?: Room): FinishedPart {
  using builder = new PieceBuilder(plan, room);
  let few: { rows: number; columns: unknown[][] } | undefined;
  for (const grouping of groupings) {
    if (few) builder.add(vectorsOf(plan, few.columns), few.rows);
    few = undefined;
    if (builder.isEmpty && grouping.groups <= ROWS_AS_VALUES_MAX) few = grouping.finish();
    else addGroups(plan, grouping, builder);
  }
  if (few) return { rows: few.rows, columns: few.columns, pieces: [] };
  const pieces = builder.finish();
  return { rows: pieces.reduce((sum, piece) => sum + piece.rows, 0), columns: undefined, pieces };
}

function addGroups(plan: Plan, grouping: Finishing, builder: PieceBuilder): void {
  // Sorted here, with the other partitions.
  const finished = grouping.finishVectors?.(false);
  if (finished) return builder.add(finished.vectors, finished.rows);
  const { rows, columns } = grouping.finish();
  builder.add(vectorsOf(plan, columns), rows);
}

/** Gathers rows, and sorts and cuts a piece off whenever there are enough. */
class PieceBuilder implements Disposable {
  readonly #table: ResultTable = openTable();
  readonly #order: OrderColumn[];
  readonly #limit: number;
  readonly #pieces: SortedPiece[] = [];
  readonly #room: Room | undefined;
  readonly #pieceBytes: number;
  /** Bytes of the pieces that are in memory. */
  #held = 0;

  constructor(plan: Plan, room?: Room) {
    this.#order = orderOf(plan);
    this.#room = room;
    this.#pieceBytes = Math.min(PIECE_BYTES, room ? room.bytes * PIECE_SHARE : PIECE_BYTES);
    this.#limit = plan.limit ?? Number.POSITIVE_INFINITY;
  }

  get isEmpty(): boolean {
    return this.#table.rows === 0 && this.#pieces.length === 0;
  }

  add(vectors: ResultVector[], rows: number): void {
    for (let from = 0; from < rows; ) {
      const to = Math.min(rows, from + PIECE_ROWS - this.#table.rows, from + STEP_ROWS);
      this.#table.add(vectors, from, to);
      from = to;
      if (this.#table.rows >= PIECE_ROWS || this.#table.bytes >= this.#pieceBytes) this.#cut();
    }
  }

  /** A piece of the rows in the table, or no more of them than anybody will see. */
  #cut(): void {
    const table = this.#table;
    table.sort(this.#order);
    const rows = Math.min(table.rows, this.#limit);
    if (rows * 2 <= table.rows) {
      const vectors = table.take(0, rows);
      table.clear();
      table.add(vectors, 0, rows);
    } else {
      this.#keep(rows);
      table.clear();
    }
  }

  /** The first rows of the table, which is sorted, as a piece. */
  #keep(rows: number): void {
    const bytes = (this.#table.bytes / this.#table.rows) * rows;
    if (this.#room && this.#held + bytes > this.#room.bytes * PIECES_SHARE) {
      this.#pieces.push(writePiece(this.#table, rows, this.#room.store));
    } else {
      this.#held += bytes;
      this.#pieces.push({ rows, vectors: this.#table.take(0, rows) });
    }
  }

  [Symbol.dispose](): void {
    this.#table.close();
  }

  finish(): SortedPiece[] {
    if (this.#table.rows > 0) {
      this.#table.sort(this.#order);
      this.#keep(Math.min(this.#table.rows, this.#limit));
    }
    return this.#pieces;
  }
}

/** Rows are added in steps, so that a piece does not become much larger than it should. */
const STEP_ROWS = 16 * 1024;
