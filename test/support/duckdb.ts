/**
 * The independent engine: DuckDB, in this process. Its answers and Threadmill's come as the same plain tables, and are
 * compared: integers and text exactly, floats within 1e-9 of the value.
 */
import { type DuckDBConnection, DuckDBInstance, DuckDBListValue, DuckDBStructValue } from "@duckdb/node-api";
import { expect } from "vitest";

/** Times are microseconds since 1970, lists arrays, structs arrays of their values; bigint only beyond the safe integers. */
export interface Table {
  names: string[];
  rows: unknown[][];
}

export interface DuckTable extends Table {
  /** DuckDB's types. Where one holds doubles, values are compared within a relative error. */
  types: string[];
}

/** Relative error that floats may differ by: two engines add in different orders. */
const FLOAT_ERROR = 1e-9;

export class Duck implements AsyncDisposable {
  readonly #instance: DuckDBInstance;
  readonly #connection: DuckDBConnection;

  private constructor(instance: DuckDBInstance, connection: DuckDBConnection) {
    this.#instance = instance;
    this.#connection = connection;
  }

  static async open(): Promise<Duck> {
    const instance = await DuckDBInstance.create(":memory:", { threads: "1" });
    const connection = await instance.connect();
    await connection.run("set TimeZone = 'UTC'");
    return new Duck(instance, connection);
  }

  async run(sql: string): Promise<void> {
    await this.#connection.run(sql);
  }

  async query(sql: string): Promise<DuckTable> {
    const reader = await this.#connection.runAndReadAll(sql);
    return {
      names: reader.columnNames(),
      types: reader.columnTypes().map(String),
      rows: reader.getRows().map((row) => row.map(plain)),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#connection.closeSync();
    this.#instance.closeSync();
  }
}

function plain(value: unknown): unknown {
  if (typeof value === "bigint") return settled(value);
  if (value instanceof DuckDBListValue) return value.items.map(plain);
  if (value instanceof DuckDBStructValue) return Object.values(value.entries).map(plain);
  if (value !== null && typeof value === "object") {
    if ("micros" in value) return settled(value.micros as bigint);
    throw new Error(`a value of DuckDB that no test expects: ${value}`);
  }
  return value;
}

function settled(value: bigint): number | bigint {
  return Number.isSafeInteger(Number(value)) ? Number(value) : value;
}

/** Text of a path or value as SQL. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** Fails with the question, the place and both values where the tables differ. */
export function expectEqual(actual: Table, expected: DuckTable, question: string): void {
  expect(actual.rows.length, `rows of ${question}`).toBe(expected.rows.length);
  for (const [i, row] of expected.rows.entries()) {
    expect(actual.rows[i].length, `columns of ${question}`).toBe(row.length);
    for (const [c, value] of row.entries()) {
      if (same(actual.rows[i][c], value, /DOUBLE|FLOAT/.test(expected.types[c]))) continue;
      const place = `${question}\nrow ${i}, column ${actual.names[c]}: ${show(row)} against ${show(actual.rows[i])}`;
      expect(actual.rows[i][c], place).toEqual(value);
      expect.fail(place);
    }
  }
}

function show(value: unknown): string {
  return JSON.stringify(value, (_, each) => (typeof each === "bigint" ? `${each}n` : each)).slice(0, 2000);
}

function same(a: unknown, b: unknown, areFloats: boolean): boolean {
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((each, i) => same(each, b[i], areFloats));
  }
  if (typeof a === "number" && typeof b === "number" && areFloats) return isNear(a, b);
  const isNumber = (each: unknown) => typeof each === "number" || typeof each === "bigint";
  // biome-ignore lint/suspicious/noDoubleEquals: 1n and 1 are one integer
  if (isNumber(a) && isNumber(b)) return a == b;
  return a === b;
}

export function isNear(a: number, b: number, relativeError: number = FLOAT_ERROR): boolean {
  return Object.is(a, b) || a === b || Math.abs(a - b) <= relativeError * Math.max(Math.abs(a), Math.abs(b));
}
