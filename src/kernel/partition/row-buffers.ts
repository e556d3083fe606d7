/**
 * Rows that wait in 256 partitions: the codec's staging takes them one by one, and full blocks of it move on to chunks
 * that own their memory, so that they can be posted to other threads, or given back, without the kernel's.
 */
import { mapBytes } from "../../base/pages.ts";
import type { RawColumn } from "./layout.ts";
import { PARTITIONS, type Piece } from "./piece.ts";
import { type RowCodec, recordOf, STAGING_BYTES } from "./rows.ts";

/** A partition's chunks double up to this: little is wasted on small partitions, and large ones are few chunks. */
const CHUNK_BYTES_MAX = 256 * 1024;

interface Chunk {
  bytes: Uint8Array;
  used: number;
}

export class RowBuffers {
  #chunkBytes = 0;
  rows = 0;
  readonly #open: () => RowCodec;
  #codec: RowCodec | undefined;
  #layout: string | undefined;
  #chunks: Chunk[][] = Array.from({ length: PARTITIONS }, () => []);

  /** `open` is called when there is a first row. */
  constructor(open: () => RowCodec) {
    this.#open = open;
  }

  /** Bytes of all chunks, and of what waits in the staging. */
  get bytes(): number {
    if (this.rows === 0 || !this.#codec) return 0;
    const { used } = this.#codec;
    let bytes = this.#chunkBytes;
    for (let partition = 0; partition < PARTITIONS; partition++) bytes += used[partition];
    return bytes;
  }

  get codec(): RowCodec {
    return (this.#codec ??= this.#open());
  }

  /**
   * Appends the rows rows[0..n) of these columns to the partitions that their hashes say. Where rows of another layout
   * are there already, these come back as pieces.
   */
  append(n: number, rows: Int32Array, hashes: Int32Array, layout: string, columns: RawColumn[]): Piece[] {
    const sealed = this.#layout !== undefined && this.#layout !== layout ? this.takeAll() : [];
    this.#layout = layout;
    const { used } = this.codec;
    this.rows += n;
    for (let at = 0; ; ) {
      at = this.codec.append(at, n, rows, hashes, columns);
      if (at === n) return sealed;
      const partition = hashes[at] >>> 24;
      if (used[partition] > 0) this.#flush(partition);
      else {
        const record = recordOf(columns, rows[at++]);
        this.#put(partition, record);
      }
    }
  }

  #flush(partition: number, isLast = false): void {
    const { staging, used } = this.codec;
    const start = partition * STAGING_BYTES;
    this.#put(partition, staging.subarray(start, start + used[partition]), isLast);
    used[partition] = 0;
  }

  /** `isLast`: no more room than these need. */
  #put(partition: number, records: Uint8Array, isLast = false): void {
    const chunks = this.#chunks[partition];
    let last = chunks.at(-1);
    if (last === undefined || last.used + records.length > last.bytes.length) {
      const wanted = isLast ? 0 : Math.min(CHUNK_BYTES_MAX, (last?.bytes.length ?? STAGING_BYTES / 2) * 2);
      last = { bytes: mapBytes(Math.max(wanted, records.length)), used: 0 };
      chunks.push(last);
      this.#chunkBytes += last.bytes.length;
    }
    last.bytes.set(records, last.used);
    last.used += records.length;
  }

  /** All rows of a partition, as one piece or none; they are no longer here. */
  take(partition: number): Piece[] {
    if (this.#codec && this.#codec.used[partition] > 0) this.#flush(partition, true);
    const chunks = this.#chunks[partition];
    if (chunks.length === 0) return [];
    for (const { bytes } of chunks) this.#chunkBytes -= bytes.length;
    this.#chunks[partition] = [];
    const blocks = chunks.map(({ bytes, used }) => bytes.subarray(0, used));
    return [{ partition, layout: this.#layout, blocks, segments: [] }];
  }

  takeAll(): Piece[] {
    const pieces: Piece[] = [];
    for (let partition = 0; partition < PARTITIONS; partition++) pieces.push(...this.take(partition));
    this.rows = 0;
    return pieces;
  }
}
