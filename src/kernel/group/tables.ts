/** What a kernel brings to the group-by: its arrays, its tables, and the aggregates that it does in a way of its own. */
import type { AggregateSpec, UserAggregate } from "../kernel.ts";
import type { Vector } from "../vector.ts";
import type { Accumulator } from "./accumulator.ts";
import { type Arrays, HeapArrays } from "./arrays.ts";
import { createAccumulator } from "./create.ts";
import { Dictionary } from "./dictionary.ts";
import { hashKeys } from "./hash-vector.ts";
import { PairSet } from "./pair-set.ts";
import { PairTable } from "./pair-table.ts";
import type { ValueTable } from "./value-table.ts";

/** Pairs of ids to dense ids: see pair-table.ts. */
export interface Pairs {
  readonly size: number;
  readonly bytes: number;
  readonly lefts: Int32Array;
  readonly rights: Int32Array;
  /**
   * Ids of (lefts[i], rights[i]) for the first n rows into `out`, which may be `lefts`. All lefts are below leftCount and
   * all rights below rightCount and not negative; Infinity: unknown.
   */
  intern(
    lefts: Int32Array,
    rights: Int32Array,
    n: number,
    out: Int32Array,
    leftCount: number,
    rightCount: number,
  ): void;
  /** Ids of pairs that are there, -1 for others and where a side is negative. True: there was a -1. */
  find(lefts: Int32Array, rights: Int32Array, n: number, out: Int32Array): boolean;
  clear(): void;
}

/** A set of (group, value id) pairs: see pair-set.ts. */
export interface Members {
  readonly size: number;
  readonly bytes: number;
  /** Adds (groups[i], ids[i]) for the first n rows; counts[group] grows by one where the pair is new. */
  add(groups: Int32Array, ids: Int32Array, n: number, counts: Float64Array, groupCount: number, idCount: number): void;
  /** Value ids by group: out[next[group]++] = id for every pair. */
  collect(next: Int32Array, out: Int32Array): void;
  /** Rows of bits, `words` × 4 bytes per group; undefined where that is not how they are kept. Valid until the next call. */
  rows(groups: Int32Array, words: number): Uint8Array | undefined;
  /** Adds such rows: bit k of row i is the pair (groups[i], ids[k]). Bits behind the ids' end are not looked at. */
  addRows(
    groups: Int32Array,
    ids: Int32Array,
    rows: Uint8Array,
    words: number,
    counts: Float64Array,
    groupCount: number,
    idCount: number,
  ): void;
  clear(): void;
}

export interface Tables {
  readonly arrays: Arrays;
  values(): ValueTable;
  pairs(): Pairs;
  members(): Members;
  /** The hash of each of n rows' keys: see hash-vector.ts. */
  hash(keys: Vector[], n: number, out: Int32Array): void;
  accumulator(spec: AggregateSpec, user: UserAggregate | undefined): Accumulator;
}

/** The scalar kernel's. */
export function heapTables(): Tables {
  const tables: Tables = {
    arrays: new HeapArrays(),
    values: () => new Dictionary(),
    pairs: () => new PairTable(),
    members: () => new PairSet(),
    hash: hashKeys,
    accumulator: (spec, user) => createAccumulator(spec, user, tables),
  };
  return tables;
}
