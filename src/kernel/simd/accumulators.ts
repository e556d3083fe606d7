/**
 * Aggregates whose steps the SIMD kernel does: the scalar ones, with their state in the kernel's memory. What is unusual
 * in a step (see assembly/exact.ts) comes back in a report and goes the scalar way, row by row.
 */
import { inputOf } from "../group/accumulator.ts";
import { ApproxDistinctAccumulator } from "../group/approx.ts";
import { tagOf } from "../group/cell.ts";
import { CountAccumulator } from "../group/count.ts";
import type { ExactSums } from "../group/exact.ts";
import { ExtremeAccumulator } from "../group/extreme.ts";
import { VarianceAccumulator } from "../group/moments.ts";
import { SumAccumulator } from "../group/sum.ts";
import type { NumberVector, Vector } from "../vector.ts";
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

/** Where the columns of a step lie. */
interface Placed {
  groups: number;
  values: number;
  nulls: number;
  report: number;
}

function placed(
  space: Space,
  groups: Int32Array,
  n: number,
  values: Float64Array,
  nulls: Uint8Array | undefined,
): Placed {
  return {
    groups: space.place(groups, n, 1),
    values: space.place(values, n, 2),
    nulls: nulls === undefined ? 0 : space.place(nulls, n, 4),
    // A row number each, and at most three spills.
    report: space.scratch(5, 32 + n * (4 + 3 * 16)),
  };
}

/** Rows that the kernel left alone. */
function* rowsOf(space: Space, report: number): Generator<number> {
  const count = space.instance.words[report / 4];
  for (let i = 0; i < count; i++) yield space.instance.words[report / 4 + 4 + i];
}

/** What sums could not hold goes to where they keep such things. */
function spill(space: Space, report: number, n: number, lists: ExactSums[]): void {
  const { words, floats } = space.instance;
  const count = words[report / 4 + 1];
  const first = report + 16 + ((n * 4 + 15) & ~15);
  for (let i = 0; i < count; i++) {
    const at = first + i * 16;
    lists[words[at / 4 + 3]].addRest(words[at / 4 + 2], floats[at / 8]);
  }
}

export class SimdSum extends SumAccumulator {
  readonly #space: Space;

  constructor(op: "sum" | "mean", space: Space) {
    super(op, space.arrays);
    this.#space = space;
  }

  protected override stepFloats(
    groups: Int32Array,
    n: number,
    values: Float64Array,
    nulls: Uint8Array | undefined,
  ): void {
    const space = this.#space;
    const at = placed(space, groups, n, values, nulls);
    const { seen, counts, floats } = this;
    const parts = floats.parts.byteOffset;
    space.kernel.sumFloats(at.groups, n, at.values, at.nulls, seen.byteOffset, counts.byteOffset, parts, at.report);
    spill(space, at.report, n, [floats]);
    for (const row of rowsOf(space, at.report)) this.addFloatRow(groups[row], values[row]);
  }

  protected override stepInts(
    groups: Int32Array,
    n: number,
    values: Float64Array,
    nulls: Uint8Array | undefined,
  ): void {
    const space = this.#space;
    const at = placed(space, groups, n, values, nulls);
    const { seen, counts, ints } = this;
    const sums = ints.byteOffset;
    space.kernel.sumInts(at.groups, n, at.values, at.nulls, seen.byteOffset, counts.byteOffset, sums, at.report);
    for (const row of rowsOf(space, at.report)) this.addIntRow(groups[row], values[row]);
  }
}

export class SimdVariance extends VarianceAccumulator {
  readonly #space: Space;

  constructor(op: "variance" | "stddev", space: Space) {
    super(op, space.arrays);
    this.#space = space;
  }

  protected override stepDoubles(
    groups: Int32Array,
    n: number,
    values: Float64Array,
    nulls: Uint8Array | undefined,
  ): void {
    const space = this.#space;
    const at = placed(space, groups, n, values, nulls);
    const [sums, squares] = [this.sums.parts.byteOffset, this.squares.parts.byteOffset];
    space.kernel.sumSquares(at.groups, n, at.values, at.nulls, this.counts.byteOffset, sums, squares, at.report);
    spill(space, at.report, n, [this.sums, this.squares]);
    for (const row of rowsOf(space, at.report)) this.addRow(groups[row], values[row]);
  }
}

export class SimdExtreme extends ExtremeAccumulator {
  readonly #space: Space;

  constructor(op: "min" | "max", space: Space) {
    super(op, space.arrays);
    this.#space = space;
  }

  protected override stepNumbers(groups: Int32Array, n: number, input: NumberVector): void {
    const space = this.#space;
    const at = placed(space, groups, n, input.values, input.nulls);
    const { tags, numbers } = this.best;
    const tag = tagOf(input.kind);
    const [types, bests] = [tags.byteOffset, numbers.byteOffset];
    space.kernel.extremes(at.groups, n, at.values, at.nulls, tag, this.sign, types, bests, at.report);
    for (const row of rowsOf(space, at.report)) this.offerRow(groups[row], input, row);
  }
}

export class SimdApproxDistinct extends ApproxDistinctAccumulator {
  readonly #space: Space;
  #entries: Int32Array;

  constructor(space: Space) {
    super();
    this.#space = space;
    this.#entries = space.arrays.ints(0);
  }

  override step(groups: Int32Array, n: number, inputs: Vector[]): void {
    const input = inputOf(inputs, "approxDistinct");
    if (input.kind === "values" || input.kind === "bigint") {
      super.step(groups, n, inputs);
      return;
    }
    const space = this.#space;
    this.#entries = space.arrays.growInts(this.#entries, n);
    const to = this.#entries.byteOffset;
    if (input.kind === "text") {
      const { bytes, starts, ends } = space.placeText(input, n);
      space.kernel.sketchTexts(bytes, starts, ends, n, to);
    } else {
      const nulls = input.nulls === undefined ? 0 : space.place(input.nulls, n, 2);
      space.kernel.sketchNumbers(tagOf(input.kind), space.place(input.values, n, 1), nulls, n, to);
    }
    const { sketches } = this;
    const entries = this.#entries;
    for (let i = 0; i < n; i++) if (entries[i] >= 0) sketches[groups[i]].addEntry(entries[i]);
  }
}
