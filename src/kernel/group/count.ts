/** count(): rows. count(x): rows where x is not null. */
import type { ByteReader, ByteWriter } from "../../sketch/bytes.ts";
import type { ResultVector } from "../columns.ts";
import type { Vector } from "../vector.ts";
import { type Accumulator, countsOf } from "./accumulator.ts";
import type { Arrays } from "./arrays.ts";

export class CountAccumulator implements Accumulator {
  protected readonly arrays: Arrays;
  protected counts: Float64Array;
  #groups = 0;

  constructor(arrays: Arrays) {
    this.arrays = arrays;
    this.counts = arrays.floats(16);
  }

  grow(count: number): void {
    this.#groups = count;
    this.counts = this.arrays.growFloats(this.counts, count);
  }

  clear(): void {
    this.counts.fill(0, 0, this.#groups);
  }

  step(groups: Int32Array, n: number, inputs: Vector[]): void {
    const counts = this.counts;
    const input = inputs[0];
    if (input === undefined) for (let i = 0; i < n; i++) counts[groups[i]]++;
    else if (input.kind === "text") for (let i = 0; i < n; i++) counts[groups[i]] += input.ends[i] < 0 ? 0 : 1;
    else if (input.kind === "values") for (let i = 0; i < n; i++) counts[groups[i]] += isNull(input.values[i]) ? 0 : 1;
    else if (input.nulls === undefined) for (let i = 0; i < n; i++) counts[groups[i]]++;
    else for (let i = 0; i < n; i++) counts[groups[i]] += input.nulls[i] === 0 ? 1 : 0;
  }

  write(writer: ByteWriter, groups: Int32Array): void {
    writer.counts(this.counts, groups);
  }

  merge(reader: ByteReader, map: Int32Array): void {
    const counts = reader.counts(map.length);
    for (let i = 0; i < map.length; i++) this.counts[map[i]] += counts[i];
  }

  finish(group: number): number {
    return this.counts[group];
  }

  vector(groups: Int32Array): ResultVector {
    return countsOf(this.counts, groups);
  }
}

function isNull(value: unknown): boolean {
  return value === null || value === undefined || (value instanceof Date && Number.isNaN(value.getTime()));
}
