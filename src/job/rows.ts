/** Output rows: collecting them in a worker, comparing, sorting and cutting them. The order of values is the engine's one order. */
import { compareValues } from "../kernel/order.ts";
import type { Vector } from "../kernel/vector.ts";
import type { Plan, SortKey } from "./plan.ts";

/** Rows as columns, or as the values that user functions returned. */
export interface RowSet {
  rows: number;
  columns: unknown[][] | undefined;
  objects: unknown[] | undefined;
}

export class RowCollector {
  #plan: Plan;
  #columns: unknown[][] | undefined;
  #objects: unknown[] | undefined;
  #rows = 0;

  constructor(plan: Plan) {
    this.#plan = plan;
  }

  get isFull(): boolean {
    return this.#plan.sort.length === 0 && this.#rows >= (this.#plan.limit ?? Number.POSITIVE_INFINITY);
  }

  addVectors(vectors: Vector[], n: number): void {
    this.#columns ??= vectors.map(() => []);
    vectors.forEach((vector, at) => {
      appendValues(this.#columns![at], vector, n);
    });
    this.#rows += n;
  }

  addObjects(objects: unknown[]): void {
    this.#objects ??= [];
    for (const object of objects) this.#objects.push(object);
    this.#rows += objects.length;
  }

  take(): RowSet {
    const { select, schema } = this.#plan;
    const set: RowSet = { rows: this.#rows, columns: this.#columns, objects: this.#objects };
    return cutRows(
      set,
      (select ?? schema.columns).map((column) => column.name),
      this.#plan,
    );
  }
}

/** Sorts (where the plan says so) and cuts to the limit. `names`: the columns' names. */
export function cutRows(set: RowSet, names: string[], plan: Pick<Plan, "sort" | "limit">): RowSet {
  const { sort, limit = Number.POSITIVE_INFINITY } = plan;
  // Without rows there are neither columns nor objects to look at.
  if (set.rows === 0 || (sort.length === 0 && set.rows <= limit)) return set;
  const order = sort.length === 0 ? undefined : sortOrder(set, names, sort);
  const rows = Math.min(set.rows, limit);
  const pick = (values: unknown[]) =>
    order ? Array.from({ length: rows }, (_, i) => values[order[i]]) : values.slice(0, rows);
  return { rows, columns: set.columns?.map(pick), objects: set.objects && pick(set.objects) };
}

function sortOrder(set: RowSet, names: string[], sort: SortKey[]): Uint32Array {
  const columns = sort.map(({ column }) =>
    set.columns
      ? (set.columns[names.indexOf(column)] ?? [])
      : set.objects!.map((object) => (object as Record<string, unknown> | null)?.[column]),
  );
  const order = Uint32Array.from({ length: set.rows }, (_, i) => i);
  return order.sort((left, right) => {
    for (let k = 0; k < sort.length; k++) {
      const a = columns[k][left];
      const b = columns[k][right];
      const isNull = Number(a == null) - Number(b == null);
      if (isNull !== 0) return isNull;
      const by = compareValues(a, b);
      if (by !== 0) return sort[k].descending ? -by : by;
    }
    return left - right;
  });
}

function appendValues(out: unknown[], vector: Vector, n: number): void {
  if (vector.kind === "values") {
    for (let i = 0; i < n; i++) {
      const value = vector.values[i];
      out.push(value instanceof Date ? value.getTime() * 1000 : (value ?? null));
    }
  } else if (vector.kind === "text") {
    const bytes = Buffer.from(vector.bytes.buffer, vector.bytes.byteOffset, vector.bytes.byteLength);
    for (let i = 0; i < n; i++) {
      out.push(vector.ends[i] < 0 ? null : bytes.toString("utf8", vector.starts[i], vector.ends[i]));
    }
  } else {
    const { values, nulls } = vector;
    const isBool = vector.kind === "bool";
    for (let i = 0; i < n; i++) out.push(nulls?.[i] ? null : isBool ? values[i] !== 0 : values[i]);
  }
}
