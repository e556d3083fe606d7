/**
 * The builder of jobs: `from(…).filter(…).groupBy(…).aggregate(…)`. A job is an immutable value that does nothing by itself; each step
 * gives a new one. What the words mean for given files is settled in planOf (plan-of.ts); running is the run layer's.
 */
import { UsageError } from "../base/errors.ts";
import type { AggregateCall } from "./aggregate.ts";
import { type ColumnArgument, type ColumnExpression, describe, type SameAs, toExpression } from "./column.ts";
import type { Expression } from "./expression.ts";
import { type NamedExpression, parseExpression, parseSort } from "./parse.ts";
import type { SortKey } from "./plan.ts";
import { registerJob } from "./registry.ts";
import { type AnyRecord, checkedZone, type FormatRequest, type JobFormat } from "./source-format.ts";

export { findJob, functionsOf } from "./registry.ts";
export type { FormatRequest } from "./source-format.ts";

type UserFunction = (record: never) => unknown;

export type JobStep =
  | { kind: "where"; expression: Expression }
  | { kind: "filter" | "map" | "flatMap"; call: UserFunction };

/** All that a job says. Plain but for the functions. */
export interface JobDefinition {
  sources: string[];
  request: FormatRequest;
  steps: JobStep[];
  group: { keys: NamedExpression[]; aggregates: { name: string; call: AggregateCall }[] } | undefined;
  select: NamedExpression[] | undefined;
  sort: SortKey[];
  limit: number | undefined;
  timeZone: string | undefined;
}

const jobBrand: unique symbol = Symbol.for("threadmill.job") as never;

/** A job whose result has rows of this type. Made by `from`. */
export interface Job<out Row = unknown> {
  readonly definition: JobDefinition;
  readonly sources: string[];
  readonly request: FormatRequest;
  /** Types only. */
  readonly "~row"?: Row;
}

/** True for jobs, also those of another copy of the package. */
export function isJob(value: unknown): value is Job<unknown> {
  return value !== null && typeof value === "object" && jobBrand in value;
}

type Keys<Rec> = keyof Rec & string;
/** What a key or selected column shows in a result, given the row type of all columns. */
type Shown<Row, Out> = Out extends SameAs<infer C> ? (C extends keyof Row ? Row[C] : unknown) : Out;
type ShownDeep<Row, Out> =
  Out extends SameAs<string>
    ? Shown<Row, Out>
    : Out extends SameAs<infer C>[]
      ? Shown<Row, SameAs<C>>[]
      : Out extends [SameAs<infer C>, number][]
        ? [Shown<Row, SameAs<C>>, number][]
        : Out;
type KeyRow<Row, K> = {
  [N in keyof K]: K[N] extends string
    ? Shown<Row, SameAs<K[N]>>
    : K[N] extends ColumnExpression<string, infer Out>
      ? Shown<Row, Out>
      : never;
};
type AggregateRow<Row, A> = {
  [N in keyof A]: A[N] extends { readonly spec: unknown } & AggregateCall<infer _C, infer Out, infer _In>
    ? ShownDeep<Row, Out>
    : never;
};
type Flat<T> = { -readonly [K in keyof T]: T[K] } & {};

type KeyArguments<Rec> = Record<string, ColumnArgument<Keys<Rec>>>;
type Aggregates<Rec> = Record<string, AggregateCall<Keys<Rec>, unknown, Rec>>;

function derive(definition: JobDefinition, change: Partial<JobDefinition>): JobDefinition {
  return { ...definition, ...change };
}

/** The end of a job: its rows can be sorted and cut. */
export class Answer<out Row> implements Job<Row> {
  declare readonly "~row"?: Row;
  readonly definition: JobDefinition;

  constructor(definition: JobDefinition) {
    this.definition = definition;
    Object.defineProperty(this, jobBrand, { value: true });
    registerJob(this);
  }

  get sources(): string[] {
    return this.definition.sources;
  }

  get request(): FormatRequest {
    return this.definition.request;
  }

  /** By result columns: `"clicks desc, url"` or `{ clicks: "desc", url: "asc" }`. Default: groups by key, rows as in the input. */
  sort(order: string | { [K in keyof Row]?: "asc" | "desc" }): Answer<Row> {
    return new Answer(derive(this.definition, { sort: sortKeys(order) }));
  }

