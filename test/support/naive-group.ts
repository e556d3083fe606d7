/**
 * The oracle of the group-by: rows in a Map, every aggregate computed from the list of a group's rows, sums in exact
 * fractions. Slow and plain on purpose; it shares no code with the real one. Dates stand for timestamps.
 */
import type { AggregateSpec, UserAggregate } from "../../src/kernel/kernel.ts";

export type Value = string | number | boolean | bigint | Date | null;

export interface NaiveRow {
  keys: Value[];
  /** Per aggregate its inputs. */
  inputs: Value[][];
  file: number;
  offset: number;
}

const types = ["boolean", "number", "bigint", "timestamp", "string"];

function typeOf(value: Value): string {
  return value instanceof Date ? "timestamp" : typeof value;
}

function shown(value: Value): unknown {
  if (value instanceof Date) return value.getTime() * 1000;
  return typeof value === "number" ? value + 0 : value;
}

/** Equal values have equal names. */
function nameOf(value: Value): string {
  return value === null ? "null" : `${typeOf(value)}:${String(shown(value))}`;
}

function compareValues(a: Value, b: Value): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null);
  const byType = types.indexOf(typeOf(a)) - types.indexOf(typeOf(b));
  if (byType !== 0) return byType;
  if (typeof a === "string") return Buffer.compare(Buffer.from(a), Buffer.from(b as string));
  const x = shown(a) as number;
  const y = shown(b) as number;
  if (Number.isNaN(x) || Number.isNaN(y)) return Number(Number.isNaN(x)) - Number(Number.isNaN(y));
  return x < y ? -1 : x > y ? 1 : 0;
}

/** A finite double as a whole number of 2^-1074. */
function units(x: number): bigint {
  let shift = 1074n;
  let whole = x;
  while (!Number.isInteger(whole)) {
    whole *= 2;
    shift--;
  }
  return BigInt(whole) << shift;
}

/** numerator / denominator as the nearest double. */
function nearest(numerator: bigint, denominator: bigint): number {
  if (numerator < 0n) return -nearest(-numerator, denominator);
  const whole = (numerator << 1074n) / denominator;
  if (whole < 2n ** 53n) {
    const doubled = ((numerator << 1074n) % denominator) * 2n;
    const up = doubled > denominator || (doubled === denominator && whole % 2n === 1n);
    return Number(whole + (up ? 1n : 0n)) * 2 ** -1074;
  }
  let scaled = (numerator << 1200n) / denominator;
  if (scaled * denominator !== numerator << 1200n) scaled |= 1n;
  const drop = Math.max(0, scaled.toString(2).length - 200);
  const top = scaled >> BigInt(drop);
  const sticky = top << BigInt(drop) === scaled ? top : top | 1n;
  // Two steps, since the power of two alone may lie beyond the doubles.
  const half = Math.floor((drop - 1200) / 2);
  return Number(sticky) * 2 ** half * 2 ** (drop - 1200 - half);
}

const UNIT = 2n ** 1074n;

function sum(values: Value[]): { result: number | bigint; total: bigint; float: boolean } {
  const numbers = values.map((value) => (typeof value === "bigint" ? value : Number(shown(value))));
  const float = numbers.some((x) => typeof x === "number" && !Number.isSafeInteger(x));
  const odd = numbers.filter((x) => typeof x === "number" && !Number.isFinite(x)) as number[];
  if (odd.length > 0) return { result: odd.reduce((a, b) => a + b), total: 0n, float: true };
  const total = numbers.reduce<bigint>((t, x) => t + (typeof x === "bigint" ? x * UNIT : units(x)), 0n);
  return { result: nearest(total, UNIT), total, float };
}

function variance(values: Value[]): number | null {
  if (values.length < 2) return null;
  const numbers = values.map((value) => Number(shown(value)));
  if (numbers.some((x) => !Number.isFinite(x))) return Number.NaN;
  const exact = numbers.map(units);
  const n = BigInt(exact.length);
  const total = exact.reduce((a, b) => a + b, 0n);
  const squares = exact.reduce((a, b) => a + b * b, 0n);
  return nearest(n * squares - total * total, n * (n - 1n) * UNIT * UNIT);
}

function frequencies(values: Value[]): { value: Value; count: number }[] {
  const counts = new Map<string, { value: Value; count: number }>();
  for (const value of values) {
    const entry = counts.get(nameOf(value));
    if (entry === undefined) counts.set(nameOf(value), { value, count: 1 });
    else entry.count++;
  }
  return [...counts.values()].sort((a, b) => compareValues(a.value, b.value));
}

