/**
 * A group-by that may have more groups than a cache holds, and more than memory: the policy around in-cache tables.
 *
 *     front ──▶ full of groups ──▶ frozen: rows of its groups (heavy hitters) still fold into it,
 *                                  all others are appended to 256 partitions by the hash of their key
 *     rows  ──▶ many ──▶ compacted: each partition's rows are folded and replaced by a partial, where that shrinks them
 *     rows, partials ──▶ more than the memory allows ──▶ spilled to a store
 *
 * What it holds leaves as pieces (piece.ts); each-partition.ts finishes them. Answers do not depend on any of this: every
 * aggregate's state is the same however its rows were split and merged.
 */
import type { AggregateSpec, Grouping, PartitionableGrouping } from "../kernel.ts";
import type { RowOrder, Vector } from "../vector.ts";
import { foldPiece } from "./each-partition.ts";
import { layoutOf, needsOrder, rawColumns } from "./layout.ts";
import { heldBytes, PARTITIONS, type Piece, pieceOf, release, type SpillStore, spill } from "./piece.ts";
import { RowBuffers } from "./row-buffers.ts";
import type { RowCodec } from "./rows.ts";

/** When to do what; tests make them tiny. Of one worker. */
export interface PartitionLimits {
  /** The front is frozen at so many groups. */
  frontGroups: number;
  /** A front that grows beyond this (sets of distinct values) is cut into partitions. */
  frontBytes: number;
  /** Rows that are gathered before they are compacted for the first time. */
  compactBytes: number;
  /** All that may be held in memory. */
  memoryBytes: number;
}

export interface PartitionedOptions {
  /** Number of key columns. Without any there is one group, and no partitions: partials of it are for the whole part. */
  keys: number;
  aggregates: AggregateSpec[];
  /** Makes an in-cache group-by of the plan. */
  create(): Grouping;
  /** Asked for with the first row that is put aside: it takes some megabytes. */
  codec(): RowCodec;
  limits: PartitionLimits;
  store: SpillStore;
}

/** Of this many rows that asked the front, one in so many must have been known to it: else asking is a waste. */
const SAMPLE_ROWS = 32_768;
const SAMPLE_SHARE = 10;
/** Rows until it is asked again. */
const SAMPLE_EVERY_ROWS = 1_000_000;
/** Partitions that are compacted to see whether that pays. */
const COMPACT_TRIES = 4;

export class PartitionedGrouping implements Grouping {
  readonly #options: PartitionedOptions;
  readonly #front: Grouping;
  readonly #rows: RowBuffers;
  readonly #ordered: boolean;
  /** The front can look up without adding, and the aggregates can do with rows that lay aside for a while. */
  readonly #canRoute: boolean;
  #isFrozen = false;
  #pieces: Piece[] = [];
  /** Bytes of the pieces that are in memory. */
  #pieceBytes = 0;
  /** Groups that left the front in pieces: an upper bound. */
  #groupsAside = 0;
  #compactAt: number;
  #compacting: Grouping | undefined;
  /** Rows that asked the frozen front of late, and those among them that it knew. */
  #asked = 0;
  #known = 0;
  #skipRows = 0;

  constructor(options: PartitionedOptions) {
    this.#options = options;
    this.#front = options.create();
    this.#rows = new RowBuffers(options.codec);
    this.#ordered = needsOrder(options.aggregates);
    // A user's aggregate gets the very values, which may be of any class.
    const hasUser = options.aggregates.some(({ op }) => op === "user");
    this.#canRoute = isPartitionable(this.#front) && options.keys > 0 && !hasUser;
    this.#compactAt = options.limits.compactBytes;
  }

  /** Once it is partitioned, an upper bound. */
  get groups(): number {
    return this.#front.groups + this.#groupsAside + this.#rows.rows;
  }

  /** It is more than one table by now, and leaves as pieces only. */
  get isPartitioned(): boolean {
    return this.#pieces.length > 0 || this.#rows.rows > 0;
  }

