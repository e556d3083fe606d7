/** A kernel whose group-by may outgrow the cache and memory: what a session works with, bounds and spill file included. */
import { COMPACT_BYTES, FRONT_BYTES_MAX, FRONT_GROUPS_MAX } from "../base/limits.ts";
import type { Batch, ColumnType, Parser, ParserOptions } from "../input/batch.ts";
import type { DecodeResult, Grouping, Kernel, KernelArrays, TextInterner } from "../kernel/kernel.ts";
import { PartitionedGrouping, type PartitionLimits } from "../kernel/partition/partitioned-grouping.ts";
import type { Piece } from "../kernel/partition/piece.ts";
import { type RowCodec, rowsOf } from "../kernel/partition/rows.ts";
import type { Vector } from "../kernel/vector.ts";
import { SpillFile } from "./spill.ts";

/** What one worker of a run may use. Plain data. */
export interface MemoryPlan {
  /** Bytes of rows, tables and partials that a worker may hold. */
  bytes: number;
  /** Where it puts the rest. */
  folder: string;
  /** Each split's partial comes back at once, in one piece: it is small, and never cut. */
  isWhole: boolean;
  /** Of tests: other limits than these bytes lead to. */
  limits?: Partial<PartitionLimits>;
}

function limitsOf({ bytes, isWhole, limits }: MemoryPlan): PartitionLimits {
  if (isWhole) return { frontGroups: Infinity, frontBytes: Infinity, compactBytes: Infinity, memoryBytes: Infinity };
  return {
    frontGroups: FRONT_GROUPS_MAX,
    frontBytes: Math.min(FRONT_BYTES_MAX, bytes / 2),
    compactBytes: Math.min(COMPACT_BYTES, bytes / 2),
    memoryBytes: bytes,
    ...limits,
  };
}

export class PartitionedKernel implements Kernel {
  readonly name: "simd" | "scalar";
  readonly arrays?: KernelArrays;
  readonly store: SpillFile;
  readonly #kernel: Kernel;
  readonly #limits: PartitionLimits;
  #codec: RowCodec | undefined;
  #grouping: PartitionedGrouping | undefined;

  constructor(kernel: Kernel, memory: MemoryPlan, worker: string) {
    this.#kernel = kernel;
    this.name = kernel.name;
    if (kernel.arrays) this.arrays = kernel.arrays;
    this.#limits = limitsOf(memory);
    this.store = new SpillFile(memory.folder, worker);
  }

  get interner(): (() => TextInterner) | undefined {
    return this.#kernel.interner?.bind(this.#kernel);
  }

  get codec(): RowCodec {
    return (this.#codec ??= rowsOf(this.#kernel));
  }

  parser(options: ParserOptions): Parser {
    return this.#kernel.parser(options);
  }

  decode(batch: Batch, column: number, type: ColumnType, rows: Int32Array, n: number, out?: Vector): DecodeResult {
    return this.#kernel.decode(batch, column, type, rows, n, out);
  }

  /** The one group-by of a session. */
  grouping(options: Parameters<Kernel["grouping"]>[0]): Grouping {
    const { store } = this;
    const codec = () => this.codec;
    const create = () => this.#kernel.grouping(options);
    this.#grouping = new PartitionedGrouping({ ...options, create, codec, store, limits: this.#limits });
    return this.#grouping;
  }

  /** All that the group-by holds, by part. */
  takePieces(parts: number): Piece[][] {
    return this.#grouping!.takePieces(parts);
  }

  /** Tables to finish partitions in. What the group-by held is dropped. */
  emptyFront(): Grouping {
    return this.#grouping!.emptyFront();
  }

  /** Closes files, and gives the kernel's memory back. */
  close(): void {
    this.store.close();
    this.#kernel.close?.();
  }
}
