/**
 * Columns and expressions in TypeScript: `hour("ts")`, `lower("url")`, `expr("status >= 500")`. The types carry the names of the
 * columns that are read (checked against the record by the builder) and the type of the value in a result.
 */
import { UsageError } from "../base/errors.ts";
import type { Expression } from "./expression.ts";
import { parseExpression } from "./parse.ts";

declare const outType: unique symbol;
declare const sameType: unique symbol;

/** An expression over the columns `C` that yields an `Out` in results. */
export interface ColumnExpression<C extends string = string, Out = unknown> {
  readonly kind: "expression";
  readonly expression: Expression;
  /** Types only. */
  readonly [outType]?: [C, Out];
}

/** Stands for "the type of column C" until the record is known. */
export interface SameAs<C extends string> {
  readonly [sameType]: C;
}

/** A column by name, or an expression of columns. */
export type ColumnArgument<C extends string = string, Out = unknown> = C | ColumnExpression<C, Out>;

type Scalar = string | number | boolean | null;
/** A value as it stands, or an expression. Texts are literals here, not columns. */
export type ValueArgument<C extends string> = Scalar | ColumnExpression<C>;

/** The expression behind an argument of a builder. Throws UsageError ERR_COLUMN for what is neither a name nor an expression. */
export function toExpression(argument: unknown): Expression {
  if (typeof argument === "string") return { kind: "column", name: argument };
  if (argument !== null && typeof argument === "object" && (argument as ColumnExpression).kind === "expression") {
    return (argument as ColumnExpression).expression;
  }
  throw new UsageError("ERR_COLUMN", `a column name or an expression is expected, not ${describe(argument)}`, {
    hint: 'For example: "url", hour("ts"), expr("status >= 500").',
  });
}

export function describe(value: unknown): string {
  if (value === null) return "null";
  if (typeof value === "function") return "a function";
  return typeof value === "object"
    ? `an ${Array.isArray(value) ? "array" : "object"}`
    : (JSON.stringify(value) ?? "undefined");
}

function toValue(argument: unknown): Expression {
  if (argument === null) return { kind: "literal", value: null, type: "null" };
  if (typeof argument === "string") return { kind: "literal", value: argument, type: "text" };
  if (typeof argument === "boolean") return { kind: "literal", value: argument, type: "bool" };
  if (typeof argument === "number") {
    return { kind: "literal", value: argument, type: Number.isSafeInteger(argument) ? "int" : "float" };
  }
  return toExpression(argument);
}

function made<C extends string, Out>(expression: Expression): ColumnExpression<C, Out> {
  return { kind: "expression", expression };
}

function call<C extends string, Out>(name: string, column: unknown, ...values: unknown[]): ColumnExpression<C, Out> {
  const given = values.filter((value) => value !== undefined);
  return made({ kind: "call", name, args: [toExpression(column), ...given.map(toValue)] });
}

/** An expression of the query language: `expr("status >= 500")`. Its columns are checked when the job starts. Throws UsageError ERR_EXPRESSION. */
export function expr<Out = unknown>(text: string): ColumnExpression<never, Out> {
  return made(parseExpression(text));
}

/** A column by name, where a text alone would be a literal. */
export function column<C extends string>(name: C): ColumnExpression<C, SameAs<C>> {
  return made(toExpression(name));
}

/** A constant. */
export function literal<T extends Scalar>(value: T): ColumnExpression<never, T> {
  return made(toValue(value));
}

type Text = <C extends string>(of: ColumnArgument<C>) => ColumnExpression<C, string>;
type MaybeText = <C extends string>(of: ColumnArgument<C>) => ColumnExpression<C, string | null>;
type NumberOf = <C extends string>(of: ColumnArgument<C>) => ColumnExpression<C, number>;
type Test = <C extends string>(of: ColumnArgument<C>, part: ValueArgument<C>) => ColumnExpression<C, boolean>;
type Truncate = <C extends string>(time: ColumnArgument<C>, zone?: string) => ColumnExpression<C, Date>;
type Part = <C extends string>(time: ColumnArgument<C>, zone?: string) => ColumnExpression<C, number>;

