/** One value of any type per group, kept as its own copy: the state of min, max, first, last and any. */
import type { ByteWriter } from "../../sketch/bytes.ts";
import type { Arrays } from "./arrays.ts";
import { Cell, NO_BYTES, NULL } from "./cell.ts";

/** What an array of its own costs beside its bytes, about. */
const BYTES_PER_VALUE = 120;

export class CellColumn {
  /** NULL where there is no value yet. */
  tags: Uint8Array;
  numbers: Float64Array;
  readonly #arrays: Arrays;
  #groups = 0;
  /** Bytes of the values, about. */
  bytes = 0;
  #bytes: (Uint8Array | undefined)[] = [];
  readonly #cell: Cell = new Cell();

  constructor(arrays: Arrays) {
    this.#arrays = arrays;
    this.tags = arrays.bytes(16);
    this.numbers = arrays.floats(16);
  }

  grow(count: number): void {
    this.#groups = count;
    this.tags = this.#arrays.growBytes(this.tags, count);
    this.numbers = this.#arrays.growFloats(this.numbers, count);
  }

  clear(): void {
    this.tags.fill(0, 0, this.#groups);
    this.numbers.fill(0, 0, this.#groups);
    this.#bytes = [];
    this.bytes = 0;
  }

  set(group: number, cell: Cell): void {
    this.tags[group] = cell.tag;
    this.numbers[group] = cell.number;
    if (this.#bytes[group] !== undefined) this.bytes -= this.#bytes[group].length + BYTES_PER_VALUE;
    if (cell.hasBytes && cell.tag !== NULL) {
      this.bytes += cell.end - cell.start + BYTES_PER_VALUE;
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