  /** At most n rows. */
  limit(n: number): Answer<Row> {
    if (Number.isSafeInteger(n) && n >= 0) return new Answer(derive(this.definition, { limit: n }));
    throw new UsageError("ERR_OPTION", `limit needs a whole number of 0 or more, not ${describe(n)}`);
  }

  /** The n rows with the largest values of a result column. */
  top(n: number, column: keyof Row & string): Answer<Row> {
    return this.sort({ [column]: "desc" } as { [K in keyof Row]?: "desc" }).limit(n);
  }

  /** IANA zone of time functions that name none, and of the output. */
  timeZone(zone: string): Answer<Row> {
    return new Answer(derive(this.definition, { timeZone: checkedZone(zone) }));
  }
}

/** Rows grouped by keys, to be aggregated. */
export class Grouped<Rec, Row, K> {
  readonly #definition: JobDefinition;
  readonly #keys: NamedExpression[];

  constructor(definition: JobDefinition, keys: NamedExpression[]) {
    this.#definition = definition;
    this.#keys = keys;
  }

  /** One result row per group: the keys, then these. Throws UsageError ERR_AGGREGATE, ERR_COLUMN. */
  aggregate<const A extends Aggregates<Rec>>(aggregates: A): Answer<Flat<KeyRow<Row, K> & AggregateRow<Row, A>>> {
    const keys = this.#keys;
    const calls = namedEntries(aggregates, "aggregate").map(([name, call]) => {
      if (keys.some((key) => key.name === name)) {
        throw new UsageError("ERR_COLUMN", `a key and an aggregate are both named "${name}"`, {
          hint: "Rename one of them.",
        });
      }
      return { name, call: checkedCall(name, call) };
    });
    return new Answer(derive(this.#definition, { group: { keys, aggregates: calls } }));
  }
}

/** A job that can still take steps: rows of `Rec`, shown in results as `Row`. */
export class Flow<Rec, Row> extends Answer<Row> {
  /** Keeps the records for which the function (or the expression of the query language) is true. */
  filter(condition: string | ((record: Rec) => unknown)): Flow<Rec, Row> {
    if (typeof condition === "string") return this.#step({ kind: "where", expression: parseExpression(condition) });
    return this.#step({ kind: "filter", call: checkedFunction("filter", condition) });
  }

  /** Makes another value of each record. A record is valid during the call: return new objects, not the record inside of one. */
  map<New>(call: (record: Rec) => New): Flow<New, New> {
    return this.#step({ kind: "map", call: checkedFunction("map", call) });
  }

  /** Makes any number of values of each record. */
  flatMap<New>(call: (record: Rec) => Iterable<New>): Flow<New, New> {
    return this.#step({ kind: "flatMap", call: checkedFunction("flatMap", call) });
  }

  /** Rows with these columns: names, or `{ name: column or expression }`. */
  select<const N extends Keys<Rec>>(...names: N[]): Answer<Flat<{ [K in N]: K extends keyof Row ? Row[K] : unknown }>>;
  select<const K extends KeyArguments<Rec>>(columns: K): Answer<Flat<KeyRow<Row, K>>>;
  select(...columns: unknown[]): Answer<never> {
    return new Answer(derive(this.definition, { select: namedExpressions(columns, "select") }));
  }

  /** Groups by columns: `"url"`, `["url", "user"]`, or `{ url: "url", hour: hour("ts") }`. */
  groupBy<const N extends Keys<Rec>>(key: N): Grouped<Rec, Row, { [K in N]: K }>;
  groupBy<const N extends Keys<Rec>>(keys: readonly N[]): Grouped<Rec, Row, { [K in N]: K }>;
  groupBy<const K extends KeyArguments<Rec>>(keys: K): Grouped<Rec, Row, K>;
  groupBy(keys: unknown): Grouped<Rec, Row, never> {
    return new Grouped(this.definition, namedExpressions(Array.isArray(keys) ? keys : [keys], "groupBy"));
  }

  /** One result row over all records. */
  aggregate<const A extends Aggregates<Rec>>(aggregates: A): Answer<Flat<AggregateRow<Row, A>>> {
    return new Grouped<Rec, Row, Record<never, never>>(this.definition, []).aggregate(aggregates) as never;
  }

  override timeZone(zone: string): Flow<Rec, Row> {
    return new Flow(derive(this.definition, { timeZone: checkedZone(zone) }));
  }

  #step<R, S>(step: JobStep): Flow<R, S> {
    return new Flow(derive(this.definition, { steps: [...this.definition.steps, step] }));
  }
}

/**
 * Begins a job: files, quoted globs, directories, `@list` or `-` for stdin; relative to the working directory. Without a format the
 * input is looked at when the job runs. Throws UsageError ERR_SOURCES, ERR_OPTION.
 */
export function from<Rec = AnyRecord, Row = AnyRecord>(
  paths: string | readonly string[],
  format?: JobFormat<Rec, Row>,
): Flow<Rec, Row> {
  const sources = typeof paths === "string" ? [paths] : Array.isArray(paths) ? [...paths] : [];
  if (sources.length === 0 || !sources.every((path) => typeof path === "string" && path !== "")) {
    throw new UsageError("ERR_SOURCES", `from needs a path or a list of paths, not ${describe(paths)}`, {
      hint: 'For example: from("logs/*.csv").',
    });
  }
  if (format !== undefined && format?.kind !== "format") {
    throw new UsageError("ERR_OPTION", `from: ${describe(format)} is no format`, {
      hint: "For example: csv(), ndjson(), combined().",
    });
  }
  const request = format?.request ?? {};
  return new Flow({
    sources,
    request,
    steps: [],
    group: undefined,
    select: undefined,
    sort: [],
    limit: undefined,
    timeZone: undefined,
  });
}

function checkedFunction(step: string, call: unknown): UserFunction {
  if (typeof call !== "function") {
    const or = step === "filter" ? " or an expression" : "";
    throw new UsageError("ERR_FUNCTION", `${step} needs a function${or}, not ${describe(call)}`);
  }
  if (call.constructor.name === "AsyncFunction" || call.constructor.name === "AsyncGeneratorFunction") {
    throw new UsageError("ERR_FUNCTION", `${step} needs a synchronous function: it runs once per record`, {
      hint: "Do asynchronous work before or after the job.",
    });
  }
  return call as UserFunction;
}

function checkedCall(name: string, call: unknown): AggregateCall {
  if (call !== null && typeof call === "object" && (call as AggregateCall).kind === "aggregate")
    return call as AggregateCall;
  throw new UsageError("ERR_AGGREGATE", `"${name}" needs an aggregate, not ${describe(call)}`, {
    hint: `For example: { ${name}: count() }; wrap your own in defineAggregate(…).`,
  });
}

/** `["url", { hour: hour("ts") }]` to names and expressions. */
function namedExpressions(columns: unknown[], step: string): NamedExpression[] {
  const named = columns.flatMap((each) => {
    if (typeof each === "string") return [{ name: each, expression: toExpression(each) }];
    return namedEntries(each, step).map(([name, column]) => ({ name, expression: toExpression(column) }));
  });
  const names = new Set<string>();
  for (const { name } of named) {
    if (names.has(name)) throw new UsageError("ERR_COLUMN", `${step}: two columns are named "${name}"`);
    names.add(name);
  }
  if (named.length === 0) throw nothingNamed(step, "an empty list");
  return named;
}

function namedEntries(value: unknown, step: string): [string, unknown][] {
  if (
    value !== null &&
    typeof value === "object" &&
    !Array.isArray(value) &&
    !("kind" in value && "expression" in value)
  ) {
    const entries = Object.entries(value);
    if (entries.length > 0) return entries;
    throw nothingNamed(step, "an empty object");
  }
  throw new UsageError("ERR_COLUMN", `${step} needs an object of named columns, not ${describe(value)}`, {
    hint: step === "aggregate" ? "For example: { clicks: count() }." : 'For example: { hour: hour("ts") }.',
  });
}

function nothingNamed(step: string, given: string): UsageError {
  return new UsageError("ERR_COLUMN", `${step} needs at least one column, not ${given}`, {
    hint:
      step === "groupBy" ? "For one row over all records leave groupBy out: from(…).aggregate(…)." : "Name a column.",
  });
}

function sortKeys(order: unknown): SortKey[] {
  if (typeof order === "string") return parseSort(order);
  return namedEntries(order, "sort").map(([column, direction]) => {
    if (direction === "asc" || direction === "desc") return { column, descending: direction === "desc" };
    throw new UsageError("ERR_OPTION", `sort: "${column}" is sorted "asc" or "desc", not ${describe(direction)}`);
  });
}
