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

/**
 * An empty object like any other, but of a shape of its own: the second `{}` with other getters of the same names would become
 * a hash table, slow to read for good. The first few objects of a constructor, for which the engine still learns how large
 * they get, are slow to spread: they are let go.
 */
function emptyRecord(): Record<string, unknown> {
  function Empty(): void {}
  Empty.prototype = Object.prototype;
  const create = Empty as unknown as new () => Record<string, unknown>;
  let record = new create();
  for (let i = 0; i < LEARNING; i++) record = new create();
  return record;
}

const LEARNING = 16;

/**
 * By names and types of the columns: the one record of this thread that has them. A function that meets a few records of
 * different shapes, one a run, is compiled for each; with more it is slow for good.
 */
const cursors = new Map<string, RecordCursor>();
const CURSORS_MAX = 64;

/** The cursor for these columns. Whoever uses it says so with `begin`; calls of functions do not overlap. */
export function cursorFor(columns: Column[]): RecordCursor {
  const key = JSON.stringify(columns.map(({ name, type }) => [name, type]));
  let cursor = cursors.get(key);
  if (cursor === undefined) {
    if (cursors.size >= CURSORS_MAX) cursors.clear();
    cursor = new RecordCursor(columns);
    cursors.set(key, cursor);
  }
  return cursor;
}

/** What a pipeline lends to the cursor. */
export interface RecordSource {
  selection: Selection;
  columns: RecordColumn[];
}

/** What the cursor reads of a selection: one per pipeline. */
export function recordSource(columns: Column[], selection: Selection): RecordSource {
  return {
    selection,
    columns: selection.wanted.map((column, slot) => new RecordColumn(columns[column], slot, selection)),
  };
}

/** A column of the record, and where it is read from at present. */
interface Field {
  column: RecordColumn;
}

export class RecordCursor {
  /** What user functions get. */
  readonly record: Record<string, unknown> = emptyRecord();
  /** Set when a getter met a field that does not parse, even if the function caught the error. */
  bad: BadField | undefined;
  /** Which row of the selection the record is. */
  at = 0;
  #fields: Field[] = [];
  #source: RecordSource | undefined;
  readonly #names: Column[];

  constructor(columns: Column[]) {
    this.#names = columns;
  }

  /** The rows of the selection are about to be looked at; again after rows have left it. */
  begin(source: RecordSource): void {
    if (this.#fields.length === 0) this.#define(source);
    this.#source = source;
    source.columns.forEach((column, i) => {
      column.begin();
      this.#fields[i].column = column;
    });
  }

  #define(source: RecordSource): void {
    this.#fields = source.columns.map((column) => ({ column }));
    for (const [i, field] of this.#fields.entries()) {
      const { name, type } = this.#names[i];
      Object.defineProperty(this.record, name, { enumerable: true, get: this.#getter(field, type) });
    }
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
    for (const { column } of this.#fields) {
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
  #getter(field: Field, type: ColumnType): () => unknown {
    const slow = () => {
      const value = this.#read(field.column);
      if (!(value instanceof BadField)) return value;
      this.bad = value;
      throw value;
    };
    switch (type) {
      case "text":
        return () => {
          const { column } = field;
          if (!column.isReady) return slow();
          column.looks++;
          return column.strings[column.numbers[this.at]];
        };
      case "int":
      case "float":
        return () => {
          const { column } = field;
          if (!column.isReady || column.nulls !== undefined) return slow();
          column.looks++;
          return column.values[this.at];
        };
      default:
        return slow;
    }
  }

  #read(column: RecordColumn): unknown {
    const value = column.read(this.at);
    if (value !== undefined) return value;
    const { batch, rows } = this.#source!.selection;
    const place = (rows[this.at] * batch.columns + column.slot) * 2;
    const [start, end] = [batch.ranges[place], batch.ranges[place + 1]];
    const decoded = decodeField(batch.bytes, start, end, column.column.type);
    if (decoded !== BAD) return decoded;
    return new BadField(column.column, Buffer.from(batch.bytes.subarray(start, end)).toString());
  }
}
