/** The group-by of the SIMD kernel: the scalar one on tables in the kernel's memory, and with its steps in assembly/. */

import type { Accumulator } from "../group/accumulator.ts";
import { tagOf } from "../group/cell.ts";
import { createAccumulator } from "../group/create.ts";
import { createGrouping, type GroupingOptions } from "../group/grouping.ts";
import { hashVector } from "../group/hash-vector.ts";
import type { Tables } from "../group/tables.ts";
import type { AggregateSpec, PartitionableGrouping } from "../kernel.ts";
import type { Vector } from "../vector.ts";
import { SimdApproxDistinct, SimdCount, SimdExtreme, SimdSum, SimdVariance } from "./accumulators.ts";
import { SimdDictionary } from "./dictionary.ts";
import type { KernelInstance } from "./instance.ts";
import { SimdPairSet, SimdPairTable } from "./pair-table.ts";
import { Space } from "./space.ts";

export function createSimdGrouping(instance: KernelInstance, options: GroupingOptions): PartitionableGrouping {
  return createGrouping(options, simdTables(new Space(instance)));
}

/** Tables in the kernel's memory. */
export function simdTables(space: Space): Tables {
  const tables: Tables = {
    arrays: space.arrays,
    values: () => new SimdDictionary(space),
    pairs: () => new SimdPairTable(space),
    members: () => new SimdPairSet(space),
    hash: (keys, n, out) => hash(space, keys, n, out),
    accumulator: (spec, user) => simdAccumulator(space, spec.op) ?? createAccumulator(spec, user, tables),
  };
  return tables;
}

/** Undefined where the scalar one does: first, last, any, collect, user, and those of which only the tables count. */
function simdAccumulator(space: Space, op: AggregateSpec["op"]): Accumulator | undefined {
  switch (op) {
    case "count":
      return new SimdCount(space);
    case "approxDistinct":
      return new SimdApproxDistinct(space);
    case "sum":
    case "mean":
      return new SimdSum(op, space);
    case "min":
    case "max":
      return new SimdExtreme(op, space);
    case "variance":
    case "stddev":
      return new SimdVariance(op, space);
    default:
      return undefined;
  }
}

function hash(space: Space, keys: Vector[], n: number, out: Int32Array): void {
  const to = space.target(out, n, 3);
  const words = space.instance.ints(to, n);
  space.kernel.hashBegin(n, to);
  for (const key of keys) hashColumn(space, key, n, words);
  space.kernel.hashEnd(n, to);
  space.deliver(out, n, to);
}

function hashColumn(space: Space, key: Vector, n: number, out: Int32Array): void {
  const { kernel } = space;
  if (key.kind === "values" || key.kind === "bigint") hashVector(key, n, out);
  else if (key.kind === "text") {
    const { bytes, starts, ends } = space.placeText(key, n);
    kernel.hashTexts(bytes, starts, ends, n, out.byteOffset);
  } else {
    const nulls = key.nulls === undefined ? 0 : space.place(key.nulls, n, 2);
    kernel.hashNumbers(tagOf(key.kind), space.place(key.values, n, 1), nulls, n, out.byteOffset);
  }
}
