/**
 * The type check of expressions: finds unknown columns and functions and wrong arguments before a byte is read, and settles
 * what the words alone leave open: canonical function names, and texts compared with timestamps, numbers or booleans.
 */
import { parseIsoTime } from "../base/calendar.ts";
import { suggest } from "../base/suggest.ts";
import { checkZone } from "../base/zone.ts";
import type { Expression, ValueType } from "./expression.ts";
import { expressionError, placeOf, setPlace } from "./place.ts";
import { type ArgumentKind, canonicalName, functionSignatures, type Signature, signatureOf } from "./signatures.ts";
import { instantOfLocal } from "./zone.ts";

export interface TypedColumn {
  name: string;
  type: ValueType;
}

export interface ResolveOptions {
  /** Zone of timestamps in the text that name no offset. Default UTC. */
  timeZone?: string;
  /** Accept unknown columns and types that do not fit: for plans, which were checked when they were made. */
  lenient?: boolean;
}

export interface Resolved {
  expression: Expression;
  type: ValueType;
}

type Call = Extract<Expression, { kind: "call" }>;
type Literal = Extract<Expression, { kind: "literal" }>;

/** The type of an expression over these columns. Throws UsageError ERR_EXPRESSION or ERR_TIME_ZONE. `columns` undefined: any name, any type. */
export function typeOf(
  expression: Expression,
  columns: readonly TypedColumn[] | undefined,
  options: ResolveOptions = {},
): ValueType {
  return resolveExpression(expression, columns, options).type;
}

/** Checks a condition: like resolveExpression, and the type must be bool. */
export function resolvePredicate(
  expression: Expression,
  columns: readonly TypedColumn[] | undefined,
  options: ResolveOptions = {},
): Expression {
  const resolved = resolveExpression(expression, columns, options);
  if (resolved.type !== "bool" && resolved.type !== "any" && resolved.type !== "null") {
    const hint = "Compare it with something: status >= 500.";
    throw expressionError(`a condition must be true or false, not ${resolved.type}`, placeOf(expression), hint);
  }
  return resolved.expression;
}

/** The checked expression with canonical names and settled literals, and its type. Errors as typeOf. */
export function resolveExpression(
  expression: Expression,
  columns: readonly TypedColumn[] | undefined,
  options: ResolveOptions = {},
): Resolved {
  const byName = columns && new Map(columns.map((column) => [column.name, column.type]));
  return new Resolver(byName, options).resolve(expression);
}

class Resolver {
  readonly #columns: Map<string, ValueType> | undefined;
  readonly #options: ResolveOptions;

  constructor(columns: Map<string, ValueType> | undefined, options: ResolveOptions) {
    this.#columns = columns;
    this.#options = options;
  }

