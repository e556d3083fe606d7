/** Sets of rows on their way to writers: in batches of columns, put together, and merged where each is sorted. */
import type { RowSet } from "../job/rows.ts";
import { compareValues } from "../kernel/order.ts";
import type { ResultColumn, ResultType } from "../output/output.ts";

export const BATCH_ROWS = 8192;

export function objectColumns(objects: unknown[]): ResultColumn[] {
  const names = new Set<string>();
  for (const object of objects.slice(0, BATCH_ROWS)) {
    if (object !== null && typeof object === "object" && !Array.isArray(object) && !(object instanceof Date)) {
      for (const name of Object.keys(object)) names.add(name);
    } else names.add("value");
  }
  return [...names].map((name) => ({ name, type: typeOfValues(objects, name) }));
}

function typeOfValues(objects: unknown[], name: string): ResultType {
  const types = new Set<ResultType>();
  for (const object of objects.slice(0, BATCH_ROWS)) {
    const value = fieldOf(object, name);
    if (value == null) continue;
    if (value instanceof Date) types.add("timestamp");
    else if (typeof value === "string") types.add("text");
    else if (typeof value === "number") types.add("float");
    else if (typeof value === "bigint") types.add("bigint");
    else if (typeof value === "boolean") types.add("bool");
    else types.add("any");
  }
  return types.size === 1 ? [...types][0] : "any";
}

function fieldOf(object: unknown, name: string): unknown {
  if (object === null || typeof object !== "object" || Array.isArray(object) || object instanceof Date) {
    return name === "value" ? object : null;
  }
  return (object as Record<string, unknown>)[name];
}

export function* toBatches(set: RowSet, columns: ResultColumn[]): Generator<{ rows: number; columns: unknown[][] }> {
  for (let at = 0; at < set.rows; at += BATCH_ROWS) {
    const end = Math.min(set.rows, at + BATCH_ROWS);
    if (set.columns) {
      yield { rows: end - at, columns: set.columns.map((values) => values.slice(at, end)) };
    } else {
      const objects = set.objects!.slice(at, end);
      const values = columns.map(({ name, type }) =>
        objects.map((object) => {
          const value = fieldOf(object, name) ?? null;
          return type === "timestamp" && value instanceof Date ? value.getTime() * 1000 : value;
        }),
      );
      yield { rows: end - at, columns: values };
    }
  }
}

export function concat(sets: RowSet[]): RowSet {
  const rows = sets.reduce((sum, set) => sum + set.rows, 0);
  const objects = sets.some((set) => set.objects) ? sets.flatMap((set) => set.objects ?? []) : undefined;
  const shaped = sets.find((set) => set.columns)?.columns;
  const columns = shaped?.map((_, at) => sets.flatMap((set) => set.columns?.[at] ?? []));
  return { rows, columns, objects };
}

/** Merges parts that are each sorted by their first `keys` columns, which no two rows share. */
export function mergeSorted(parts: RowSet[], keys: number): RowSet {
  if (parts.length === 1) return parts[0];
  const at = parts.map(() => 0);
  const columns: unknown[][] = parts[0].columns!.map(() => []);
  const rows = parts.reduce((sum, part) => sum + part.rows, 0);
  for (let row = 0; row < rows; row++) {
    let best = -1;
    for (let p = 0; p < parts.length; p++) {
      if (at[p] < parts[p].rows && (best < 0 || compareRows(parts[p], at[p], parts[best], at[best], keys) < 0))
        best = p;
    }
    const from = parts[best].columns!;
    const i = at[best]++;
    for (let c = 0; c < columns.length; c++) columns[c].push(from[c][i]);
  }
  return { rows, columns, objects: undefined };
}

function compareRows(a: RowSet, i: number, b: RowSet, j: number, keys: number): number {
  for (let k = 0; k < keys; k++) {
    const by = compareValues(a.columns![k][i], b.columns![k][j]);
    if (by !== 0) return by;
  }
  return 0;
}
