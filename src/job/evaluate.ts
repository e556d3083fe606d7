/**
 * Compiles an expression to a function over frames of columns. No code is generated: each call of the expression becomes one
 * loop over a column. What depends on no column is computed once.
 */

import { UsageError } from "../base/errors.ts";
import type { KernelArrays } from "../kernel/kernel.ts";
import type { Vector } from "../kernel/vector.ts";
import { resolveExpression, type TypedColumn } from "./check.ts";
import type { Expression, ValueType } from "./expression.ts";
import { functions } from "./functions.ts";
import { isWorthKeeping, keepAnswers } from "./memo.ts";
import type { Frame, FunctionContext, Node } from "./node.ts";
import { expressionError, placeOf } from "./place.ts";
import { boolsOf, constantVector, NumberOutput, valueAt } from "./vectors.ts";

export type { Frame } from "./node.ts";

export interface CompiledExpression {
  /** Names of the columns that it reads. */
  columns: string[];
  type: ValueType;
  /** The values of the frame's rows. The vector is valid until the next call. */
  evaluate(frame: Frame): Vector;
}

export interface CompileOptions {
  /** Zone of time functions that name none. Default UTC. */
  timeZone?: string;
  /** Where results may lie so that the kernel need not copy them. */
  arrays?: KernelArrays | undefined;
}

/**
 * Compiles an expression that was checked when the plan was made; columns that are not listed are taken for user values, whose type
 * each row tells. Throws UsageError ERR_EXPRESSION for an unknown function or a broken pattern.
 */
export function compileExpression(
  expression: Expression,
  columns: readonly TypedColumn[] | undefined,
  options: CompileOptions = {},
): CompiledExpression {
  const timeZone = options.timeZone ?? "UTC";
  const resolved = resolveExpression(expression, columns, { timeZone, lenient: true });
  const texts = new Set(columns?.flatMap(({ name, type }) => (type === "text" ? [name] : [])));
  const node = compileKept(resolved.expression, { timeZone, arrays: options.arrays }, texts, true);
  return { columns: [...node.columns], type: resolved.type, evaluate: (frame) => node.evaluate(frame) };
}

/** As compileNode, with the answers kept by text where the whole depends on one column of texts. */
function compileKept(expression: Expression, context: FunctionContext, texts: Set<string>, isRoot: boolean): Node {
  const keep = (arg: Expression) => compileKept(arg, context, texts, false);
  if (expression.kind !== "call") return compileNode(expression, context, keep);
  const columns = columnsOf(expression);
  const [name] = columns;
  if (columns.size !== 1 || !texts.has(name)) return compileNode(expression, context, keep);
  const node = compileNode(expression, context);
  if (!isWorthKeeping(expression) || node.constant) return node;
  return { ...node, evaluate: keepAnswers(node.evaluate, name, isRoot, context.arrays) };
}

/** Names of the columns that an expression reads. */
export function columnsOf(expression: Expression, found: Set<string> = new Set()): Set<string> {
  if (expression.kind === "column") found.add(expression.name);
  if (expression.kind === "call") for (const arg of expression.args) columnsOf(arg, found);
  return found;
}

function compileNode(
  expression: Expression,
  context: FunctionContext,
  compileArgument: (arg: Expression) => Node = (arg) => compileNode(arg, context),
): Node {
  if (expression.kind === "literal") {
    const value = expression.type === "bigint" ? BigInt(expression.value as string) : expression.value;
    return constantNode(value, expression.type);
  }
  if (expression.kind === "column") {
    const { name } = expression;
    return { constant: undefined, columns: [name], evaluate: (frame) => frame.column(name) };
  }
  const args = expression.args.map(compileArgument);
  const evaluate = bind(expression, args, context);
  if (args.every((arg) => arg.constant !== undefined)) {
    const vector = evaluate({ n: 1, column: () => noColumn() });
    const type: ValueType = vector.kind === "values" ? textOrAny(vector.values[0]) : vector.kind;
    return constantNode(valueAt(vector, 0), type);
  }
  return { constant: undefined, columns: [...new Set(args.flatMap((arg) => arg.columns))], evaluate };
}

function bind(
  expression: Extract<Expression, { kind: "call" }>,
  args: Node[],
  context: FunctionContext,
): Node["evaluate"] {
  try {
    return functions[expression.name](args, context);
  } catch (error) {
    // A fault found while binding (a broken pattern) gets the place of its call.
    const place = placeOf(expression);
    if (!(error instanceof UsageError) || error.code !== "ERR_EXPRESSION" || place === undefined) throw error;
    throw expressionError(error.message, place, error.hint);
  }
}

function textOrAny(value: unknown): ValueType {
  return typeof value === "string" ? "text" : value === null ? "null" : "any";
}

function noColumn(): never {
  throw new Error("a constant expression read a column");
}

function constantNode(value: unknown, type: ValueType): Node {
  let vector: Vector | undefined;
  let size = 0;
  const evaluate = ({ n }: Frame): Vector => {
    if (vector === undefined || size < n) {
      size = Math.max(n, size * 2);
      vector = constantVector(value, type, size);
    }
    return vector;
  };
  return { constant: { value, type }, columns: [], evaluate };
}

/** Writes the rows where the vector is true (not null) to `out` and returns how many they are. */
export function evaluatePredicate(vector: Vector, n: number, out: Int32Array): number {
  const { values, nulls } = boolsOf(vector, n, new NumberOutput("bool"));
  let count = 0;
  if (nulls === undefined) {
    for (let i = 0; i < n; i++) if (values[i] === 1) out[count++] = i;
  } else for (let i = 0; i < n; i++) if (values[i] === 1 && nulls[i] === 0) out[count++] = i;
  return count;
}
