/**
 * One value of a result as text: what csv, table, markdown and html show, and as JSON text. Nothing is lost silently:
 * integers of any size keep all their digits, floats their shortest exact form, timestamps their microseconds.
 */
import { formatTimestamp } from "../base/calendar.ts";
import { ThreadmillError } from "../base/errors.ts";
import { JSON_DEPTH_MAX } from "../base/limits.ts";
import type { ResultType } from "./output.ts";

/** True for the types whose columns are aligned to the right. */
export function isNumeric(type: ResultType): boolean {
  return type === "int" || type === "bigint" || type === "float";
}

/** Text of a value, or null for null. Lists and objects become JSON text; -0, NaN and Infinity keep their names. */
export function cellText(value: unknown, type: ResultType, timeZone: string): string | null {
  if (value === null || value === undefined) return null;
  if (typeof value === "string") return value;
  if (typeof value === "number") {
    if (type === "timestamp") return Number.isFinite(value) ? formatTimestamp(value, timeZone) : String(value);
    return Object.is(value, -0) ? "-0" : String(value);
  }
  if (typeof value === "bigint" || typeof value === "boolean") return String(value);
  if (value instanceof Date) return dateText(value, timeZone);
  return jsonText(value, "any", timeZone);
}

/**
 * JSON text of a value: integers of any size as digits, NaN and Infinity as null, timestamps and Dates as ISO text,
 * Maps as lists of pairs, Sets as lists. Throws ThreadmillError ERR_JSON_DEPTH for cycles.
 */
export function jsonText(value: unknown, type: ResultType, timeZone: string): string {
  if (type === "timestamp" && typeof value === "number") {
    return Number.isFinite(value) ? `"${formatTimestamp(value, timeZone)}"` : "null";
  }
  return nested(value, timeZone, 0);
}

function nested(value: unknown, timeZone: string, depth: number): string {
  switch (typeof value) {
    case "string":
      return JSON.stringify(value);
    case "number":
      if (!Number.isFinite(value)) return "null";
      return Object.is(value, -0) ? "-0" : String(value);
    case "bigint":
    case "boolean":
      return String(value);
    case "object":
      break;
    default:
      return "null";
  }
  if (value === null) return "null";
  if (depth > JSON_DEPTH_MAX) {
    throw new ThreadmillError(
      "ERR_JSON_DEPTH",
      `a value is nested deeper than ${JSON_DEPTH_MAX} levels, or in itself`,
      {
        hint: "Return plain lists and objects without cycles.",
      },
    );
  }
  if (value instanceof Date) return JSON.stringify(dateText(value, timeZone));
  const next = (inner: unknown): string => nested(inner, timeZone, depth + 1);
  if (value instanceof Map || value instanceof Set)
    return `[${Array.from(value as Iterable<unknown>, next).join(",")}]`;
  if (Array.isArray(value)) return `[${value.map(next).join(",")}]`;
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) {
    return `[${Array.from(value as unknown as ArrayLike<unknown>, next).join(",")}]`;
  }
  const parts: string[] = [];
  for (const [key, inner] of Object.entries(value)) {
    if (inner !== undefined && typeof inner !== "function") parts.push(`${JSON.stringify(key)}:${next(inner)}`);
  }
  return `{${parts.join(",")}}`;
}

function dateText(date: Date, timeZone: string): string | null {
  const ms = date.getTime();
  return Number.isNaN(ms) ? null : formatTimestamp(ms * 1000, timeZone);
}
