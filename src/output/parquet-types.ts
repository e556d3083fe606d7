/**
 * Which parquet type holds a column of a result without loss, and its values in that type's form:
 *
 *     text → BYTE_ARRAY UTF8      float → DOUBLE      bool → BOOLEAN      timestamp → INT64, microseconds, UTC
 *     int, bigint → INT64; beyond 64 bits DECIMAL(38,0); beyond 38 digits text; with fractions DOUBLE
 *     any → BYTE_ARRAY JSON
 */
import type { SchemaElement } from "hyparquet-writer";
import { cellText, jsonText } from "./cell.ts";
import type { ResultColumn } from "./output.ts";

export type IntegerForm = "int64" | "decimal" | "double" | "text";

const decimalMax = 10n ** 38n - 1n;

/** The narrowest form that holds the value as well as what `form` held so far. */
export function widen(form: IntegerForm, value: unknown): IntegerForm {
  if (value === null || value === undefined || form === "text") return form;
  if (typeof value === "number") {
    if (Number.isSafeInteger(value)) return form;
    if (!Number.isInteger(value)) return form === "int64" ? "double" : form === "double" ? form : "text";
  } else if (typeof value !== "bigint") {
    return "text";
  }
  const integer = BigInt(value as number | bigint);
  if (form === "double") return BigInt(Number(integer)) === integer ? form : "text";
  if (integer > decimalMax || integer < -decimalMax) return "text";
  return BigInt.asIntN(64, integer) === integer ? form : "decimal";
}

/** The schema element of a column. */
export function parquetElement(column: ResultColumn, form: IntegerForm): SchemaElement {
  const base = { name: column.name, repetition_type: "OPTIONAL" } as const;
  switch (column.type) {
    case "bool":
      return { ...base, type: "BOOLEAN" };
    case "float":
      return { ...base, type: "DOUBLE" };
    case "timestamp": {
      const logical_type = { type: "TIMESTAMP", isAdjustedToUTC: true, unit: "MICROS" } as const;
      return { ...base, type: "INT64", converted_type: "TIMESTAMP_MICROS", logical_type };
    }
    case "any":
      return { ...base, type: "BYTE_ARRAY", logical_type: { type: "JSON" } };
    case "int":
    case "bigint":
      if (form === "int64") return { ...base, type: "INT64" };
      if (form === "double") return { ...base, type: "DOUBLE" };
      if (form === "decimal") {
        const decimal = { converted_type: "DECIMAL", precision: 38, scale: 0 } as const;
        return { ...base, type: "FIXED_LEN_BYTE_ARRAY", type_length: 16, ...decimal };
      }
      return { ...base, type: "BYTE_ARRAY", converted_type: "UTF8" };
    default:
      return { ...base, type: "BYTE_ARRAY", converted_type: "UTF8" };
  }
}

/** A column's values as the library takes them for parquetElement's type. */
export function parquetValues(values: unknown[], column: ResultColumn, form: IntegerForm, timeZone: string): unknown[] {
  const convert = converter(column, form, timeZone);
  return values.map((value) => (value === null || value === undefined ? null : convert(value)));
}

function converter(column: ResultColumn, form: IntegerForm, timeZone: string): (value: unknown) => unknown {
  switch (column.type) {
    case "bool":
      return Boolean;
    case "float":
      return Number;
    case "timestamp":
      return (value) => (value instanceof Date ? BigInt(value.getTime()) * 1000n : BigInt(Math.trunc(value as number)));
    case "any":
      return (value) => jsonText(value, "any", timeZone);
    case "int":
    case "bigint":
      if (form === "double") return Number;
      if (form !== "text") return (value) => BigInt(value as number | bigint);
      return (value) => cellText(value, column.type, timeZone);
    default:
      return (value) => cellText(value, column.type, timeZone);
  }
}
