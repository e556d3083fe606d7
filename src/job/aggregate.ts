/**
 * Aggregates: the contract of users' own, and the builders of the built-in ones as typed, plain specs. What they compute is the
 * kernel's. Laws: merge is associative and commutative, zero neutral; so the answer does not depend on workers or splits.
 */
import { UsageError } from "../base/errors.ts";
import type { AggregateSpec, UserAggregate } from "../kernel/kernel.ts";
import { type ColumnArgument, describe, type SameAs, toExpression } from "./column.ts";
import type { Expression } from "./expression.ts";

/**
 * A user's own aggregate: `step` folds a value into an accumulator and returns it, `merge` joins the accumulators of two workers,
 * `finish` makes the result. Accumulators cross threads: plain data, Map, Set, Date, typed arrays. Functions must be synchronous.
 */
export interface Aggregate<In, Acc, Out> {
  zero(): Acc;
  step(accumulator: Acc, value: In): Acc;
  merge(left: Acc, right: Acc): Acc;
  finish(accumulator: Acc): Out;
}

declare const resultTypes: unique symbol;

/** An aggregate of a job: over columns `C` of the record `In`, with `Out` in the result. */
export interface AggregateCall<C extends string = string, Out = unknown, In = never> {
  readonly kind: "aggregate";
  readonly spec: AggregateSpec;
  readonly inputs: Expression[];
  readonly user: UserAggregate | undefined;
  /** Types only. */
  readonly [resultTypes]?: { columns: C; out: Out; record: (record: In) => void };
}

function built<C extends string, Out, In = unknown>(
  op: AggregateSpec["op"],
  columns: unknown[],
  options: Record<string, unknown> = {},
): AggregateCall<C, Out, In> {
  const inputs = columns.filter((each) => each !== undefined).map(toExpression);
  return { kind: "aggregate", spec: { op, options }, inputs, user: undefined };
}

type OfColumn<Out> = <C extends string>(of: ColumnArgument<C>) => AggregateCall<C, Out, unknown>;
type SameOfColumn = <C extends string, Out = SameAs<C>>(
  of: ColumnArgument<C, Out>,
) => AggregateCall<C, unknown extends Out ? SameAs<C> : Out, unknown>;

/** Rows; with a column: rows where it is not null. */
export function count<C extends string = never>(of?: ColumnArgument<C>): AggregateCall<C, number, unknown> {
  return built("count", [of]);
}

/** How many different values, exact. Nulls do not count. */
export const distinct: OfColumn<number> = (of) => built("distinct", [of]);
/** How many different values, by HyperLogLog: small, fast, a standard error of 1.6 %. */
export const approxDistinct: OfColumn<number> = (of) => built("approxDistinct", [of]);
/** Exact: integers are summed in 128 bits and come as bigint beyond 2^53; sums of floats do not depend on the order. */
export const sum: OfColumn<number | bigint> = (of) => built("sum", [of]);
/** The arithmetic mean; null without values. */
export const mean: OfColumn<number> = (of) => built("mean", [of]);
/** The same as mean. */
export const avg: OfColumn<number> = (of) => mean(of);
/** The smallest value; text by code points. Null without values. */
export const min: SameOfColumn = (of) => built("min", [of]);
/** The largest value; see min. */
export const max: SameOfColumn = (of) => built("max", [of]);
/** The variance of a sample (n - 1); null of fewer than two values. */
export const variance: OfColumn<number> = (of) => built("variance", [of]);
/** The standard deviation of a sample, the root of variance. */
export const stddev: OfColumn<number> = (of) => built("stddev", [of]);
/** The value that comes first by file and offset. */
export const any: SameOfColumn = (of) => built("any", [of]);

/** One quantile, or several at a time, by DDSketch: off by at most `relativeError` (0.01) of the value. q is 0 … 1. */
export function quantile<C extends string, const Q extends number | readonly number[]>(
  of: ColumnArgument<C>,
  q: Q,
  options: { relativeError?: number } = {},
): AggregateCall<C, Q extends number ? number : number[], unknown> {
  const list: readonly unknown[] = Array.isArray(q) ? q : [q];
  const isValid = (each: unknown) => typeof each === "number" && each >= 0 && each <= 1;
  if (list.length === 0 || !list.every(isValid)) {
    throw optionError("quantile", "q", "a number of 0 to 1, or a list of them", q);
  }
  const { relativeError = 0.01 } = options;
  if (!(relativeError > 0 && relativeError < 1)) {
    throw optionError("quantile", "relativeError", "a number between 0 and 1", relativeError);
  }
  return built("quantile", [of], { q: Array.isArray(q) ? [...q] : q, relativeError });
}