  resolve(expression: Expression): Resolved {
    if (expression.kind === "literal") return { expression, type: expression.type };
    if (expression.kind === "column") return { expression, type: this.#columnType(expression) };
    return this.#call(expression);
  }

  #columnType(column: Extract<Expression, { kind: "column" }>): ValueType {
    const type = this.#columns === undefined ? "any" : this.#columns.get(column.name);
    if (type !== undefined) return type;
    if (this.#options.lenient) return "any";
    const hint = suggest(column.name, [...this.#columns!.keys()], "columns");
    throw expressionError(`unknown column "${column.name}"`, placeOf(column), hint);
  }

  #call(call: Call): Resolved {
    const name = canonicalName(call.name);
    if (name === undefined) {
      const hint = suggest(call.name, Object.keys(functionSignatures), "functions");
      throw expressionError(`unknown function "${call.name}"`, placeOf(call), hint);
    }
    const signature = signatureOf(name);
    checkCount(call, signature);
    let args = call.args.map((arg) => this.resolve(arg));
    if (signature.args.includes("same") || signature.rest === "same") args = this.#settle(args, signature);
    for (const [index, arg] of args.entries()) this.#checkArgument(arg, kindAt(signature, index), signature);
    const place = placeOf(call);
    const type = this.#resultType(args, signature);
    if (name === "between") {
      const [value, low, high] = args.map((arg) => arg.expression);
      const sides = [make(">=", [value, low], place), make("<=", [value, high], place)];
      return { expression: make("and", sides, place), type };
    }
    return {
      expression: make(
        name,
        args.map((arg) => arg.expression),
        place,
      ),
      type,
    };
  }

  /** Gives the literals among the "same" arguments the type of the others, and checks that all fit together. */
  #settle(args: Resolved[], signature: Signature): Resolved[] {
    const peers = args.filter((_, index) => kindAt(signature, index) === "same");
    const known = peers.find(
      ({ expression, type }) => expression.kind !== "literal" && type !== "any" && type !== "null",
    );
    const target = known?.type;
    return args.map((arg, index) => {
      if (kindAt(signature, index) !== "same" || target === undefined || arg.expression.kind !== "literal") return arg;
      return this.#settleLiteral(arg.expression, target) ?? arg;
    });
  }

  #settleLiteral(literal: Literal, target: ValueType): Resolved | undefined {
    if (literal.type !== "text" || typeof literal.value !== "string" || target === "text") return undefined;
    const text = literal.value;
    const settled = this.#convert(text, target);
    if (settled !== undefined) return { expression: setPlace(settled, placeOf(literal)), type: settled.type };
    if (this.#options.lenient) return undefined;
    const hint = target === "timestamp" ? "Write it as ISO 8601: '2024-01-31' or '2024-01-31T12:00:00Z'." : undefined;
    throw expressionError(`'${text}' is no ${target}`, placeOf(literal), hint);
  }

  #convert(text: string, target: ValueType): Literal | undefined {
    if (target === "timestamp") {
      const time = parseIsoTime(text);
      if (!time) return undefined;
      const value = time.local ? instantOfLocal(this.#options.timeZone ?? "UTC", time.micros) : time.micros;
      return { kind: "literal", value, type: "timestamp" };
    }
    if (target === "bool") {
      const word = text.toLowerCase();
      return word === "true" || word === "false"
        ? { kind: "literal", value: word === "true", type: "bool" }
        : undefined;
    }
    const value = Number(text);
    if (text.trim() === "" || Number.isNaN(value)) return undefined;
    return { kind: "literal", value, type: Number.isSafeInteger(value) ? "int" : "float" };
  }

  #checkArgument({ expression, type }: Resolved, kind: ArgumentKind, signature: Signature): void {
    if (kind === "zone" || kind === "pattern") {
      if (expression.kind !== "literal" || typeof expression.value !== "string") {
        const what = kind === "zone" ? "the time zone" : "the pattern";
        throw expressionError(`${what} must be a text: ${signature.usage}`, placeOf(expression));
      }
      if (kind === "zone") checkZone(expression.value);
      return;
    }
    if (kind === "any" || kind === "same" || type === "any" || type === "null" || this.#options.lenient) return;
    if (kind === type || (kind === "number" && isNumeric(type))) return;
    throw expressionError(
      `${kind} is expected here, not ${type}: ${signature.usage}`,
      placeOf(expression),
      cast(kind, type),
    );
  }

  #resultType(args: Resolved[], signature: Signature): ValueType {
    const isSame = signature.args.includes("same") || signature.rest === "same";
    const types = args.filter((_, index) => !isSame || kindAt(signature, index) === "same");
    let common: ValueType = "null";
    for (const arg of types) {
      if (!isSame && signature.result !== "number") break;
      const joined = commonType(common, arg.type);
      if (joined !== undefined) common = joined;
      else if (this.#options.lenient) common = "any";
      else {
        const message = `${arg.type} does not go with ${common}: ${signature.usage}`;
        throw expressionError(message, placeOf(arg.expression), castTo(common, arg.type));
      }
    }
    return signature.result === "same" || signature.result === "number" ? common : signature.result;
  }
}

function make(name: string, args: Expression[], place: ReturnType<typeof placeOf>): Expression {
  return setPlace({ kind: "call", name, args }, place);
}

function kindAt(signature: Signature, index: number): ArgumentKind {
  return signature.args[index] ?? signature.rest ?? "any";
}

function checkCount(call: Call, signature: Signature): void {
  const { length } = call.args;
  const most = signature.rest === undefined ? signature.args.length : Number.POSITIVE_INFINITY;
  if (length >= signature.required && length <= most) return;
  const wanted = most === signature.required ? `${most}` : `${signature.required} or more`;
  throw expressionError(`${call.name} takes ${wanted} arguments, not ${length}: ${signature.usage}`, placeOf(call));
}

export function isNumeric(type: ValueType): boolean {
  return type === "int" || type === "bigint" || type === "float";
}

/** The type that holds values of both; undefined: there is none. */
function commonType(a: ValueType, b: ValueType): ValueType | undefined {
  if (a === b || b === "null") return a;
  if (a === "null") return b;
  if (a === "any" || b === "any") return "any";
  if (!isNumeric(a) || !isNumeric(b)) return undefined;
  return a === "float" || b === "float" ? "float" : "bigint";
}

function cast(kind: ArgumentKind, type: ValueType): string | undefined {
  if (kind === "text") return "text(…) makes a text of any value.";
  if (kind === "number" && type === "timestamp") return "epoch(…) gives the seconds of a timestamp.";
  if (kind === "number") return "int(…) and float(…) read numbers from text.";
  if (kind === "timestamp" && type === "text") return "Declare the column as timestamp, or write timestamp(…).";
  return undefined;
}

function castTo(wanted: ValueType, given: ValueType): string | undefined {
  if (wanted === "text" && isNumeric(given)) return "Put the number in quotes to compare texts.";
  if (wanted === "timestamp") return "Write a time as a text: '2024-01-31T12:00:00Z'.";
  if (given === "text") return "int(…), float(…) and timestamp(…) read values from text.";
  return undefined;
}
