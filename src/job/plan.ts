/**
 * A job as plain data: what a worker needs to do its part. Functions are referred to by their place in the job
 * (step index, aggregate index) and found again in the worker by importing `functions.module`.
 */
import type { Format, Schema } from "../input/batch.ts";
import type { AggregateSpec } from "../kernel/kernel.ts";
import type { Expression, ValueType } from "./expression.ts";

export type PlanStep =
  | { kind: "where"; expression: Expression }
  /** A user function of the job at this step index. After the first map or flatMap rows are JavaScript objects. */
  | { kind: "filter" | "map" | "flatMap"; step: number };

export interface PlanKey {
  name: string;
  expression: Expression;
  type: ValueType;
}

export interface PlanAggregate {
  name: string;
  spec: AggregateSpec;
  /** One per input vector. A user aggregate with a function `of` gets the record itself: inputs are empty. */
  inputs: Expression[];
  type: ValueType;
  /** The result is a list of times (microseconds), bare or paired with counts. */
  listsTimes?: boolean;
}

export type SortKey = { column: string; descending: boolean };

export interface Plan {
  format: Format;
  schema: Schema;
  steps: PlanStep[];
  /** Group-by: keys and aggregates. Undefined: rows. */
  group: { keys: PlanKey[]; aggregates: PlanAggregate[] } | undefined;
  /** Rows: the selected columns; undefined with functions that make objects: whatever they return. */
  select: PlanKey[] | undefined;
  sort: SortKey[];
  limit: number | undefined;
  /** Zone for output and truncation where an expression names none; IANA name. */
  timeZone: string;
  onError: "fail" | "skip";
  lineBytesMax: number;
  /** Where the worker finds the user's functions. */
  functions: { module: string; job: JobReference; digest: string } | undefined;
}

/**
 * By export name (`threadmill run JOB.ts#name`), or the rank among the jobs of equal digest that the module's statement at `site`
 * (line and column) made: equal functions that captured other values are told apart by where and in which order they were made.
 */
export type JobReference = { export: string } | { site: string; rank: number };

export { planOf } from "./plan-of.ts";
