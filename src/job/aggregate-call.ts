/** Aggregates called in text (`p99=quantile(ttfb, 0.99)`) become the same calls that the builder makes; and their types. */

import { UsageError } from "../base/errors.ts";
import { suggest } from "../base/suggest.ts";
import type { AggregateSpec } from "../kernel/kernel.ts";
import { type AggregateCall, collect, histogram, quantile, topK } from "./aggregate.ts";
import { isNumeric } from "./check.ts";
import type { ColumnExpression } from "./column.ts";
import type { Expression, ValueType } from "./expression.ts";
import type { NamedCall } from "./parse.ts";
import { expressionError, placeOf } from "./place.ts";

interface Entry {
  op: AggregateSpec["op"];
  /** How many arguments are inputs: least and most. */
  inputs: [number, number];
  /** Further arguments: constants. Undefined: none. */
  build?: (of: ColumnExpression, constants: number[]) => AggregateCall;
  constants?: [number, number];
  usage: string;
}

const one: [number, number] = [1, 1];
/** Values that a bare `collect` keeps per group: a look at them. */
const COLLECTED = 100;

function ofOne(op: AggregateSpec["op"]): Entry {
  return { op, inputs: one, usage: `${op}(column)` };
}

function percentile(name: string, q: number): Entry {
  return { op: "quantile", inputs: one, build: (of) => quantile(of, q), usage: `${name}(column)` };
}

const entries: Record<string, Entry> = {
  count: { op: "count", inputs: [0, 1], usage: "count() or count(column)" },
  distinct: ofOne("distinct"),
  approx_distinct: { ...ofOne("approxDistinct"), usage: "approx_distinct(column)" },
  sum: ofOne("sum"),
  mean: ofOne("mean"),
  min: ofOne("min"),
  max: ofOne("max"),
  variance: ofOne("variance"),
  stddev: ofOne("stddev"),
  quantile: {
    op: "quantile",
    inputs: one,
    constants: [1, 100],
    build: (of, q) => quantile(of, q.length === 1 ? q[0] : q),
    usage: "quantile(column, 0.99) or quantile(column, 0.5, 0.99)",
  },
  median: percentile("median", 0.5),
  p50: percentile("p50", 0.5),
  p75: percentile("p75", 0.75),
  p90: percentile("p90", 0.9),
  p95: percentile("p95", 0.95),
  p99: percentile("p99", 0.99),
  p999: percentile("p999", 0.999),
  histogram: {
    op: "histogram",
    inputs: one,
    constants: one,
    build: (of, [width]) => histogram(of, width),
    usage: "histogram(column, width)",
  },
  top: { op: "topK", inputs: one, constants: one, build: (of, [k]) => topK(of, k), usage: "top(column, 10)" },
  collect: {
    op: "collect",
    inputs: one,
    constants: [0, 1],
    build: (of, [limit = COLLECTED]) => collect(of, limit),
    usage: `collect(column) (${COLLECTED} values) or collect(column, 10)`,
  },
  first: { op: "first", inputs: [1, 2], usage: "first(column) or first(column, timestamp)" },
  last: { op: "last", inputs: [1, 2], usage: "last(column) or last(column, timestamp)" },
  any: ofOne("any"),
};

/** How each aggregate is called. */
export const aggregateUsages: readonly string[] = Object.values(entries).map(({ usage }) => usage);

const aliases: Record<string, string> = {
  count_distinct: "distinct",
  nunique: "distinct",
  approx_count_distinct: "approx_distinct",
  avg: "mean",
  average: "mean",
  var: "variance",
  var_samp: "variance",
  std: "stddev",
  stddev_samp: "stddev",
  percentile: "quantile",
  topk: "top",
  top_k: "top",
  any_value: "any",
  hist: "histogram",
};

/** Throws UsageError ERR_EXPRESSION (pointing at the call) for an unknown aggregate or wrong arguments. */
export function aggregateFromCall({ op, args, place }: Pick<NamedCall, "op" | "args" | "place">): AggregateCall<never> {
  const snake = op.replace(/[a-z][A-Z]/g, ([a, b]) => `${a}_${b}`).toLowerCase();
  const name = Object.hasOwn(aliases, snake) ? aliases[snake] : snake;
  if (!Object.hasOwn(entries, name)) {
    throw expressionError(`unknown aggregate "${op}"`, place, suggest(op, Object.keys(entries), "aggregates"));
  }
  const { op: kernelOp, inputs: bounds, constants = [0, 0], build, usage } = entries[name];
  const [least, most] = [bounds[0] + constants[0], bounds[1] + constants[1]];
  if (args.length < least || args.length > most) {
    throw expressionError(`wrong number of arguments (${args.length}): ${usage}`, place);
  }
  if (!build) return { kind: "aggregate", spec: { op: kernelOp, options: {} }, inputs: args, user: undefined };
  const numbers = args.slice(1).map((arg) => constantOf(arg, usage));
  try {
    return build({ kind: "expression", expression: args[0] }, numbers) as AggregateCall<never>;
  } catch (error) {
    throw error instanceof UsageError ? expressionError(error.message, place) : error;
  }
}

function constantOf(expression: Expression, usage: string): number {
  if (expression.kind === "literal" && typeof expression.value === "number") return expression.value;
  throw expressionError(`a number is expected: ${usage}`, placeOf(expression));
}

const numericOps = new Set(["sum", "mean", "variance", "stddev", "quantile", "histogram"]);

/** The type of an aggregate's result, from its inputs' types. Throws UsageError ERR_EXPRESSION where they do not fit. */
export function typeOfAggregate(name: string, { spec, inputs }: AggregateCall, types: ValueType[]): ValueType {
  const [type] = types;
  if (numericOps.has(spec.op) && type !== "any" && type !== "null" && !isNumeric(type)) {
    const message = `${name}: ${spec.op} needs numbers, not ${type}`;
    throw expressionError(message, placeOf(inputs[0]), "int(…) and float(…) read numbers from text.");
  }
  switch (spec.op) {
    case "count":
    case "distinct":
    case "approxDistinct":
      return "int";
    case "sum":
      return type === "bigint" ? "int" : type === "null" ? "any" : type;
    case "mean":
    case "variance":
    case "stddev":
      return "float";
    case "quantile":
      return Array.isArray(spec.options.q) ? "any" : "float";
    case "min":
    case "max":
    case "first":
    case "last":
    case "any":
      return type;
    default:
      return "any";
  }
}
