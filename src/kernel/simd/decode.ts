/**
 * Columns to vectors where the batch lies in the kernel's memory: plain values in WebAssembly, the few others by the exact
 * reader of the scalar twin, which also says what is wrong with them. Vectors are views of that memory, so that the
 * group-by takes them without a copy. A batch that lies elsewhere goes to the scalar twin whole.
 */
import type { Batch, ColumnType, Rejected } from "../../input/batch.ts";
import type { DecodeResult } from "../kernel.ts";
import { decodeColumn, parseValue, rejectedField } from "../scalar/decode.ts";
import { parseBigint } from "../scalar/number.ts";
import type { BigintVector, NumberVector, TextVector, Vector } from "../vector.ts";
import type { KernelInstance } from "./instance.ts";
import { KernelMemory } from "./memory.ts";

type DecodeValues = (
  bytes: number,
  ranges: number,
  stride: number,
  rows: number,
  n: number,
  values: number,
  nulls: number,
  slow: number,
) => number;

interface DecodeExports {
  decodeTexts(ranges: number, stride: number, rows: number, n: number, starts: number, ends: number): void;
  decodeInts: DecodeValues;
  decodeFloats: DecodeValues;
  decodeBools: DecodeValues;
  decodeBigints: DecodeValues;
  decodeTimestamps: DecodeValues;
}

const HAS_NULLS: number = 1 << 30;
const NOTHING: DecodeResult["bad"] = [];

/** Where the selected fields of a column lie; addresses. */
interface Place {
  bytes: number;
  ranges: number;
  stride: number;
  rows: number;
}

/** Numbers and their null flags, which are handed out only where there is a null. */
interface Slots {
  vector: NumberVector | BigintVector;
  nulls: Uint8Array;
}

export class SimdDecoder {
  readonly #instance: KernelInstance;
  readonly #memory: KernelMemory;
  readonly #wasm: DecodeExports;
  readonly #byType: Record<Exclude<ColumnType, "text">, DecodeValues>;
  /** Rows of a caller whose selection lies elsewhere. */
  #rows: Int32Array | undefined;
  #slow: Int32Array;
  /** By vector handed out: where its flags are, while it has none to show. */
  readonly #slots: WeakMap<Vector, Slots> = new WeakMap();

  constructor(instance: KernelInstance, memory: KernelMemory = new KernelMemory(instance)) {
    this.#instance = instance;
    this.#memory = memory;
    this.#wasm = instance.functions<DecodeExports>();
    const { decodeInts, decodeFloats, decodeBools, decodeBigints, decodeTimestamps } = this.#wasm;
    this.#byType = {
      int: decodeInts,
      float: decodeFloats,
      bool: decodeBools,
      bigint: decodeBigints,
      timestamp: decodeTimestamps,
    };
    this.#slow = memory.ints(1024);
  }

  /** As `decodeColumn` of the scalar twin, which see. */
  decode(batch: Batch, column: number, type: ColumnType, rows: Int32Array, n: number, out?: Vector): DecodeResult {
    const bytes = this.#instance.addressOf(batch.bytes);
    const ranges = this.#instance.addressOf(batch.ranges);
    if (bytes === undefined || ranges === undefined) return decodeColumn(batch, column, type, rows, n, out);
    const place = { bytes, ranges: ranges + column * 8, stride: batch.columns * 8, rows: this.#rowsAt(rows, n) };
    if (type === "text") return { vector: this.#texts(place, batch.bytes, n, out), bad: NOTHING };
    const slots = this.#slotsFor(type, n, out);
    const { vector, nulls } = slots;
    if (this.#slow.length < n) this.#slow = this.#memory.ints(n, this.#slow);
    const { byteOffset: values } = vector.values;
    const slow = this.#slow;
    const found = this.#byType[type](
      place.bytes,
      place.ranges,
      place.stride,
      place.rows,
      n,
      values,
      nulls.byteOffset,
      slow.byteOffset,
    );
    vector.nulls = (found & HAS_NULLS) !== 0 ? nulls : undefined;
    const count = found & ~HAS_NULLS;
    return { vector, bad: count === 0 ? NOTHING : this.#readSlow(batch, column, type, rows, n, slots, count) };
  }

  #rowsAt(rows: Int32Array, n: number): number {
    const at = this.#instance.addressOf(rows);
    if (at !== undefined) return at;
    if (this.#rows === undefined || this.#rows.length < n) this.#rows = this.#memory.ints(n, this.#rows);
    this.#rows.set(rows.length === n ? rows : rows.subarray(0, n));
    return this.#rows.byteOffset;
  }

  #texts(place: Place, bytes: Uint8Array, n: number, out: Vector | undefined): TextVector {
    let vector = out?.kind === "text" && this.#isOurs(out.starts) ? out : undefined;
    if (vector === undefined || vector.starts.length < n) {
      const [starts, ends] = [this.#memory.ints(n, vector?.starts), this.#memory.ints(n, vector?.ends)];
      vector = { kind: "text", bytes, starts, ends };
    }
    vector.bytes = bytes;
    const { starts, ends } = vector;
    this.#wasm.decodeTexts(place.ranges, place.stride, place.rows, n, starts.byteOffset, ends.byteOffset);
    return vector;
  }

  #isOurs(view: ArrayBufferView): boolean {
    return this.#instance.addressOf(view) !== undefined;
  }

  #slotsFor(type: Exclude<ColumnType, "text">, n: number, out: Vector | undefined): Slots {
    const known = out && this.#slots.get(out);
    const isBigint = type === "bigint";
    if (known && known.vector.values.length >= n && (known.vector.kind === "bigint") === isBigint) {
      if (!isBigint) known.vector.kind = type as "int";
      return known;
    }
    const room = this.#memory.doubles(n, known?.vector.values);
    const values = isBigint ? new BigInt64Array(room.buffer, room.byteOffset, room.length) : room;
    const nulls = this.#memory.bytes(room.length, known?.nulls);
    const vector = { kind: type, values, nulls: undefined } as NumberVector | BigintVector;
    const slots = { vector, nulls };
    this.#slots.set(vector, slots);
    return slots;
  }

  /** What is not plain, by the exact reader; nulls where even that finds no value. */
  #readSlow(
    batch: Batch,
    column: number,
    type: Exclude<ColumnType, "text">,
    rows: Int32Array,
    n: number,
    { vector, nulls }: Slots,
    count: number,
  ): { index: number; rejected: Rejected }[] {
    const { bytes, ranges, columns } = batch;
    const bad: { index: number; rejected: Rejected }[] = [];
    for (let k = 0; k < count; k++) {
      const index = this.#slow[k];
      const at = (rows[index] * columns + column) * 2;
      const value =
        type === "bigint"
          ? parseBigint(bytes, ranges[at], ranges[at + 1])
          : parseValue(bytes, ranges[at], ranges[at + 1], type);
      if (value !== undefined) {
        vector.values[index] = value;
        continue;
      }
      bad.push({ index, rejected: rejectedField(batch, rows[index], column, type) });
      if (vector.nulls === undefined) vector.nulls = nulls.fill(0, 0, n);
      nulls[index] = 1;
    }
    return bad;
  }
}
