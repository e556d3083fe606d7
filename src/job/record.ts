/**
 * The record that user functions see: a cursor over a selection. One object a worker, with an own enumerable getter per
 * column, so that `event.url`, `{ ...event }` and destructuring work. Which columns a function looks at is learned while it
 * runs: a column that many rows were asked for is read for all rows of the selection at once, on first sight; one that is
 * looked at now and then (or whose texts hardly repeat) is read row by row. Valid during the call; `snapshot` makes a copy
 * that lasts.
 */
import { InputError } from "../base/errors.ts";
import type { Column, ColumnType, RejectReason } from "../input/batch.ts";
import { BAD, decodeField } from "../kernel/scalar/decode.ts";
import { RecordColumn } from "./record-column.ts";
import type { Selection } from "./selection.ts";

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
  /** Which row of the selection the record is. */
  at = 0;
  readonly #columns: RecordColumn[];
  readonly #selection: Selection;

  constructor(columns: Column[], selection: Selection) {
    this.#selection = selection;
    this.#columns = selection.wanted.map((column, slot) => new RecordColumn(columns[column], slot, selection));
    for (const column of this.#columns) {
      Object.defineProperty(this.record, column.column.name, { enumerable: true, get: this.#getter(column) });
    }
  }

  /** The rows of the selection are about to be looked at; again after rows have left it. */
  begin(): void {
    for (const column of this.#columns) column.begin();
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
    for (const column of this.#columns) {
      const { name } = column.column;
      const value = this.#read(column);
      if (!(value instanceof BadField)) {
        if (name in record) Object.defineProperty(record, name, { enumerable: true, value });
        else record[name] = value;
        continue;
      }
      hasBad = true;
      const get = () => {
        this.bad = value;
        throw value;
      };
      Object.defineProperty(record, name, { enumerable: true, get });
    }
    return { record, hasBad };
  }

  /** Short getters, which the engine puts into the user's function. */
  #getter(column: RecordColumn): () => unknown {
    const slow = () => {
      const value = this.#read(column);
      if (!(value instanceof BadField)) return value;
      this.bad = value;
      throw value;
    };
    switch (column.column.type) {
      case "text":
        return () => {
          column.looks++;
          return column.isReady ? column.strings[column.numbers[this.at]] : slow();
        };
      case "int":
      case "float":
        return () => {
          column.looks++;
          return column.isReady && column.nulls === undefined ? column.values[this.at] : slow();
        };
      default:
        return slow;
    }
  }

  #read(column: RecordColumn): unknown {
    const value = column.read(this.at);
    if (value !== undefined) return value;
    const { batch, rows } = this.#selection;
    const place = (rows[this.at] * batch.columns + column.slot) * 2;
    const [start, end] = [batch.ranges[place], batch.ranges[place + 1]];
    const decoded = decodeField(batch.bytes, start, end, column.column.type);
    if (decoded !== BAD) return decoded;
    return new BadField(column.column, Buffer.from(batch.bytes.subarray(start, end)).toString());
  }
}
