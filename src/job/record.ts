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
  #batch: Batch | undefined;
  #row = 0;

  constructor(columns: Column[], wanted: number[]) {
    wanted.forEach((column, at) => {
      const { name } = columns[column];
      Object.defineProperty(this.record, name, { enumerable: true, get: this.#getter(columns[column], at) });
    });
  }

  move(batch: Batch, row: number): void {
    this.#batch = batch;
    this.#row = row;
  }

  /** A plain object with the values of all columns. */
  snapshot(): Record<string, unknown> {
    return { ...this.record };
  }

  #getter(column: Column, at: number): () => unknown {
    return () => {
      const batch = this.#batch!;
      const place = (this.#row * batch.columns + at) * 2;
      const end = batch.ranges[place + 1];
      if (end < 0) return null;
      const value = decodeField(batch.bytes, batch.ranges[place], end, column.type);
      if (value !== BAD) return value;
      this.bad = new BadField(column, Buffer.from(batch.bytes.subarray(batch.ranges[place], end)).toString());
      throw this.bad;
    };
  }
}
