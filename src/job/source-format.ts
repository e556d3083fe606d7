/**
 * Formats and columns as a job asks for them: `csv({ columns: { id: text, status: int } })`. Plain requests: the files are looked at
 * when the job runs. The types carry what a record holds and what a result shows.
 */

import { UsageError } from "../base/errors.ts";
import { checkZone } from "../base/zone.ts";
import type { ColumnType } from "../input/batch.ts";
import { describe } from "./column.ts";

/** What the input layer resolves to a format and a schema, by looking at a sample. */
export interface FormatRequest {
  format?: "csv" | "tsv" | "ndjson" | "common" | "combined" | "log" | "text";
  delimiter?: string;
  quote?: string;
  header?: boolean;
  columns?: { name: string; type?: ColumnType }[];
  pattern?: string;
  flags?: string;
  logFormat?: string;
}

declare const columnTypes: unique symbol;

/** A column's type: `In` is what functions see in a record, `Out` what a result shows. */
export interface ColumnSpec<In = unknown, Out = unknown> {
  readonly columnType: ColumnType;
  /** Types only. */
  readonly [columnTypes]?: [In, Out];
}

/** Text. As all types: an empty or missing field reads as null at run time, whatever the static type says; see nullable. */
export const text: ColumnSpec<string, string> = { columnType: "text" };
/** A safe integer (±2^53); a row with anything else is rejected. */
export const int: ColumnSpec<number, number> = { columnType: "int" };
/** An integer of 64 bits. */
export const bigint: ColumnSpec<bigint, bigint> = { columnType: "bigint" };
/** A number of 64 bits. */
export const float: ColumnSpec<number, number> = { columnType: "float" };
/** true or false, in any case, also t, f, yes, no, 1, 0 where the input has them. */
export const bool: ColumnSpec<boolean, boolean> = { columnType: "bool" };
/** A time: in records a number of milliseconds since 1970 (microseconds as fraction), in results a Date. */
export const timestamp: ColumnSpec<number, Date> = { columnType: "timestamp" };

/** The same column, with null in its static types. */
export function nullable<In, Out>(spec: ColumnSpec<In, Out>): ColumnSpec<In | null, Out | null> {
  return spec as ColumnSpec<In | null, Out | null>;
}

/** Names of columns and their types. */
export type Columns = Record<string, ColumnSpec>;
/** The record that functions see. */
export type RecordOf<C extends Columns> = { [K in keyof C]: C[K] extends ColumnSpec<infer In, unknown> ? In : never };
/** The same columns in a result. */
export type RowOf<C extends Columns> = { [K in keyof C]: C[K] extends ColumnSpec<unknown, infer Out> ? Out : never };

/** A record of a source whose columns were not declared. */
// biome-ignore lint/suspicious/noExplicitAny: without declared columns nobody knows the types; unknown would make records useless
export type AnyRecord = Record<string, any>;

declare const formatTypes: unique symbol;

/** A format as `from` takes it: of records `Rec`, shown in results as `Row`. Made by csv, ndjson and the like. */
export interface JobFormat<Rec = AnyRecord, Row = AnyRecord> {
  readonly kind: "format";
  readonly request: FormatRequest;
  /** Types only. */
  readonly [formatTypes]?: [Rec, Row];
}

/** Options of csv and tsv. */
export interface CsvOptions<C extends Columns> {
  /** Without a header: the first fields by position. With one: by name. Default: inferred. */
  columns?: C;
  /** One byte. Default: found out. */
  delimiter?: string;
  /** One byte, or "" where quotes mean nothing. Default `"`. */
  quote?: string;
  /** Whether the first line names the columns. Default: found out; with `columns`, no. */
  header?: boolean;
}

type Typed<C extends Columns> = string extends keyof C ? JobFormat : JobFormat<RecordOf<C>, RowOf<C>>;

function made<C extends Columns>(request: FormatRequest, options: object, known: string[]): Typed<C> {
  checkKeys(request.format ?? "format", options, known);
  const { columns, ...rest } = options as { columns?: Columns };
  const all: FormatRequest = { ...request, ...rest };
  if (columns !== undefined) all.columns = columnList(columns);
  return { kind: "format", request: all } as Typed<C>;
}

/** Delimited text. Throws UsageError ERR_OPTION, ERR_COLUMN for wrong options. */
export function csv<C extends Columns = Columns>(options: CsvOptions<C> = {}): Typed<C> {
  checkCsv("csv", options);
  return made({ format: "csv" }, options, ["columns", "delimiter", "quote", "header"]);
}

/** csv with tabs. */
export function tsv<C extends Columns = Columns>(options: Omit<CsvOptions<C>, "delimiter"> = {}): Typed<C> {
  checkCsv("tsv", options);
  return made({ format: "tsv" }, options, ["columns", "quote", "header"]);
}

