/**
 * Columns of an NDJSON sample: the union of the paths (`a.b`) of its objects, in order of appearance, with types.
 * Arrays are text (their JSON). Not for: parsing in a run.
 */
import type { Column, ColumnType } from "./batch.ts";
import { typeOfText, widerType } from "./column-type.ts";

/** A number as it was written: its text decides between int, bigint and float. */
class NumberText {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** Lines that are no JSON object are passed over: the run rejects them. */
export function sampleJson(lines: readonly string[]): Column[] {
  const types = new Map<string, ColumnType | undefined>();
  for (const line of lines) {
    let value: unknown;
    try {
      value = JSON.parse(line, keepNumbers as (key: string, value: unknown) => unknown);
    } catch {
      continue;
    }
    if (isObject(value)) addPaths(value, "", types);
  }
  return [...types].map(([name, type]) => ({ name, type: type ?? "text" }));
}

function keepNumbers(_key: string, value: unknown, context: { source?: string }): unknown {
  return typeof value === "number" ? new NumberText(context.source ?? String(value)) : value;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof NumberText);
}

function addPaths(object: Record<string, unknown>, prefix: string, types: Map<string, ColumnType | undefined>): void {
  for (const [key, value] of Object.entries(object)) {
    const path = prefix + key;
    if (isObject(value)) addPaths(value, `${path}.`, types);
    else types.set(path, widerType(types.get(path), typeOfValue(value)));
  }
}

function typeOfValue(value: unknown): ColumnType | undefined {
  if (value === null) return undefined;
  if (typeof value === "boolean") return "bool";
  if (value instanceof NumberText) return typeOfText(value.text);
  // A string of digits stays text: its writer chose quotes. Times have no other way to be written.
  return typeof value === "string" && typeOfText(value) === "timestamp" ? "timestamp" : "text";
}