/** The first instant of the minute, hour, … year, as a Date. Zone: IANA name; default the job's, which is UTC. */
export const minute: Truncate = (time, zone) => call("minute", time, zone);
/** The first instant of the hour; see minute. */
export const hour: Truncate = (time, zone) => call("hour", time, zone);
/** The first instant of the day; see minute. */
export const day: Truncate = (time, zone) => call("day", time, zone);
/** The first instant of the week, which begins on Monday; see minute. */
export const week: Truncate = (time, zone) => call("week", time, zone);
/** The first instant of the month; see minute. */
export const month: Truncate = (time, zone) => call("month", time, zone);
/** The first instant of the year; see minute. */
export const year: Truncate = (time, zone) => call("year", time, zone);
/** The hour of the day, 0–23. */
export const hourOfDay: Part = (time, zone) => call("hour_of_day", time, zone);
/** The day of the week, 1 (Monday) – 7. */
export const dayOfWeek: Part = (time, zone) => call("day_of_week", time, zone);
/** The day of the month, 1–31. */
export const dayOfMonth: Part = (time, zone) => call("day_of_month", time, zone);
/** The month of the year, 1–12. */
export const monthOfYear: Part = (time, zone) => call("month_of_year", time, zone);
/** Seconds since 1970. */
export const epoch: NumberOf = (time) => call("epoch", time);

/** In lower case. */
export const lower: Text = (of) => call("lower", of);
/** In upper case. */
export const upper: Text = (of) => call("upper", of);
/** Without spaces at both ends. */
export const trim: Text = (of) => call("trim", of);
/** Code points of a text. */
export const length: NumberOf = (of) => call("length", of);
/** Whether a text has the part in it; as it stands, case counts. */
export const contains: Test = (of, part) => call("contains", of, part);
/** Whether a text begins with the part. */
export const startsWith: Test = (of, part) => call("starts_with", of, part);
/** Whether a text ends with the part. */
export const endsWith: Test = (of, part) => call("ends_with", of, part);

/** Whether the regular expression (with flag u) is found in the text. */
export function matches<C extends string>(of: ColumnArgument<C>, pattern: string): ColumnExpression<C, boolean> {
  return call("matches", of, pattern);
}

/** Part of a text, by code points: from `start` (1-based; negative: from the end). */
export function substr<C extends string>(
  of: ColumnArgument<C>,
  start: number,
  count?: number,
): ColumnExpression<C, string> {
  return call("substr", of, start, count);
}

/** The text with every occurrence of a part replaced. */
export function replace<C extends string>(
  of: ColumnArgument<C>,
  part: ValueArgument<C>,
  by: ValueArgument<C>,
): ColumnExpression<C, string> {
  return call("replace", of, part, by);
}

/** Joins values as text; nulls are left out. */
export function concat<C extends string>(
  of: ColumnArgument<C>,
  ...more: ValueArgument<C>[]
): ColumnExpression<C, string> {
  return call("concat", of, ...more);
}

/** The host of a URL in lower case; null where it has none. */
export const host: MaybeText = (url) => call("host", url);
/** The path of a URL without its query. */
export const path: MaybeText = (url) => call("path", url);

/** The value of a query parameter, percent-decoded; null where it is missing. */
export function param<C extends string>(url: ColumnArgument<C>, name: string): ColumnExpression<C, string | null> {
  return call("param", url, name);
}

/** floor(x / width) · width: the lower bound of its bucket. */
export function bucket<C extends string>(of: ColumnArgument<C>, width: number): ColumnExpression<C, number> {
  return call("bucket", of, width);
}

/** The absolute value. */
export const abs: NumberOf = (of) => call("abs", of);
/** The largest whole number that is not above. */
export const floor: NumberOf = (of) => call("floor", of);
/** The smallest whole number that is not below. */
export const ceil: NumberOf = (of) => call("ceil", of);

/** Half away from zero, to so many digits (0). */
export function round<C extends string>(of: ColumnArgument<C>, digits?: number): ColumnExpression<C, number> {
  return call("round", of, digits);
}

/** As an int, rounded half away from zero; null where the value cannot be read as one. */
export const toInt: <C extends string>(of: ColumnArgument<C>) => ColumnExpression<C, number | null> = (of) =>
  call("int", of);
/** As a float; null where the value cannot be read as one. */
export const toFloat: <C extends string>(of: ColumnArgument<C>) => ColumnExpression<C, number | null> = (of) =>
  call("float", of);
/** As text, the way results are printed. */
export const toText: Text = (of) => call("text", of);
/** A time of ISO 8601 text; null where the value cannot be read as one. */
export const toTimestamp: <C extends string>(of: ColumnArgument<C>) => ColumnExpression<C, Date | null> = (of) =>
  call("timestamp", of);

/** The first argument that is not null. */
export function coalesce<C extends string>(
  of: ColumnArgument<C>,
  ...more: ValueArgument<C>[]
): ColumnExpression<C, SameAs<C>> {
  return call("coalesce", of, ...more);
}

/** `then` where the condition is true, `otherwise` (null) where it is false or null. */
export function when<C extends string, Out = unknown>(
  condition: ColumnExpression<C, boolean> | ColumnExpression<never>,
  then: ValueArgument<C>,
  otherwise: ValueArgument<C> = null,
): ColumnExpression<C, Out> {
  return call("if", condition, then, otherwise);
}
