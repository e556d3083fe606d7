/**
 * The different texts of a column, as far as they repeat: what is computed from a text alone is computed once for each. A
 * column whose texts hardly repeat is given up for good, one with too many of them is begun anew now and then.
 */
import type { TextInterner } from "../kernel/kernel.ts";
import type { TextVector } from "../kernel/vector.ts";

/** More different texts than these are not kept: their strings would take tens of megabytes. */
const TEXTS_MAX = 65_536;
/** Each of that many must have been met so often, on average, to be worth it. */
const REPEATS_MIN = 4;
/** After so many rows it is clear whether they repeat at all: fewer than one in ten rows is an old acquaintance. */
const TRIAL_ROWS = 8192;
const TRIAL_FRESH_MAX = 0.9;
/** A text this long is cheaper to read than to look up and keep. */
const LONG_BYTES = 4096;

export class DistinctTexts {
  readonly #interner: TextInterner;
  #rows = 0;
  #isGivenUp = false;
  /** Counts how often all numbers became void. */
  epoch = 0;

  constructor(interner: TextInterner) {
    this.#interner = interner;
  }

  get size(): number {
    return this.#interner.size;
  }

  get isGivenUp(): boolean {
    return this.#isGivenUp;
  }

  /** The number of each of n texts, until the next call; undefined: read them one by one. */
  numbersOf(vector: TextVector, n: number): Int32Array | undefined {
    if (this.#isGivenUp || n === 0) return undefined;
    const { size } = this.#interner;
    if (size > TEXTS_MAX) this.#startAnew();
    if (this.#rows >= TRIAL_ROWS && size > this.#rows * TRIAL_FRESH_MAX) this.#isGivenUp = true;
    // One row tells: texts of a column are much alike in length.
    if (vector.ends[0] - vector.starts[0] > LONG_BYTES) this.#isGivenUp = true;
    const numbers = this.#isGivenUp ? undefined : this.#interner.intern(vector, n);
    if (numbers) this.#rows += n;
    else this.#giveUp();
    return numbers;
  }

  textsFrom(from: number): TextVector {
    return this.#interner.textsFrom(from);
  }

  #startAnew(): void {
    if (this.#rows < this.#interner.size * REPEATS_MIN) this.#isGivenUp = true;
    this.#rows = 0;
    this.epoch++;
    this.#interner.clear();
  }

  #giveUp(): void {
    this.#isGivenUp = true;
    this.epoch++;
    this.#interner.clear();
  }
}
