/** Output rows: collecting them in a worker, comparing, sorting and cutting them. The order of values is the engine's one order. */
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

const ranks: Record<string, number> = { boolean: 0, number: 1, bigint: 1, string: 2, object: 3 };

/** The one order of values: false before true, numbers by value (NaN last), text by code points, null last. */
export function compareValues(a: unknown, b: unknown): number {
  if (a == null || b == null) return Number(a == null) - Number(b == null);
  if (a instanceof Date) a = a.getTime();
  if (b instanceof Date) b = b.getTime();
  const rank = ranks[typeof a] - ranks[typeof b];
  if (rank !== 0) return rank;
  if (typeof a === "string") return compareText(a, b as string);
  if (typeof a === "object") return compareText(JSON.stringify(a), JSON.stringify(b));
  const x = a as number;
  const y = b as number;
  return x < y ? -1 : x > y ? 1 : x === y ? 0 : Number(Number.isNaN(x)) - Number(Number.isNaN(y));
}

/** By code points, which is the order of UTF-8 bytes; `<` compares UTF-16 units and differs where surrogates are. */
function compareText(a: string, b: string): number {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    let x = a.charCodeAt(i);
    let y = b.charCodeAt(i);
    if (x === y) continue;
    // Surrogates stand for code points above all others of the basic plane.
    if (x >= 0xd800 && y >= 0xd800) {
      x += x >= 0xe000 ? -0x800 : 0x2000;
      y += y >= 0xe000 ? -0x800 : 0x2000;
    }
    return x - y;
  }
  return a.length - b.length;
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
