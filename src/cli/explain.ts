/** `--explain`: the plan of a question as people read it, and which part of it runs where. Reads a sample, runs nothing. */
import { availableParallelism } from "node:os";
import { formatBytes, formatCount } from "../base/units.ts";
import type { Format } from "../input/batch.ts";
import type { Source } from "../input/source.ts";
import { columnsOf } from "../job/evaluate.ts";
import type { Expression } from "../job/expression.ts";
import { functionsOf, type Job } from "../job/job.ts";
import { isWorthKeeping } from "../job/memo.ts";
import { Pipeline } from "../job/pipeline.ts";
import type { Plan, PlanStep } from "../job/plan.ts";
import { kernelName } from "../kernel/open.ts";
import { isFoldedInWasm, isParsedInWasm } from "../kernel/parts.ts";
import { scalarKernel } from "../kernel/scalar-kernel.ts";
import { prepare, type RunOptions, splitsOf } from "../run/run.ts";

/** A part of the plan: its name, what it does, where it runs (undefined: that is no work). */
type Part = [name: string, text: string, where?: string];

/** One line a part. Errors as `run` has them before it starts. */
export async function explain(job: Job<unknown>, options: RunOptions): Promise<string> {
  const prepared = await prepare(job, options);
  prepared.streams.close();
  const { plan, sources } = prepared;
  const workers = options.workers ?? availableParallelism();
  const functions = functionsOf(job);
  const wanted = new Pipeline(plan, functions, scalarKernel).wanted.map((at) => plan.schema.columns[at].name);
  const splits = splitsOf(prepared, { ...options, workers }).length;
  const parts: Part[] = [
    ["input", describeSources(sources)],
    ["format", describeFormat(plan.format)],
    ["columns", plan.schema.columns.map(({ name, type }) => `${name} ${type}`).join(", ")],
    ["wanted", wanted.length > 0 ? wanted.join(", ") : "none: rows are only counted"],
    ["split", describeSplits(splits, sources)],
    ["workers", workers === 0 ? "none: everything runs inline" : `${workers} threads`],
    ["kernel", describeKernel()],
    ["parse", `rows, and where their fields are; bad rows: ${plan.onError}`, inKernel(isParsedInWasm(plan.format))],
    ...plan.steps.map((step) => describeStep(step, functions.steps, plan)),
    ...describeAnswer(plan),
  ];
  return layOut(parts);
}

/** Beyond this the third column moves out of sight: a long text pushes its own line only. */
const TEXT_WIDTH_MAX = 48;

/** Where each part runs stands in a column of its own. */
function layOut(parts: Part[]): string {
  const placed = parts.filter(([, , where]) => where !== undefined);
  const width = Math.min(TEXT_WIDTH_MAX, Math.max(...placed.map(([, text]) => text.length)));
  const line = ([name, text, where]: Part) =>
    where === undefined ? `${name.padEnd(11)}${text}` : `${name.padEnd(11)}${text.padEnd(width)}  [${where}]`;
  return parts.map((part) => `${line(part)}\n`).join("");
}

function describeKernel(): string {
  if (kernelName() === "simd") return "simd: WebAssembly, in each worker";
  const isWish = process.env.THREADMILL_KERNEL === "scalar";
  return `scalar: TypeScript, since ${isWish ? "THREADMILL_KERNEL=scalar" : "WebAssembly SIMD is not to be had here"}`;
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

const FUNCTION = "TypeScript, per record: a column is read when the function looks at it";
const COORDINATOR = "coordinator";
const KERNEL = "kernel";
const COLUMNS = "TypeScript, over columns";

/** In the workers, by the kernel; said where it is not WebAssembly although the kernel is. */
function inKernel(isWasm: boolean): string {
  return isWasm || kernelName() === "scalar" ? KERNEL : `${KERNEL}, in TypeScript`;
}

/** Where an expression is computed. A column needs no computing: the kernel reads it. */
function whereOf(expression: Expression, { schema }: Plan): string {
  if (expression.kind === "column") return inKernel(true);
  const columns = columnsOf(expression);
  const [only] = columns;
  const isText = columns.size === 1 && schema.columns.some(({ name, type }) => name === only && type === "text");
  const isKept = isText && expression.kind === "call" && isWorthKeeping(expression) && kernelName() === "simd";
  return isKept ? `${COLUMNS}, once per different ${only}` : COLUMNS;
}

function describeStep(
  step: PlanStep,
  functions: (((record: never) => unknown) | undefined)[],
  plan: Plan,
): [string, string, string] {
  if (step.kind === "where") return ["where", textOf(step.expression), whereOf(step.expression, plan)];
  const name = functions[step.step]?.name;
  return [step.kind, name ? `function ${name}` : "a function", FUNCTION];
}

function describeAnswer(plan: Plan): Part[] {
  const { group, select, sort, limit } = plan;
  // Where functions made objects, columns are theirs.
  const isOfObjects = plan.steps.some(({ kind }) => kind === "map" || kind === "flatMap");
  const valueAt = (expression: Expression) => (isOfObjects ? "TypeScript, of objects" : whereOf(expression, plan));
  const parts: Part[] = [];
  if (group) {
    if (group.keys.length === 0) parts.push(["group by", "nothing: one group"]);
    for (const { name, expression } of group.keys)
      parts.push(["group by", named(name, textOf(expression)), join(valueAt(expression), inKernel(true))]);
    for (const { name, spec, inputs } of group.aggregates) {
      const folded = spec.op === "user" ? "TypeScript, per row" : inKernel(isFoldedInWasm(spec.op));
      const where = inputs.reduce((text, input) => join(valueAt(input), text), folded);
      parts.push(["aggregate", `${name} = ${spec.op}(${inputs.map(textOf).join(", ")})`, where]);
    }
    parts.push(["merge", "partials by hash of the key", inKernel(true)]);
  } else if (select) {
    for (const { name, expression } of select)
      parts.push(["select", named(name, textOf(expression)), valueAt(expression)]);
  }
  const keys = sort.map(({ column, descending }) => (descending ? `${column} desc` : column)).join(", ");
  if (keys) parts.push(["sort", keys, COORDINATOR]);
  else if (group) parts.push(["order", "by key", COORDINATOR]);
  else parts.push(["order", "as in the input"]);
  if (limit !== undefined) parts.push(["limit", `${formatCount(limit)} rows`, COORDINATOR]);
  return parts;
}

/** What is made of columns first, if anything, then the rest. */
function join(first: string, second: string): string {
  return first === second || first === KERNEL ? second : `${first}; then ${second}`;
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
