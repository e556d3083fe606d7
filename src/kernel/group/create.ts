/** From an aggregate as plain data to its accumulator: the only place that knows all of them. */
import { UsageError } from "../../base/errors.ts";
import type { AggregateSpec, UserAggregate } from "../kernel.ts";
import type { Accumulator } from "./accumulator.ts";
import { ApproxDistinctAccumulator } from "./approx.ts";
import { CollectAccumulator } from "./collect.ts";
import { CountAccumulator } from "./count.ts";
import { DistinctAccumulator } from "./distinct.ts";
import { ExtremeAccumulator } from "./extreme.ts";
import { HistogramAccumulator, TopKAccumulator } from "./frequency.ts";
import { VarianceAccumulator } from "./moments.ts";
import { PositionAccumulator } from "./position.ts";
import { QuantileAccumulator } from "./quantile.ts";
import { SumAccumulator } from "./sum.ts";
import type { Tables } from "./tables.ts";
import { UserAccumulator } from "./user.ts";

/** Throws UsageError ERR_AGGREGATE_OPTION for wrong options, ERR_AGGREGATE_UNKNOWN for an op that does not exist. */
export function createAccumulator(
  { op, options }: AggregateSpec,
  user: UserAggregate | undefined,
  tables: Tables,
): Accumulator {
  switch (op) {
    case "count":
      return new CountAccumulator(tables.arrays);
    case "distinct":
      return new DistinctAccumulator(tables);
    case "approxDistinct":
      return new ApproxDistinctAccumulator();
    case "sum":
    case "mean":
      return new SumAccumulator(op, tables.arrays);
    case "min":
    case "max":
      return new ExtremeAccumulator(op, tables.arrays);
    case "variance":
    case "stddev":
      return new VarianceAccumulator(op, tables.arrays);
    case "quantile":
      return new QuantileAccumulator(tables, options.q, options.relativeError);
    case "histogram":
      return new HistogramAccumulator(tables, options.width);
    case "topK":
      return new TopKAccumulator(tables, options.k);
    case "first":
    case "last":
    case "any":
      return new PositionAccumulator(op, tables.arrays);
    case "collect":
      return new CollectAccumulator(options.limit);
    case "user":
      return new UserAccumulator(user);
    default:
      throw new UsageError("ERR_AGGREGATE_UNKNOWN", `there is no aggregate ${JSON.stringify(op)}`, {
        hint: "see the list of aggregates in the documentation",
      });
  }
}
