/** How many records the scalar parser reads at a time where the kernel stops: the more, the closer together such records lie. */

/** Where the kernel takes fewer rows than that between two records that it does not take, the scalar parser reads some more. */
const FEW_ROWS = 16;
const STRETCH_MAX = 256;

export class Stretch {
  #length = 1;
  /** Rows when the scalar parser had read. */
  #rowsBefore = 0;

  /** A batch begins, without rows. */
  begin(): void {
    this.#rowsBefore = 0;
  }

  /** Records to read now that there are so many rows. */
  next(rows: number): number {
    this.#length = rows - this.#rowsBefore < FEW_ROWS ? Math.min(this.#length * 2, STRETCH_MAX) : 1;
    return this.#length;
  }

  /** They are read. */
  end(rows: number): void {
    this.#rowsBefore = rows;
  }
}