  fold(n: number, keys: Vector[], inputs: Vector[][], order: RowOrder): void {
    if (n === 0) return;
    if (this.#isFrozen) this.#route(n, keys, inputs, order);
    else this.#front.fold(n, keys, inputs, order);
    this.#keepBounds();
  }

  #route(n: number, keys: Vector[], inputs: Vector[][], order: RowOrder): void {
    const front = this.#front as PartitionableGrouping;
    const { rows, hashes } = this.#rows.codec.room(n);
    let count = n;
    if (this.#skipRows > 0) {
      this.#skipRows -= n;
      front.hashes(n, keys, hashes);
      for (let i = 0; i < n; i++) rows[i] = i;
    } else {
      count = front.foldKnown(n, keys, inputs, order, rows, hashes);
      this.#sample(n, n - count);
    }
    if (count === 0) return;
    const { layout, vectors } = layoutOf(keys, inputs, this.#ordered);
    const columns = rawColumns(vectors, n, this.#ordered ? order : undefined);
    for (const piece of this.#rows.append(count, rows, hashes, JSON.stringify(layout), columns)) this.#keep(piece);
  }

  /** A front that knows hardly any row is asked only now and then. */
  #sample(asked: number, known: number): void {
    this.#asked += asked;
    this.#known += known;
    if (this.#asked < SAMPLE_ROWS) return;
    if (this.#known * SAMPLE_SHARE < this.#asked) this.#skipRows = SAMPLE_EVERY_ROWS;
    this.#asked = 0;
    this.#known = 0;
  }

  #keepBounds(): void {
    const { frontGroups, frontBytes, memoryBytes } = this.#options.limits;
    if (this.#canRoute && this.#front.groups >= frontGroups) this.#isFrozen = true;
    let bytes = sizeOf(this.#front);
    if (bytes > Math.min(frontBytes, memoryBytes / 2)) {
      this.#cutFront();
      bytes = sizeOf(this.#front);
    }
    if (this.#rows.bytes > this.#compactAt) this.#compact();
    if (bytes + this.#rows.bytes + this.#pieceBytes > memoryBytes) this.#spill();
  }

  #keep(piece: Piece): void {
    this.#pieces.push(piece);
    this.#pieceBytes += heldBytes(piece);
  }

  /** The front's groups become one partial per partition. */
  #cutFront(): void {
    this.#groupsAside += this.#front.groups;
    for (const piece of this.#frontPieces()) this.#keep(piece);
    this.#front.reset();
    // Few groups with many values each: the next front would fill up in the same way.
    if (this.#canRoute) {
      this.#isFrozen = true;
      this.#skipRows = Number.POSITIVE_INFINITY;
    }
  }

  #frontPieces(): Piece[] {
    if (this.#front.groups === 0) return [];
    if (this.#options.keys === 0) return [pieceOf(this.#front.export(1)[0])];
    return this.#front.export(PARTITIONS).map((bytes, partition) => ({ ...pieceOf(bytes), partition }));
  }

  /**
   * Folds what lies in memory of each partition to one partial. Where the first ones hardly shrink, rows with keys that
   * rarely come again, the others are left alone, and the next try comes when there is twice as much.
   */
  #compact(): void {
    const held = byPartition([...this.#pieces.filter((piece) => piece.blocks.length > 0), ...this.#rows.takeAll()]);
    this.#pieces = this.#pieces.filter((piece) => piece.blocks.length === 0);
    this.#pieceBytes = 0;
    this.#compacting ??= this.#options.create();
    let before = 0;
    let after = 0;
    this.#groupsAside = 0;
    for (const [partition, pieces] of held.entries()) {
      if (pieces.length === 0) continue;
      if (partition >= COMPACT_TRIES && after * 2 > before) {
        for (const piece of pieces) this.#keep(piece);
        continue;
      }
      for (const piece of pieces) before += heldBytes(piece);
      const piece = this.#folded(this.#compacting, pieces);
      after += heldBytes(piece);
      this.#keep(piece);
    }
    this.#compacting.reset();
    this.#compactAt = Math.max(this.#options.limits.compactBytes, this.#pieceBytes);
  }

  #folded(grouping: Grouping, pieces: Piece[]): Piece {
    grouping.reset();
    for (const piece of pieces) foldPiece(piece, { grouping, codec: this.#rows.codec, store: this.#options.store });
    this.#groupsAside += grouping.groups;
    return { ...pieceOf(grouping.export(1)[0]), partition: pieces[0].partition };
  }

  #spill(): void {
    for (const piece of this.#rows.takeAll()) this.#keep(piece);
    for (const piece of this.#pieces) spill(piece, this.#options.store);
    this.#pieceBytes = 0;
    this.#compactAt = this.#options.limits.compactBytes;
  }

  /** All that it holds, by part, and it starts anew. `parts`: a power of two up to 256. */
  takePieces(parts: number): Piece[][] {
    if (!this.isPartitioned) {
      const partials = this.#front.export(parts).map((partial) => [pieceOf(partial)]);
      this.reset();
      return partials;
    }
    const all = [...this.#frontPieces(), ...this.#pieces, ...this.#rows.takeAll()];
    this.#pieces = [];
    this.reset();
    const pieces: Piece[][] = Array.from({ length: parts }, () => []);
    for (const piece of all) pieces[Math.floor(((piece.partition ?? 0) * parts) / PARTITIONS)].push(piece);
    this.#makeRoom(pieces);
    return pieces;
  }

  /** The answer takes memory, too: half of it, so what is finished last goes to the store. */
  #makeRoom(parts: Piece[][]): void {
    const { limits, store } = this.#options;
    let held = 0;
    const last = (piece: Piece, place: number) => (piece.partition ?? 0) - (place * PARTITIONS) / parts.length;
    const inMemory = parts.flatMap((pieces, place) => pieces.map((piece) => ({ piece, turn: last(piece, place) })));
    for (const { piece } of inMemory.sort((a, b) => a.turn - b.turn)) {
      held += heldBytes(piece);
      if (held > limits.memoryBytes / 2) spill(piece, store);
    }
  }

  /** The tables by themselves, empty: to finish partitions in, once nothing is held here any more. */
  emptyFront(): Grouping {
    this.reset();
    return this.#front;
  }

  /** Only while it is not partitioned. */
  export(parts: number): Uint8Array[] {
    this.#mustBeWhole();
    return this.#front.export(parts);
  }

  merge(partial: Uint8Array): void {
    this.#front.merge(partial);
  }

  /** Only while it is not partitioned. */
  finish(): { rows: number; columns: unknown[][] } {
    this.#mustBeWhole();
    return this.#front.finish();
  }

  #mustBeWhole(): void {
    if (this.isPartitioned) throw new Error("a partitioned group-by leaves as pieces");
  }

  reset(): void {
    this.#front.reset();
    for (const piece of [...this.#pieces, ...this.#rows.takeAll()]) release(piece.blocks);
    this.#pieces = [];
    this.#pieceBytes = 0;
    this.#groupsAside = 0;
    this.#isFrozen = false;
    this.#skipRows = 0;
    this.#compactAt = this.#options.limits.compactBytes;
  }
}

function byPartition(pieces: Piece[]): Piece[][] {
  const lists: Piece[][] = Array.from({ length: PARTITIONS }, () => []);
  for (const piece of pieces) lists[piece.partition ?? 0].push(piece);
  return lists;
}

function isPartitionable(grouping: Grouping): grouping is PartitionableGrouping {
  return "foldKnown" in grouping && "hashes" in grouping && "bytes" in grouping;
}

/** A guess where a group-by does not say. */
const GROUP_BYTES = 200;

function sizeOf(grouping: Grouping): number {
  return isPartitionable(grouping) ? grouping.bytes : grouping.groups * GROUP_BYTES;
}
