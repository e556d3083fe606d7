/** `--explain`: the plan of a question as people read it, and which part of it runs where. Reads a sample, runs nothing. */
import { availableParallelism } from "node:os";
import { formatBytes, formatCount } from "../base/units.ts";
import type { Format } from "../input/batch.ts";
import type { Source } from "../input/source.ts";
import type { Expression } from "../job/expression.ts";
import { functionsOf, type Job } from "../job/job.ts";
import { Pipeline } from "../job/pipeline.ts";
import type { Plan, PlanStep } from "../job/plan.ts";
import { scalarKernel } from "../kernel/scalar-kernel.ts";
import { prepare, type RunOptions, splitsOf } from "../run/run.ts";

/** One line a part. Errors as `run` has them before it starts. */
export async function explain(job: Job<unknown>, options: RunOptions): Promise<string> {
  const prepared = await prepare(job, options);
  prepared.streams.close();
  const { plan, sources } = prepared;
  const workers = options.workers ?? availableParallelism();
  const functions = functionsOf(job);
  const wanted = new Pipeline(plan, functions, scalarKernel).wanted.map((at) => plan.schema.columns[at].name);
  const splits = splitsOf(prepared, { ...options, workers }).length;
  const rows: [string, string][] = [
    ["input", describeSources(sources)],
    ["format", describeFormat(plan.format)],
    ["columns", plan.schema.columns.map(({ name, type }) => `${name} ${type}`).join(", ")],
    ["wanted", wanted.length > 0 ? wanted.join(", ") : "none: rows are only counted"],
    ["split", describeSplits(splits, sources)],
    ["workers", workers === 0 ? "none: everything runs inline" : `${workers} threads`],
    ["parse", `kernel (scalar); bad rows: ${plan.onError}`],
    ...plan.steps.map((step): [string, string] => describeStep(step, functions.steps)),
    ...describeAnswer(plan),
  ];
  return rows.map(([name, text]) => `${name.padEnd(10)}${text}\n`).join("");
}

function describeSources(sources: Source[]): string {
  const files = sources.filter((source) => source.kind === "file");
  const streams = sources.length - files.length;
  const bytes = formatBytes(files.reduce((sum, source) => sum + source.size, 0));
  const parts = [];
  if (files.length === 1) parts.push(`${files[0].path}, ${bytes}`);
  if (files.length > 1) parts.push(`${formatCount(files.length)} files, ${bytes}, ${files[0].path} …`);
  if (streams > 0) parts.push(`${streams} ${streams === 1 ? "stream" : "streams"}, read by the coordinator`);
  return parts.join("; ");
}

function describeFormat(format: Format): string {
  switch (format.kind) {
    case "csv": {
      const quote = format.quote === "" ? "no quotes" : `quote ${format.quote}`;
      return `csv, delimiter ${JSON.stringify(format.delimiter)}, ${quote}, ${format.header ? "header line" : "no header line"}`;
    }
    case "log":
      return `log ${format.logFormat}`;
    case "text":
      return `text /${format.pattern}/${format.flags}`;
    default:
      return format.kind;
  }
}

function describeSplits(splits: number, sources: Source[]): string {
  const compressed = sources.filter((source) => source.codec !== "none").length;
  const whole = compressed > 0 ? `; ${compressed} compressed, one split each` : "";
  return sources.every((source) => source.kind === "stream")
    ? "blocks of the stream, as they come"
    : `${formatCount(splits)} byte ${splits === 1 ? "range" : "ranges"}${whole}`;
}

const WORKERS = "kernel, in the workers";
const TYPESCRIPT = "TypeScript, in the workers";
const COORDINATOR = "coordinator";

function describeStep(step: PlanStep, functions: (((record: never) => unknown) | undefined)[]): [string, string] {
  if (step.kind === "where") return ["where", `${textOf(step.expression)}  (${WORKERS})`];
  const name = functions[step.step]?.name;
  return [step.kind, `${name ? `function ${name}` : "a function"}  (${TYPESCRIPT})`];
}

function describeAnswer({ group, select, sort, limit }: Plan): [string, string][] {
  const rows: [string, string][] = [];
  if (group) {
    const keys = group.keys.map(({ name, expression }) => named(name, textOf(expression)));
    rows.push(["group by", `${keys.join(", ") || "nothing: one group"}  (${WORKERS})`]);
    for (const { name, spec, inputs } of group.aggregates) {
      const call = `${spec.op}(${inputs.map(textOf).join(", ")})`;
      rows.push(["aggregate", `${name} = ${call}  (${spec.op === "user" ? TYPESCRIPT : WORKERS})`]);
    }
    rows.push(["merge", "partials by hash of the key  (kernel, in the workers)"]);
  } else if (select) {
    rows.push([
      "select",
      `${select.map(({ name, expression }) => named(name, textOf(expression))).join(", ")}  (${WORKERS})`,
    ]);
  }
  const keys = sort.map(({ column, descending }) => (descending ? `${column} desc` : column)).join(", ");
  if (keys) rows.push(["sort", `${keys}  (${COORDINATOR})`]);
  else rows.push(["order", group ? `by key  (${COORDINATOR})` : "as in the input"]);
  if (limit !== undefined) rows.push(["limit", `${formatCount(limit)} rows  (${COORDINATOR})`]);
  return rows;
}

function named(name: string, text: string): string {
  return name === text ? name : `${name} = ${text}`;
}

/** An expression in the query language, more or less: for the eye. */
function textOf(expression: Expression): string {
  if (expression.kind === "column") return expression.name;
  if (expression.kind === "literal") return JSON.stringify(expression.value);
  const args = expression.args.map(textOf);
  if (/^[a-z_]\w*$/.test(expression.name) && !["and", "or"].includes(expression.name)) {
    return `${expression.name}(${args.join(", ")})`;
  }
  if (args.length === 1) return `${expression.name}${args[0]}`;
  return `(${args.join(` ${expression.name} `)})`;
}
