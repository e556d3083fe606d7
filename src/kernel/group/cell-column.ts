/** One value of any type per group, kept as its own copy: the state of min, max, first, last and any. */
import type { ByteWriter } from "../../sketch/bytes.ts";
import { Cell, NO_BYTES, NULL } from "./cell.ts";
import { growBytes, growFloats } from "./grow.ts";

export class CellColumn {
  /** NULL where there is no value yet. */
  tags: Uint8Array = new Uint8Array(16);
  numbers: Float64Array = new Float64Array(16);
  readonly #bytes: (Uint8Array | undefined)[] = [];
  readonly #cell: Cell = new Cell();

  grow(count: number): void {
    this.tags = growBytes(this.tags, count);
    this.numbers = growFloats(this.numbers, count);
  }

  set(group: number, cell: Cell): void {
    this.tags[group] = cell.tag;
    this.numbers[group] = cell.number;
    if (cell.hasBytes && cell.tag !== NULL) {
      this.#bytes[group] = new Uint8Array(cell.bytes.subarray(cell.start, cell.end));
    } else if (this.#bytes[group] !== undefined) this.#bytes[group] = undefined;
  }

  load(group: number, cell: Cell): void {
    const bytes = this.#bytes[group];
    cell.setBytes(this.tags[group], bytes ?? NO_BYTES, 0, bytes?.length ?? 0);
    cell.number = this.numbers[group];
    cell.hasBytes = bytes !== undefined;
  }

  value(group: number): unknown {
    this.load(group, this.#cell);
    return this.#cell.value();
  }

  write(writer: ByteWriter, group: number): void {
    this.load(group, this.#cell);
    this.#cell.write(writer);
  }
}