/** The quantile 0.5. */
export const median: OfColumn<number> = (of) => quantile(of, 0.5);

/** How many values lie in each bucket of this width: [lower bound, count], by value. */
export function histogram<C extends string>(
  of: ColumnArgument<C>,
  width: number,
): AggregateCall<C, [number, number][], unknown> {
  if (!(width > 0) || !Number.isFinite(width)) throw optionError("histogram", "width", "a number above 0", width);
  return built("histogram", [of], { width });
}

/** The k most frequent values with their counts, exact; ties by value. */
export function topK<C extends string>(
  of: ColumnArgument<C>,
  k: number,
): AggregateCall<C, [SameAs<C>, number][], unknown> {
  return built("topK", [of], { k: wholeAbove0("topK", "k", k) });
}

/** The value of the earliest row, by a timestamp column (or by file and offset); ties by file and offset. */
export function first<C extends string, T extends string = never>(
  of: ColumnArgument<C>,
  by?: ColumnArgument<T>,
): AggregateCall<C | T, SameAs<C>, unknown> {
  return built("first", [of, by]);
}

/** The value of the latest row; see first. */
export function last<C extends string, T extends string = never>(
  of: ColumnArgument<C>,
  by?: ColumnArgument<T>,
): AggregateCall<C | T, SameAs<C>, unknown> {
  return built("last", [of, by]);
}

/** The first `limit` values in order of file and offset. */
export function collect<C extends string>(
  of: ColumnArgument<C>,
  limit: number,
): AggregateCall<C, SameAs<C>[], unknown> {
  return built("collect", [of], { limit: wholeAbove0("collect", "limit", limit) });
}

/**
 * Makes a user's aggregate usable in `.aggregate({ … })`. `of`: a column or expression (its values that are not null are stepped;
 * times as milliseconds), a function of the record, or nothing: the record itself. Throws UsageError ERR_AGGREGATE.
 */
export function defineAggregate<In, Acc, Out>(aggregate: Aggregate<In, Acc, Out>): AggregateCall<never, Out, In>;
export function defineAggregate<In, Acc, Out, C extends string>(
  aggregate: Aggregate<In, Acc, Out>,
  of: ColumnArgument<C>,
): AggregateCall<C, Out, unknown>;
export function defineAggregate<In, Acc, Out, Rec>(
  aggregate: Aggregate<In, Acc, Out>,
  of: (record: Rec) => In,
): AggregateCall<never, Out, Rec>;
export function defineAggregate(
  aggregate: Aggregate<unknown, unknown, unknown>,
  of?: unknown,
): AggregateCall<never, unknown, unknown> {
  for (const name of ["zero", "step", "merge", "finish"] as const) {
    if (typeof aggregate?.[name] === "function") continue;
    throw new UsageError("ERR_AGGREGATE", `an aggregate needs a function ${name}, not ${describe(aggregate?.[name])}`, {
      hint: "Its functions are zero(), step(accumulator, value), merge(left, right) and finish(accumulator).",
    });
  }
  const take = typeof of === "function" ? (of as (record: unknown) => unknown) : undefined;
  const user: UserAggregate & { of?: (record: unknown) => unknown } = {
    zero: () => aggregate.zero(),
    step: take ? (acc, record) => aggregate.step(acc, take(record)) : (acc, value) => aggregate.step(acc, value),
    merge: (left, right) => aggregate.merge(left, right),
    finish: (acc) => aggregate.finish(acc),
  };
  texts.set(user, [aggregate.zero, aggregate.step, aggregate.merge, aggregate.finish, take].map(String).join("\n"));
  const inputs = of === undefined || take ? [] : [toExpression(of)];
  return { kind: "aggregate", spec: { op: "user", options: {} }, inputs, user };
}

const texts = new WeakMap<UserAggregate, string>();

/** The text of a user aggregate's functions, for digests. */
export function textOfAggregate(user: UserAggregate): string {
  return texts.get(user) ?? "";
}

function optionError(name: string, option: string, wanted: string, given: unknown): UsageError {
  return new UsageError("ERR_AGGREGATE_OPTION", `${name}: ${option} must be ${wanted}, not ${describe(given)}`);
}

function wholeAbove0(name: string, option: string, value: number): number {
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw optionError(name, option, "a whole number above 0", value);
}
