/**
 * The record that user functions see: a cursor over a batch. One object a worker, with an own enumerable getter per
 * column, so that `event.url`, `{ ...event }` and destructuring work; a field is decoded when somebody looks.
 * Valid during the call; `snapshot` makes a copy that lasts.
 */
import { InputError } from "../base/errors.ts";
import type { Batch, Column, ColumnType, RejectReason } from "../input/batch.ts";
import { BAD, decodeField } from "../kernel/scalar/decode.ts";

/** Thrown by a getter whose field does not parse: the row is rejected, whatever the function makes of it. */
export class BadField extends InputError {
  readonly column: string;
  readonly reason: RejectReason;
  constructor(column: Column, text: string) {
    super("ERR_BAD_FIELD", `column ${column.name}: ${JSON.stringify(text)} is not ${article(column.type)}`);
    this.column = column.name;
    this.reason = `bad-${column.type}` as RejectReason;
  }
}

function article(type: ColumnType): string {
  return type === "int" ? "an int (a safe integer)" : `a ${type}`;
}

export class RecordCursor {
  /** What user functions get. */
  readonly record: Record<string, unknown> = {};
  /** Set when a getter met a field that does not parse, even if the function caught the error. */
  bad: BadField | undefined;
  readonly #fields: { column: Column; at: number }[];
  #batch: Batch | undefined;
  #row = 0;

  constructor(columns: Column[], wanted: number[]) {
    this.#fields = wanted.map((column, at) => ({ column: columns[column], at }));
    for (const { column, at } of this.#fields) {
      Object.defineProperty(this.record, column.name, { enumerable: true, get: this.#getter(column, at) });
    }
  }

  move(batch: Batch, row: number): void {
    this.#batch = batch;
    this.#row = row;
  }

  /** A plain object with the values of all columns. */
  snapshot(): Record<string, unknown> {
    return { ...this.record };
  }

  /**
   * The same for who may not look at every column: where a field does not parse, looking at it sets `bad` and throws, as
   * it does in the record.
   */
  tolerantSnapshot(): { record: Record<string, unknown>; hasBad: boolean } {
    const record: Record<string, unknown> = {};
    let hasBad = false;
    for (const { column, at } of this.#fields) {
      const value = this.#decode(column, at);
      if (!(value instanceof BadField)) {
        if (column.name in record) Object.defineProperty(record, column.name, { enumerable: true, value });
        else record[column.name] = value;
        continue;
      }
      hasBad = true;
      const get = () => {
        this.bad = value;
        throw value;
      };
      Object.defineProperty(record, column.name, { enumerable: true, get });
    }
    return { record, hasBad };
  }

  #getter(column: Column, at: number): () => unknown {
    return () => {
      const value = this.#decode(column, at);
      if (!(value instanceof BadField)) return value;
      this.bad = value;
      throw value;
    };
  }

  #decode(column: Column, at: number): unknown {
    const batch = this.#batch!;
    const place = (this.#row * batch.columns + at) * 2;
    const end = batch.ranges[place + 1];
    if (end < 0) return null;
    const value = decodeField(batch.bytes, batch.ranges[place], end, column.type);
    if (value !== BAD) return value;
    return new BadField(column, Buffer.from(batch.bytes.subarray(batch.ranges[place], end)).toString());
  }
}
