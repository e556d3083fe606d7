/**
 * Guesses column types from sampled text as DuckDB's sniffer does: bool, int, bigint, float, timestamp, else text.
 * Not for: parsing values in a run (the kernel's), which accepts all that is guessed here and more.
 */
import { daysInMonth } from "../base/calendar.ts";
import { UsageError } from "../base/errors.ts";
import type { Column, ColumnType } from "./batch.ts";

/** All types that a column can be declared as. */
const columnTypes: readonly ColumnType[] = ["text", "int", "bigint", "float", "bool", "timestamp"];

// No leading zeros: 007 is an identifier, as it is for DuckDB.
const integer = /^-?(0|[1-9]\d*)$/;
const float = /^(-?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?|[+-]?(inf|infinity|nan))$/i;
const leadingZero = /^-?0\d/;
const timestamp =
  /^\d{4}-(0?[1-9]|1[0-2])-(0?[1-9]|[12]\d|3[01])([T ]([01]?\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,9})?)?( ?(Z|[+-]\d\d(:?\d\d)?))?)?$/;
const bigintMax = 2n ** 63n - 1n;
const bigintMin = -(2n ** 63n);

/** The narrowest type of one value. Spaces around anything but a bool are ignored. */
export function typeOfText(given: string): ColumnType {
  // DuckDB also takes t, f, yes, no for bool: here they stay text, for NO is a country too.
  if (/^(true|false)$/i.test(given)) return "bool";
  const value = given.trim();
  if (integer.test(value)) {
    if (Number.isSafeInteger(Number(value))) return "int";
    const exact = BigInt(value);
    return exact >= bigintMin && exact <= bigintMax ? "bigint" : "float";
  }
  if (float.test(value) && !(leadingZero.test(value) && !value.includes("."))) return "float";
  return timestamp.test(value) && isDate(value) ? "timestamp" : "text";
}

/** February 30 and the year 0 are text. */
function isDate(value: string): boolean {
  const [year, month, day] = value.split(/[-T ]/, 3).map(Number);
  return year > 0 && day <= daysInMonth(year, month);
}

/** The type that holds values of both; undefined stands for "only nulls so far". */
export function widerType(left: ColumnType | undefined, right: ColumnType | undefined): ColumnType | undefined {
  if (left === undefined || right === undefined || left === right) return left ?? right;
  const numeric = ["int", "bigint", "float"];
  const rank = Math.max(numeric.indexOf(left), numeric.indexOf(right));
  return numeric.includes(left) && numeric.includes(right) ? (numeric[rank] as ColumnType) : "text";
}

/**
 * One type per column of the rows (as many as the longest has); a column of nulls is text. Columns in `known` are not
 * looked at: they come out as text.
 */
export function inferTypes(
  rows: readonly (readonly (string | null)[])[],
  known: ReadonlySet<number> = new Set(),
): ColumnType[] {
  const types: (ColumnType | undefined)[] = [];
  let open: number[] = [];
  let width = 0;
  for (const row of rows) {
    for (; width < row.length; width++) {
      types.push(undefined);
      if (!known.has(width)) open.push(width);
    }
    let isNarrowed = false;
    for (const i of open) {
      const value = row[i];
      if (value == null) continue;
      types[i] = widerType(types[i], typeOfText(value));
      isNarrowed ||= types[i] === "text";
    }
    // What is text stays text: of most columns only the first rows are looked at.
    if (isNarrowed) open = open.filter((i) => types[i] !== "text");
  }
  return types.map((type) => type ?? "text");
}

/** True if a value read as text could also be read as `type`: what tells a header's name from a value. */
export function fitsType(value: string | null, type: ColumnType): boolean {
  return value === null || type === "text" || widerType(typeOfText(value), type) === type;
}

/** A column as the user declares it; without a type it is inferred. */
export interface ColumnRequest {
  name: string;
  /** One of columnTypes; checked, since it may come from a command line. */
  type?: string;
}

/**
 * `--columns id,ts:timestamp,url`: the declared names and types over the inferred columns, by position. Fewer names name
 * the first columns. Throws UsageError ERR_TOO_MANY_COLUMNS (more names than columns), ERR_COLUMN_TYPE, ERR_COLUMN_TWICE.
 */
export function applyColumns(requests: readonly ColumnRequest[], inferred: readonly Column[]): Column[] {
  checkColumns(requests);
  if (requests.length > inferred.length) {
    throw new UsageError(
      "ERR_TOO_MANY_COLUMNS",
      `${requests.length} columns are named, but the first row has ${inferred.length} field${inferred.length === 1 ? "" : "s"}`,
      { hint: "name at most as many columns as there are fields; is the delimiter right?" },
    );
  }
  const named = inferred.map((column, i) => merged(requests[i], column));
  const names = uniqueNames(
    named.map((column) => column.name),
    requests.length,
  );
  return named.map((column, i) => ({ name: names[i], type: column.type }));
}

/** Declared types over inferred columns, by name; declared columns that were not seen come after, as text by default. */
export function applyByName(requests: readonly ColumnRequest[], inferred: readonly Column[]): Column[] {
  checkColumns(requests);
  const known = inferred.map((column) =>
    merged(
      requests.find(({ name }) => name === column.name),
      column,
    ),
  );
  const added = requests.filter(({ name }) => !inferred.some((column) => column.name === name));
  return [...known, ...added.map(({ name, type }) => merged({ name, type }, { name, type: "text" }))];
}

function merged(request: ColumnRequest | undefined, column: Column): Column {
  return { name: request?.name ?? column.name, type: (request?.type as ColumnType | undefined) ?? column.type };
}

/** Throws UsageError for an unknown type or a name that is given twice. */
function checkColumns(requests: readonly ColumnRequest[]): void {
  const seen = new Set<string>();
  for (const { name, type } of requests) {
    if (type !== undefined && !columnTypes.includes(type as ColumnType)) {
      throw new UsageError("ERR_COLUMN_TYPE", `column ${name}: there is no type ${JSON.stringify(type)}`, {
        hint: `the types are ${columnTypes.join(", ")}`,
      });
    }
    if (seen.has(name)) {
      throw new UsageError("ERR_COLUMN_TWICE", `two columns are named ${JSON.stringify(name)}`, {
        hint: "give each column a name of its own",
      });
    }
    seen.add(name);
  }
}

/** Names made unique as DuckDB does (`a`, `a_1`), empty ones replaced by `columnN`; the first `fixed` ones stay. */
export function uniqueNames(names: readonly (string | null)[], fixed = 0): string[] {
  const taken = new Set<string>(names.slice(0, fixed).map((name, i) => name || `column${i}`));
  return names.map((given, i) => {
    const wanted = given || `column${i}`;
    if (i < fixed) return wanted;
    let name = wanted;
    for (let n = 1; taken.has(name); n++) name = `${wanted}_${n}`;
    taken.add(name);
    return name;
  });
}
