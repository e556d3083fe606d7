/**
 * The contract of the kernel: parsing, and the group-by. Two implementations exist behind it: the scalar TypeScript
 * twin (kernel/scalar) and, in time, the SIMD one; a third, naive one lives in the tests. It does no I/O and knows no jobs.
 */
import type { Batch, ColumnType, Parser, ParserOptions, Rejected } from "../input/batch.ts";
import type { ResultVectors } from "./columns.ts";
import type { RowCodec } from "./partition/rows.ts";
import type { RowOrder, TextVector, Vector } from "./vector.ts";

/** A built-in aggregate as plain data. `inputs` of a step are given as vectors, in the order of the op's arguments. */
export interface AggregateSpec {
  op:
    | "count" // no input: rows; one input: rows where it is not null
    | "distinct" // exact count of different non-null values
    | "approxDistinct"
    | "sum"
    | "mean"
    | "min"
    | "max"
    | "variance" // sample variance
    | "stddev"
    | "quantile" // options.q: one number or several; DDSketch, options.relativeError (0.01)
    | "histogram" // options.width: bucket width; value → count
    | "topK" // options.k: most frequent values and counts, ties by value; exact
    | "first" // inputs: value, [timestamp]; ties by file and offset
    | "last"
    | "any" // the non-null value that comes first by file and offset
    | "collect" // options.limit: values in order of file and offset
    | "user"; // a user-defined aggregate: see UserAggregate
  options: Record<string, unknown>;
}

/** The user's own aggregate, already found in the worker. Laws: merge associative and commutative, zero neutral. */
export interface UserAggregate {
  zero(): unknown;
  step(accumulator: unknown, value: unknown): unknown;
  merge(left: unknown, right: unknown): unknown;
  finish(accumulator: unknown): unknown;
}

/** Group-by state of one worker: tables that grow. Not thread-safe; one owner. */
export interface Grouping {
  /** Folds n rows. keys: one vector per key; inputs: per aggregate its input vectors. */
  fold(n: number, keys: Vector[], inputs: Vector[][], order: RowOrder): void;
  readonly groups: number;
  /** The partial as bytes, cut into `parts` hash partitions: part p of every worker holds the same keys. */
  export(parts: number): Uint8Array[];
  /** Folds an exported partial (or part) of the same plan into this one. */
  merge(partial: Uint8Array): void;
  /**
   * Finished groups sorted by key (text by bytes, numbers by value, false before true, null last).
   * One array per key column, then one per aggregate. Timestamps come as microseconds (number); text as string;
   * int and float as number; bigint as bigint; sum of int as number where safe, else bigint; several quantiles as number[].
   */
  finish(): { rows: number; columns: unknown[][] };
  reset(): void;
}

/**
 * A group-by that fits the cache and knows what is around it: what a partitioned group-by (kernel/partition) is made of.
 * The hash of a key tuple is one 32-bit number, the same in every worker of a run, whatever kind of vector brings the
 * values, and `export(parts)` puts a group into part floor(hash / 2^32 × parts): partition p of 256 is hash >>> 24 === p.
 */
export interface PartitionableGrouping extends Grouping {
  /** Memory that the tables and the state of the aggregates hold now, in bytes: cheap to ask for, right within a fifth or so. */
  readonly bytes: number;
  /**
   * Folds the rows whose group is there already, and no others. The indexes of the others, in ascending order, go to
   * `missing`, and the hashes of their keys to `hashes`, at the same places. Returns how many they are.
   */
  foldKnown(
    n: number,
    keys: Vector[],
    inputs: Vector[][],
    order: RowOrder,
    missing: Int32Array,
    hashes: Int32Array,
  ): number;
  /** The hash of each row's keys. */
  hashes(n: number, keys: Vector[], out: Int32Array): void;
  /**
   * Finished groups as typed columns, in key order as `finish` has them, or as they came. Numbers that are no counts,
   * truths or timestamps have kind float. Valid until the next call of anything but this; copy what must live longer.
   */
  finishVectors(sorted: boolean): ResultVectors;
}

/** Arrays in the memory that the kernel works on: it takes what lies there without a copy. */
export interface KernelArrays {
  /** n words or more. `old`: an array from here that is given up for it. */
  ints(n: number, old?: Int32Array): Int32Array;
  /** n doubles or more. */
  doubles(n: number, old?: Float64Array): Float64Array;
  /** n bytes. */
  bytes(n: number): Uint8Array;
  free(array: Int32Array | Float64Array | Uint8Array): void;
}

/** Different texts of a column, numbered from 0 in the order in which they were met; null is one of them. */
export interface TextInterner {
  readonly size: number;
  /** The number of each of n texts, until the next call; undefined: they lie in memory that the kernel does not know. */
  intern(vector: TextVector, n: number): Int32Array | undefined;
  /** A copy of the texts numbered `from` and above. */
  textsFrom(from: number): TextVector;
  /** Forgets all. */
  clear(): void;
}

export interface Kernel {
  readonly name: "simd" | "scalar";
  /** Undefined: any array will do. */
  readonly arrays?: KernelArrays;
  /** Undefined: looking a text up would cost as much as reading it. */
  interner?(): TextInterner;
  parser(options: ParserOptions): Parser;
  /**
   * Column `column` (a position in the batch's ranges) of the n rows whose indexes are in `rows`, as a vector of its type.
   * A value that does not parse is null there and listed in `bad`; the caller leaves that row out. `out`: a vector of an
   * earlier call for the same column, to use again.
   */
  decode(batch: Batch, column: number, type: ColumnType, rows: Int32Array, n: number, out?: Vector): DecodeResult;
  /** Gives the memory back. Nothing that came from this kernel may be used any more. */
  close?(): void;
  /** Writes and reads rows of partitions in this kernel's memory; undefined: the one in TypeScript will do. */
  rows?: () => RowCodec;
  /** `user[i]` is set where aggregates[i].op is "user". */
  grouping(options: { keys: number; aggregates: AggregateSpec[]; user: (UserAggregate | undefined)[] }): Grouping;
}

/** Decodes column c of the selected rows of a batch to a vector of its type; rows that do not parse are reported, and left out by the caller. */
export type DecodeResult = { vector: Vector; bad: { index: number; rejected: Rejected }[] };
