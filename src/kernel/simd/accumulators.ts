/** Aggregates whose steps the SIMD kernel does: the scalar ones, with their state in the kernel's memory. */
import { CountAccumulator } from "../group/count.ts";
import type { Vector } from "../vector.ts";
import type { Space } from "./space.ts";

export class SimdCount extends CountAccumulator {
  readonly #space: Space;

  constructor(space: Space) {
    super(space.arrays);
    this.#space = space;
  }

  override step(groups: Int32Array, n: number, inputs: Vector[]): void {
    const input = inputs[0];
    if (input?.kind === "values") {
      super.step(groups, n, inputs);
      return;
    }
    const { kernel } = this.#space;
    const from = this.#space.place(groups, n, 1);
    const to = this.counts.byteOffset;
    if (input?.kind === "text") kernel.countText(from, this.#space.place(input.ends, n, 2), n, to);
    else if (input?.nulls) kernel.countValid(from, this.#space.place(input.nulls, n, 2), n, to);
    else kernel.countRows(from, n, to);
  }
}
