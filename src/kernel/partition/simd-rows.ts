/** Rows of partitions in the kernel's memory, written and read in WebAssembly (assembly/partition.ts); exact twin of ScalarRows. */
import type { KernelInstance } from "../simd/instance.ts";
import type { KernelMemory } from "../simd/memory.ts";
import type { RawColumn } from "./layout.ts";
import { PARTITIONS } from "./piece.ts";
import { READ_ROWS, type RowCodec, type RowsRead, ScalarRows, STAGING_BYTES } from "./rows.ts";

/** Chunks of rows in memory are no larger; what comes from a spill file may be. */
const SOURCE_BYTES = 256 * 1024;

interface Functions {
  appendRows(
    from: number,
    n: number,
    rows: number,
    hashes: number,
    columns: number,
    count: number,
    staging: number,
    used: number,
  ): number;
  readRows(from: number, to: number, max: number, base: number, columns: number, count: number, next: number): number;
}

/** Arrays of one column in the kernel's memory. */
interface Target {
  starts: Int32Array;
  ends: Int32Array;
  eight: Float64Array;
  nulls: Uint8Array;
}

type Numbers = Int32Array | Float64Array | BigInt64Array | Uint8Array;

export class SimdRows implements RowCodec {
  readonly #instance: KernelInstance;
  readonly #memory: KernelMemory;
  readonly #functions: Functions;
  #staging: { staging: Uint8Array; used: Int32Array } | undefined;
  #scalar: ScalarRows | undefined;
  #rows: Int32Array | undefined;
  #hashes: Int32Array | undefined;
  /** Four words per column, behind one word for where the next record begins, and three of nothing. */
  #columns: Int32Array | undefined;
  /** Copies of columns that lay elsewhere, by place. */
  readonly #copies: (Uint8Array | undefined)[] = [];
  readonly #targets: Target[] = [];
  /** The columns that #columns describes, to go on with after a block was taken away. */
  #described: RawColumn[] | undefined;
  /** The block that is being read. */
  #source: Uint8Array | undefined;

  constructor(instance: KernelInstance, memory: KernelMemory) {
    this.#instance = instance;
    this.#memory = memory;
    this.#functions = instance.functions<Functions>();
  }

  #stage(): { staging: Uint8Array; used: Int32Array } {
    if (this.#staging === undefined) {
      const used = this.#memory.ints(PARTITIONS);
      used.fill(0);
      this.#staging = { staging: this.#memory.bytes(PARTITIONS * STAGING_BYTES), used };
    }
    return this.#staging;
  }

  get staging(): Uint8Array {
    return this.#stage().staging;
  }

  get used(): Int32Array {
    return this.#stage().used;
  }

  room(n: number): { rows: Int32Array; hashes: Int32Array } {
    if (this.#rows === undefined || this.#hashes === undefined || this.#rows.length < n) {
      this.#rows = this.#memory.ints(n, this.#rows);
      this.#hashes = this.#memory.ints(n, this.#hashes);
    }
    return { rows: this.#rows, hashes: this.#hashes };
  }

  append(from: number, n: number, rows: Int32Array, hashes: Int32Array, columns: RawColumn[]): number {
    const at = { rows: this.#instance.addressOf(rows), hashes: this.#instance.addressOf(hashes) };
    const isDescribed = this.#described === columns || this.#describe(columns, rows[n - 1] + 1);
    const { staging, used } = this.#stage();
    if (!isDescribed || at.rows === undefined || at.hashes === undefined) {
      this.#scalar ??= new ScalarRows({ staging, used });
      return this.#scalar.append(from, n, rows, hashes, columns);
    }
    this.#described = columns;
    return this.#functions.appendRows(
      from,
      n,
      at.rows,
      at.hashes,
      this.#columns!.byteOffset + 16,
      columns.length,
      staging.byteOffset,
      used.byteOffset,
    );
  }

  /** False: the bytes of a text lie elsewhere. */
  #describe(columns: RawColumn[], rows: number): boolean {
    this.#described = undefined;
    const words = this.#describing(columns.length);
    for (const [c, { text, eight, nulls }] of columns.entries()) {
      const at = 4 + c * 4;
      if (text === undefined) {
        const flags = nulls === undefined ? 0 : this.#here(nulls, rows, c * 2 + 1);
        words.set([1, this.#here(eight, rows, c * 2), flags, 0], at);
        continue;
      }
      const bytes = this.#instance.addressOf(text.bytes);
      if (bytes === undefined) return false;
      words.set([0, bytes, this.#here(text.starts, rows, c * 2), this.#here(text.ends, rows, c * 2 + 1)], at);
    }
    return true;
  }

  #describing(columns: number): Int32Array {
    const needed = 4 + columns * 4;
    if (this.#columns === undefined || this.#columns.length < needed)
      this.#columns = this.#memory.ints(needed, this.#columns);
    return this.#columns;
  }

  /** The address of the first `rows` of these numbers, or of a copy of them. */
  #here(numbers: Numbers, rows: number, place: number): number {
    const at = this.#instance.addressOf(numbers);
    if (at !== undefined) return at;
    const size = rows * numbers.BYTES_PER_ELEMENT;
    let copy = this.#copies[place];
    if (copy === undefined || copy.length < size) {
      copy = this.#memory.bytes(size * 2, copy);
      this.#copies[place] = copy;
    }
    copy.set(new Uint8Array(numbers.buffer, numbers.byteOffset, size));
    return copy.byteOffset;
  }

  read(block: Uint8Array, from: number, isText: boolean[]): RowsRead {
    const source = this.#load(block, from);
    const words = this.#describing(isText.length);
    this.#described = undefined;
    for (const [c, text] of isText.entries()) {
      const { starts, ends, eight, nulls } = this.#target(c);
      const [first, second] = text ? [starts, ends] : [eight, nulls];
      words.set([text ? 0 : 1, first.byteOffset, second.byteOffset, 0], 4 + c * 4);
    }
    const base = source.byteOffset;
    const rows = this.#functions.readRows(
      base + from,
      base + block.length,
      READ_ROWS,
      base,
      words.byteOffset + 16,
      isText.length,
      words.byteOffset,
    );
    const columns = isText.map((text, c): RawColumn => {
      const { starts, ends, eight, nulls } = this.#targets[c];
      if (text) return { text: { kind: "text", bytes: source, starts, ends } };
      return { eight, nulls: words[7 + c * 4] !== 0 ? nulls : undefined };
    });
    return { rows, next: (words[0] >>> 0) - base, columns };
  }

  /** A copy of the block in the kernel's memory, made when it is begun. */
  #load(block: Uint8Array, from: number): Uint8Array {
    if (this.#source === undefined || this.#source.length < block.length) {
      this.#source = this.#memory.bytes(Math.max(SOURCE_BYTES, block.length), this.#source);
    }
    if (from === 0) this.#source.set(block);
    return this.#source;
  }

  #target(column: number): Target {
    while (this.#targets.length <= column) {
      this.#targets.push({
        starts: this.#memory.ints(READ_ROWS),
        ends: this.#memory.ints(READ_ROWS),
        eight: this.#memory.doubles(READ_ROWS),
        nulls: this.#memory.bytes(READ_ROWS),
      });
    }
    return this.#targets[column];
  }
}
