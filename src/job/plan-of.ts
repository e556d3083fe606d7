/** From a job and the format found for its files to a plan: names, types and aggregates are checked and settled here, before a byte is read. */
import { UsageError } from "../base/errors.ts";
import { suggest } from "../base/suggest.ts";
import type { Format, Schema } from "../input/batch.ts";
import { typeOfAggregate } from "./aggregate-call.ts";
import { type ResolveOptions, resolveExpression, resolvePredicate, type TypedColumn } from "./check.ts";
import { compileExpression } from "./evaluate.ts";
import type { Expression } from "./expression.ts";
import type { Job, JobDefinition } from "./job.ts";
import type { NamedExpression } from "./parse.ts";
import type { Plan, PlanAggregate, PlanKey, PlanStep } from "./plan.ts";
import { digestOf, hasFunctions, referenceOf } from "./registry.ts";

export interface PlanOptions {
  /** URL of the module that makes the job: needed where it has functions. */
  module?: string;
  /** The job is this export of the module. */
  exportName?: string;
  /** Where the job names none. */
  timeZone: string;
  onError: "fail" | "skip";
  lineBytesMax: number;
}

/** Columns as they stand after some steps; undefined: user functions made the values. */
type Known = readonly TypedColumn[] | undefined;

/**
 * The plan of a job for files of this format and schema. Throws UsageError: ERR_EXPRESSION (unknown column or function, wrong type),
 * ERR_COLUMN (sort by no column), ERR_META (functions without a module).
 */
export function planOf(job: Job<unknown>, resolved: { format: Format; schema: Schema }, options: PlanOptions): Plan {
  const { definition } = job;
  const timeZone = definition.timeZone ?? options.timeZone;
  const { columns } = resolved.schema;
  const hasMade = definition.steps.some((step) => step.kind === "map" || step.kind === "flatMap");
  const planner = new Planner(hasMade ? undefined : columns, timeZone);
  const plan: Plan = {
    format: resolved.format,
    schema: resolved.schema,
    steps: planSteps(definition, columns, timeZone),
    group: definition.group && {
      keys: definition.group.keys.map((key) => planner.key(key)),
      aggregates: definition.group.aggregates.map((aggregate) => planner.aggregate(aggregate)),
    },
    select: definition.select?.map((key) => planner.key(key)),
    sort: definition.sort,
    limit: definition.limit,
    timeZone,
    onError: options.onError,
    lineBytesMax: options.lineBytesMax,
    functions: planFunctions(job, options),
  };
  checkNames(plan);
  checkSort(plan, hasMade);
  return plan;
}

function planSteps({ steps }: JobDefinition, columns: readonly TypedColumn[], timeZone: string): PlanStep[] {
  let known: Known = columns;
  return steps.map((step, index) => {
    if (step.kind === "where") {
      const expression = resolvePredicate(step.expression, known, { timeZone });
      return { kind: "where", expression: compiled(expression, known, timeZone) };
    }
    if (step.kind !== "filter") known = undefined;
    return { kind: step.kind, step: index };
  });
}

/** Compiles for the errors that only compiling finds (a broken pattern), here rather than in every worker. */
function compiled(expression: Expression, known: Known, timeZone: string): Expression {
  compileExpression(expression, known, { timeZone });
  return expression;
}

class Planner {
  readonly #known: Known;
  readonly #options: ResolveOptions & { timeZone: string };

  constructor(known: Known, timeZone: string) {
    this.#known = known;
    this.#options = { timeZone };
  }

  key({ name, expression }: NamedExpression): PlanKey {
    const settled = resolveExpression(expression, this.#known, this.#options);
    return { name, expression: compiled(settled.expression, this.#known, this.#options.timeZone), type: settled.type };
  }

  aggregate({ name, call }: NonNullable<JobDefinition["group"]>["aggregates"][number]): PlanAggregate {
    const settled = call.inputs.map((input) => resolveExpression(input, this.#known, this.#options));
    const types = settled.map(({ type }) => type);
    const inputs = settled.map(({ expression, type }) => {
      compiled(expression, this.#known, this.#options.timeZone);
      // Users' functions see times as records show them: in milliseconds.
      if (call.user === undefined || type !== "timestamp") return expression;
      return { kind: "call" as const, name: "epoch_ms", args: [expression] };
    });
    const listsTimes = (call.spec.op === "collect" || call.spec.op === "topK") && types[0] === "timestamp";
    return {
      name,
      spec: call.spec,
      inputs,
      type: typeOfAggregate(name, call, types),
      ...(listsTimes && { listsTimes }),
    };
  }
}

function planFunctions(job: Job<unknown>, { module, exportName }: PlanOptions): Plan["functions"] {
  if (!hasFunctions(job)) return undefined;
  if (module === undefined) {
    throw new UsageError("ERR_META", "the job has functions, and workers must know the module where to find them", {
      hint: "Write: await run(job, { meta: import.meta }).",
    });
  }
  return { module, job: referenceOf(job, module, exportName), digest: digestOf(job) };
}

/** Two columns of one name would be one property of a row, and the answer would lack one of them. */
function checkNames({ group }: Plan): void {
  const names = new Set<string>();
  for (const { name } of group ? [...group.keys, ...group.aggregates] : []) {
    if (names.has(name)) {
      throw new UsageError("ERR_COLUMN", `two columns of the result are named "${name}"`, {
        hint: `Give one of them another name: ${name}_2=…`,
      });
    }
    names.add(name);
  }
}

function checkSort({ sort, group, select, schema }: Plan, hasMade: boolean): void {
  if (hasMade && !group && !select) return;
  const columns = group ? [...group.keys, ...group.aggregates] : (select ?? schema.columns);
  const names = columns.map(({ name }) => name);
  for (const { column } of sort) {
    if (names.includes(column)) continue;
    const hint = suggest(column, names, "columns of the result");
    throw new UsageError("ERR_COLUMN", `cannot sort by "${column}": the result has no such column`, { hint });
  }
}
