/** approxDistinct(x): one HyperLogLog per group; standard error 1.6 %. */
import { hashBytes, hashNumber } from "../../base/hash.ts";
import type { ByteReader, ByteWriter } from "../../sketch/bytes.ts";
import { HyperLogLog } from "../../sketch/hyperloglog.ts";
import type { Vector } from "../vector.ts";
import { type Accumulator, inputOf } from "./accumulator.ts";
import { Cell, NULL } from "./cell.ts";

/** Seeds that make the two hashes of a value independent; the type's tag goes into both. */
const REGISTER_SEED = 0x2545f491;
const RANK_SEED = 0x1b56c4e9;

/** So often is the memory of sketches asked for before they are looked at again. */
const ASKED_EACH = 64;

export class ApproxDistinctAccumulator implements Accumulator {
  protected sketches: HyperLogLog[] = [];
  readonly #cell: Cell = new Cell();
  /** Sketches only grow: what they take is added up anew whenever there are more of them, or asked often enough. */
  #bytes = 0;
  #asked = 0;

  grow(count: number): void {
    while (this.sketches.length < count) this.sketches.push(new HyperLogLog());
  }

  clear(): void {
    this.sketches = [];
    this.#asked = 0;
  }

  get bytes(): number {
    if (this.#asked++ % ASKED_EACH === 0) {
      this.#bytes = 0;
      for (const sketch of this.sketches) this.#bytes += sketch.bytes;
    }
    return this.#bytes;
  }

  step(groups: Int32Array, n: number, inputs: Vector[]): void {
    const input = inputOf(inputs, "approxDistinct");
    const cell = this.#cell;
    for (let i = 0; i < n; i++) {
      cell.load(input, i);
      if (cell.tag !== NULL) this.sketches[groups[i]].add(hash(cell, REGISTER_SEED), hash(cell, RANK_SEED));
    }
  }

  write(writer: ByteWriter, groups: Int32Array): void {
    for (const group of groups) this.sketches[group].write(writer);
  }

  merge(reader: ByteReader, map: Int32Array): void {
    for (const group of map) this.sketches[group].mergeFrom(reader);
  }

  finish(group: number): number {
    return this.sketches[group].estimate();
  }
}

function hash(cell: Cell, seed: number): number {
  if (cell.hasBytes) return hashBytes(cell.bytes, cell.start, cell.end, seed ^ cell.tag);
  return hashNumber(cell.number, seed ^ cell.tag);
}
