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
      value = parseLine(line);
    } catch {
      continue;
    }
    if (isObject(value)) addPaths(value, "", types);
  }
  return [...types].map(([name, type]) => ({ name, type: type ?? "text" }));
}

/** A line that JavaScript would write in the same way has its numbers as JavaScript writes them: no need to look at each. */
function parseLine(line: string): unknown {
  const value = JSON.parse(line);
  if (JSON.stringify(value) === line) return value;
  return JSON.parse(line, keepNumbers as (key: string, value: unknown) => unknown);
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
    else if (types.get(path) !== "text") types.set(path, widerType(types.get(path), typeOfValue(value)));
  }
}

function typeOfValue(value: unknown): ColumnType | undefined {
  if (value === null) return undefined;
  if (typeof value === "boolean") return "bool";
  if (typeof value === "number") return typeOfText(String(value));
  if (value instanceof NumberText) return typeOfText(value.text);
  // A string of digits stays text: its writer chose quotes. Times have no other way to be written.
  return typeof value === "string" && typeOfText(value) === "timestamp" ? "timestamp" : "text";
}
