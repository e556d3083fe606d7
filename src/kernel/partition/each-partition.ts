/**
 * The other end of a partitioned group-by: the pieces of one part, of all workers, become finished groups, one partition
 * after the other in the same in-cache tables. Memory: that of one partition, beside the pieces, which are given back as
 * they are used up.
 */
import type { Grouping } from "../kernel.ts";
import type { NumberVector, Vector } from "../vector.ts";
import { type Layout, vectorOfRaw } from "./layout.ts";
import { PARTITIONS, type Piece, pieceOf, release, type SpillStore } from "./piece.ts";
import { READ_ROWS, type RowCodec } from "./rows.ts";

export interface PartitionsOptions {
  /** Of one part: all that every worker handed over of it. They are used up. */
  pieces: Piece[];
  /** An empty group-by; it is used for one partition after the other. */
  grouping: Grouping;
  codec: RowCodec;
  /** Where the segments of the pieces are read. */
  store: Pick<SpillStore, "read">;
}

/**
 * Each partition's finished groups, in the order of the partitions; the grouping is valid until the next one is asked
 * for. Partitions without a group are left out, but where there is none at all one empty grouping comes: a question
 * without keys has an answer even then. A part of plain partials is one partition.
 */
export function* eachPartition(options: PartitionsOptions): Generator<Grouping> {
  const { grouping } = options;
  const byPartition = sortPieces(options);
  let given = 0;
  for (const pieces of byPartition) {
    if (!pieces) continue;
    grouping.reset();
    for (const piece of pieces.splice(0)) foldPiece(piece, options);
    if (grouping.groups === 0) continue;
    given++;
    yield grouping;
  }
  grouping.reset();
  if (given === 0) yield grouping;
}

/** Folds all rows, or the partial, of a piece into the grouping, and gives its memory back. */
export function foldPiece(piece: Piece, { grouping, codec, store }: Omit<PartitionsOptions, "pieces">): void {
  const layout = piece.layout === undefined ? undefined : (JSON.parse(piece.layout) as Layout);
  const fold = (block: Uint8Array) => (layout ? foldRows(block, layout, grouping, codec) : grouping.merge(block));
  // What was written to disk came first.
  for (const segment of piece.segments) {
    const block = store.read(segment);
    fold(block);
    release([block]);
  }
  for (const block of piece.blocks) fold(block);
  release(piece.blocks);
}

function foldRows(block: Uint8Array, layout: Layout, grouping: Grouping, codec: RowCodec): void {
  const isText = layout.kinds.map((kind) => kind === "text" || kind === "values");
  for (let at = 0; at < block.length; ) {
    const { rows, next, columns } = codec.read(block, at, isText);
    at = next;
    const vectors = columns.map((column, c) => vectorOfRaw(layout.kinds[c], column, rows));
    const { keys, inputs } = arrange(layout, vectors);
    if (layout.ordered) foldByFile(rows, vectors, layout, grouping);
    else grouping.fold(rows, keys, inputs, { file: 0, offsets: NO_OFFSETS });
  }
}

const NO_OFFSETS = new Float64Array(READ_ROWS);

/** Rows of one file at a time, as the order of rows is given to a group-by. */
function foldByFile(rows: number, vectors: Vector[], layout: Layout, grouping: Grouping): void {
  const files = doubles(vectors[vectors.length - 2]);
  const offsets = doubles(vectors[vectors.length - 1]);
  for (let from = 0; from < rows; ) {
    let to = from + 1;
    while (to < rows && files[to] === files[from]) to++;
    const cut = to - from === rows ? vectors : vectors.map((vector) => slice(vector, from, to));
    const { keys, inputs } = arrange(layout, cut);
    grouping.fold(to - from, keys, inputs, { file: files[from], offsets: offsets.subarray(from, to) });
    from = to;
  }
}

function arrange(layout: Layout, vectors: Vector[]): { keys: Vector[]; inputs: Vector[][] } {
  return {
    keys: layout.keys.map((c) => vectors[c]),
    inputs: layout.inputs.map((each) => each.map((c) => vectors[c])),
  };
}

function doubles(vector: Vector): Float64Array {
  return (vector as NumberVector).values;
}

function slice(vector: Vector, from: number, to: number): Vector {
  if (vector.kind === "values") return { kind: "values", values: vector.values.slice(from, to) };
  if (vector.kind === "text") {
    return { ...vector, starts: vector.starts.subarray(from, to), ends: vector.ends.subarray(from, to) };
  }
  return {
    ...vector,
    values: vector.values.subarray(from, to),
    nulls: vector.nulls?.subarray(from, to),
  } as Vector;
}

/** Pieces by partition, or all of them in one list where none is of a partition. */
function sortPieces(options: PartitionsOptions): (Piece[] | undefined)[] {
  const { pieces, grouping } = options;
  const whole = pieces.filter((piece) => piece.partition === undefined);
  if (whole.length === pieces.length) return [pieces];
  const byPartition: Piece[][] = [];
  const put = (piece: Piece) => (byPartition[piece.partition!] ??= []).push(piece);
  // A worker that had seen few groups knew nothing of partitions: what it holds is small, and is cut now.
  if (whole.length > 0) {
    grouping.reset();
    for (const piece of whole) foldPiece(piece, options);
    for (const [partition, bytes] of grouping.export(PARTITIONS).entries()) put({ ...pieceOf(bytes), partition });
  }
  for (const piece of pieces) if (piece.partition !== undefined) put(piece);
  pieces.length = 0;
  return byPartition;
}