function byPosition(rows: NaiveRow[], at: number, timed: boolean): NaiveRow[] {
  const time = (row: NaiveRow): number => (timed ? Number(shown(row.inputs[at][1])) : 0);
  return rows
    .filter((row) => !timed || (row.inputs[at][1] !== null && !Number.isNaN(time(row))))
    .sort((a, b) => time(a) - time(b) || a.file - b.file || a.offset - b.offset);
}

/** quantile gives the exact value of rank floor(q·(n - 1)) and approxDistinct the exact count: compare within their bounds. */
function aggregate(
  spec: AggregateSpec,
  user: UserAggregate | undefined,
  rows: NaiveRow[],
  at: number,
  float: boolean,
): unknown {
  const { op, options } = spec;
  if (op === "count" && rows.every((row) => row.inputs[at].length === 0)) return rows.length;
  const kept = rows.filter((row) => row.inputs[at][0] !== null && row.inputs[at][0] !== undefined);
  const values = kept.map((row) => row.inputs[at][0]);
  const sorted = [...values].sort(compareValues);
  switch (op) {
    case "count":
      return values.length;
    case "distinct":
    case "approxDistinct":
      return new Set(values.map(nameOf)).size;
    case "sum": {
      if (values.length === 0) return null;
      const { result, total } = sum(values);
      if (float || !Number.isFinite(result as number)) return (result as number) + 0;
      const whole = total / UNIT;
      return typeof values[0] === "bigint" || !Number.isSafeInteger(Number(whole)) ? whole : Number(whole);
    }
    case "mean": {
      if (values.length === 0) return null;
      const { result, total } = sum(values);
      if (!float && !Number.isSafeInteger(result)) return nearest(total, UNIT * BigInt(values.length));
      if (Number.isFinite(result)) return (result as number) / values.length + 0;
      return total === 0n ? result : nearest(total, UNIT * BigInt(values.length));
    }
    case "variance":
      return variance(values);
    case "stddev": {
      const found = variance(values);
      return found === null ? null : Math.sqrt(found);
    }
    case "min":
      return shown(sorted[0] ?? null);
    case "max":
      return shown(sorted.at(-1) ?? null);
    case "quantile": {
      const all = (options.q as number[]).map((q) => shown(sorted[Math.floor(q * (sorted.length - 1))] ?? null));
      return sorted.length === 0 ? null : all;
    }
    case "histogram": {
      const width = options.width as number;
      const buckets = values.map((value) => Math.floor(Number(shown(value)) / width));
      return frequencies(buckets).map(({ value, count }) => [(value as number) * width + 0, count]);
    }
    case "topK": {
      const found = frequencies(values).sort((a, b) => b.count - a.count);
      return found.slice(0, options.k as number).map(({ value, count }) => [shown(value), count]);
    }
    case "first":
    case "any":
      return shown(byPosition(kept, at, op === "first" && kept[0]?.inputs[at].length === 2)[0]?.inputs[at][0] ?? null);
    case "last":
      return shown(byPosition(kept, at, kept[0]?.inputs[at].length === 2).at(-1)?.inputs[at][0] ?? null);
    case "collect":
      return byPosition(kept, at, false)
        .slice(0, options.limit as number)
        .map((row) => shown(row.inputs[at][0]));
    case "user": {
      const own = user as UserAggregate;
      return own.finish(values.reduce<unknown>((state, value) => own.step(state, value), own.zero()));
    }
  }
}

/** float[i]: the input of aggregate i was declared a float. */
export function naiveGroup(
  options: { keys: number; aggregates: AggregateSpec[]; user: (UserAggregate | undefined)[]; float: boolean[] },
  rows: NaiveRow[],
): { rows: number; columns: unknown[][] } {
  const groups = new Map<string, NaiveRow[]>();
  if (options.keys === 0) groups.set("[]", []);
  for (const row of rows) {
    const name = JSON.stringify(row.keys.map(nameOf));
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [row]);
    else group.push(row);
  }
  const found = [...groups.values()].sort((a, b) => {
    for (let k = 0; k < options.keys; k++) {
      const difference = compareValues(a[0].keys[k], b[0].keys[k]);
      if (difference !== 0) return difference;
    }
    return 0;
  });
  const keys = Array.from({ length: options.keys }, (_, k) => found.map((group) => shown(group[0].keys[k])));
  const results = options.aggregates.map((spec, i) =>
    found.map((group) => aggregate(spec, options.user[i], group, i, options.float[i])),
  );
  return { rows: found.length, columns: [...keys, ...results] };
}