/** One JSON object per line; columns by name, nested fields by path: `"user.id": text`. Default: inferred. */
export function ndjson<C extends Columns = Columns>(options: { columns?: C } = {}): Typed<C> {
  return made({ format: "ndjson" }, options, ["columns"]);
}

/** Apache's and nginx's common log format. */
export function common(): JobFormat {
  return { kind: "format", request: { format: "common" } };
}

/** Apache's and nginx's combined log format. */
export function combined(): JobFormat {
  return { kind: "format", request: { format: "combined" } };
}

/** An access log by its Apache LogFormat, `log('%h %l %u %t "%r" %>s %b')`, or its nginx log_format, `log('$remote_addr [$time_local] "$request"')`. */
export function log(logFormat: string): JobFormat {
  if (typeof logFormat !== "string" || !/[%$]/.test(logFormat)) {
    throw new UsageError(
      "ERR_OPTION",
      `log needs an Apache LogFormat or an nginx log_format, not ${describe(logFormat)}`,
      {
        hint: "For example: log('%h %l %u %t \"%r\" %>s %b').",
      },
    );
  }
  return { kind: "format", request: { format: "log", logFormat } };
}

/** Each line as one text column, `line`. */
export function lines(): JobFormat<{ line: string }, { line: string }> {
  return {
    kind: "format",
    request: { format: "text", pattern: "^(?<line>.*)$", flags: "s", columns: [{ name: "line", type: "text" }] },
  };
}

/** Lines by a regular expression with named groups, which are the columns. Throws UsageError ERR_PATTERN without groups, or with flag g or y. */
export function regex<C extends Columns = Columns>(pattern: RegExp, options: { columns?: C } = {}): Typed<C> {
  if (!(pattern instanceof RegExp)) {
    throw new UsageError("ERR_PATTERN", `regex needs a regular expression, not ${describe(pattern)}`);
  }
  if (pattern.global || pattern.sticky || !/\(\?<[^=!]/.test(pattern.source)) {
    throw new UsageError("ERR_PATTERN", `${pattern} must have named groups, and neither flag g nor y`, {
      hint: "For example: regex(/^(?<level>\\w+) (?<message>.*)$/).",
    });
  }
  return made({ format: "text", pattern: pattern.source, flags: pattern.flags }, options, ["columns"]);
}

const columnTypeNames = new Set<string>(["text", "int", "bigint", "float", "bool", "timestamp"]);

function columnList(columns: Columns): { name: string; type: ColumnType }[] {
  if (columns === null || typeof columns !== "object" || Array.isArray(columns)) {
    throw new UsageError("ERR_OPTION", `columns must be an object of names and types, not ${describe(columns)}`, {
      hint: "For example: { id: text, status: int }.",
    });
  }
  const list = Object.entries(columns).map(([name, spec]) => {
    if (columnTypeNames.has(spec?.columnType)) return { name, type: spec.columnType };
    throw new UsageError("ERR_COLUMN_TYPE", `column ${JSON.stringify(name)}: ${describe(spec)} is no column type`, {
      hint: `Import one of ${[...columnTypeNames].join(", ")}.`,
    });
  });
  if (list.length > 0) return list;
  throw new UsageError("ERR_OPTION", "columns names no column", { hint: "Leave it out to have them found." });
}

function checkCsv(format: string, options: CsvOptions<Columns>): void {
  for (const name of ["delimiter", "quote"] as const) {
    const value = options?.[name];
    const isFine =
      value === undefined ||
      (typeof value === "string" && Buffer.byteLength(value) === 1) ||
      (name === "quote" && value === "");
    if (!isFine) throw new UsageError("ERR_OPTION", `${format}: ${name} must be one byte, not ${describe(value)}`);
  }
  if (options?.header !== undefined && typeof options.header !== "boolean") {
    throw new UsageError("ERR_OPTION", `${format}: header must be true or false, not ${describe(options.header)}`);
  }
}

function checkKeys(format: string, options: unknown, known: string[]): void {
  if (options === null || typeof options !== "object") {
    throw new UsageError("ERR_OPTION", `${format}: options must be an object, not ${describe(options)}`);
  }
  for (const key of Object.keys(options)) {
    if (known.includes(key)) continue;
    throw new UsageError("ERR_OPTION", `${format} has no option ${JSON.stringify(key)}`, {
      hint: `Its options are ${known.join(", ")}.`,
    });
  }
}

/** Throws UsageError ERR_TIME_ZONE for an unknown zone. */
export function checkedZone(zone: unknown): string {
  if (typeof zone !== "string") throw new UsageError("ERR_TIME_ZONE", `a time zone is a text, not ${describe(zone)}`);
  return checkZone(zone);
}
