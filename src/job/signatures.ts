/**
 * The functions and operators of the expression language as a table: their canonical names, arguments and result types.
 * What they compute is in functions*.ts; the two tables are held equal by a test.
 */
import type { ValueType } from "./expression.ts";

/** What an argument must be. "number": int, bigint, float. "pattern", "zone": a text literal. "same": of one kind with its peers. */
export type ArgumentKind = "text" | "number" | "timestamp" | "bool" | "any" | "same" | "pattern" | "zone";

export interface Signature {
  args: ArgumentKind[];
  /** How many of args must be given. */
  required: number;
  /** Further arguments of this kind may follow. */
  rest?: ArgumentKind;
  /** "number": int unless an argument is float or bigint. "same": the common type of the "same" arguments. */
  result: ValueType | "number" | "same";
  /** Shown in errors: how it is called. */
  usage: string;
}

function signature(
  usage: string,
  result: Signature["result"],
  args: ArgumentKind[],
  options: Partial<Signature> = {},
): Signature {
  return { usage, result, args, required: args.length, ...options };
}

const timeUnits = ["minute", "hour", "day", "week", "month", "year"] as const;
const timeParts = ["hour_of_day", "day_of_week", "day_of_month", "month_of_year"] as const;

export const functionSignatures: Record<string, Signature> = {
  contains: signature("contains(text, part)", "bool", ["text", "text"]),
  starts_with: signature("starts_with(text, start)", "bool", ["text", "text"]),
  ends_with: signature("ends_with(text, end)", "bool", ["text", "text"]),
  matches: signature("matches(text, 'regular expression')", "bool", ["text", "pattern"]),
  like: signature("text like 'pattern%'", "bool", ["text", "pattern"]),
  lower: signature("lower(text)", "text", ["text"]),
  upper: signature("upper(text)", "text", ["text"]),
  trim: signature("trim(text)", "text", ["text"]),
  length: signature("length(text)", "int", ["text"]),
  substr: signature("substr(text, start, length)", "text", ["text", "number", "number"], { required: 2 }),
  replace: signature("replace(text, part, by)", "text", ["text", "text", "text"]),
  concat: signature("concat(a, b, …)", "text", ["any"], { rest: "any" }),
  coalesce: signature("coalesce(a, b, …)", "same", ["same"], { rest: "same" }),
  if: signature("if(condition, then, else)", "same", ["bool", "same", "same"], { required: 2 }),
  host: signature("host(url)", "text", ["text"]),
  path: signature("path(url)", "text", ["text"]),
  param: signature("param(url, name)", "text", ["text", "text"]),
  bucket: signature("bucket(number, width)", "number", ["number", "number"]),
  abs: signature("abs(number)", "number", ["number"]),
  round: signature("round(number, digits)", "number", ["number", "number"], { required: 1 }),
  floor: signature("floor(number)", "number", ["number"]),
  ceil: signature("ceil(number)", "number", ["number"]),
  int: signature("int(value)", "int", ["any"]),
  float: signature("float(value)", "float", ["any"]),
  text: signature("text(value)", "text", ["any"]),
  timestamp: signature("timestamp(text)", "timestamp", ["any"]),
  epoch: signature("epoch(timestamp)", "float", ["timestamp"]),
  epoch_ms: signature("epoch_ms(timestamp)", "float", ["timestamp"]),
  is_null: signature("value is null", "bool", ["any"]),
  ...Object.fromEntries(
    timeUnits.map((unit) => [
      unit,
      signature(`${unit}(timestamp, 'zone')`, "timestamp", ["timestamp", "zone"], { required: 1 }),
    ]),
  ),
  ...Object.fromEntries(
    timeParts.map((part) => [
      part,
      signature(`${part}(timestamp, 'zone')`, "int", ["timestamp", "zone"], { required: 1 }),
    ]),
  ),
};

const compare = (name: string) => signature(`a ${name} b`, "bool", ["same", "same"]);
const arithmetic = (name: string, result: Signature["result"]) =>
  signature(`a ${name} b`, result, ["number", "number"]);

/** Operators are calls too; these cannot be called by name. */
export const operatorSignatures: Record<string, Signature> = {
  "=": compare("="),
  "!=": compare("!="),
  "<": compare("<"),
  "<=": compare("<="),
  ">": compare(">"),
  ">=": compare(">="),
  in: signature("a in (b, c)", "bool", ["same", "same"], { rest: "same" }),
  between: signature("a between b and c", "bool", ["same", "same", "same"]),
  and: signature("a and b", "bool", ["bool", "bool"], { rest: "bool" }),
  or: signature("a or b", "bool", ["bool", "bool"], { rest: "bool" }),
  not: signature("not a", "bool", ["bool"]),
  "+": arithmetic("+", "number"),
  "-": arithmetic("-", "number"),
  "*": arithmetic("*", "number"),
  "/": arithmetic("/", "float"),
  "%": arithmetic("%", "number"),
  negate: signature("-a", "number", ["number"]),
  "||": signature("a || b", "text", ["any", "any"]),
};

const aliases: Record<string, string> = {
  "==": "=",
  "<>": "!=",
  substring: "substr",
  len: "length",
  strlen: "length",
  ceiling: "ceil",
  domain: "host",
  query_param: "param",
  regexp_matches: "matches",
  prefix: "starts_with",
  suffix: "ends_with",
  startswith: "starts_with",
  endswith: "ends_with",
  ucase: "upper",
  lcase: "lower",
  to_lower: "lower",
  to_upper: "upper",
  isnull: "is_null",
  iff: "if",
  dayofweek: "day_of_week",
  dayofmonth: "day_of_month",
  hourofday: "hour_of_day",
  monthofyear: "month_of_year",
};

/** The canonical name of a function or operator, from any case, camelCase or an alias; undefined: there is none. */
export function canonicalName(name: string): string | undefined {
  if (Object.hasOwn(operatorSignatures, name)) return name;
  for (const candidate of [name, name.toLowerCase(), name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)]) {
    if (Object.hasOwn(functionSignatures, candidate)) return candidate;
    if (Object.hasOwn(aliases, candidate)) return aliases[candidate];
  }
  return undefined;
}

export function signatureOf(canonical: string): Signature {
  return functionSignatures[canonical] ?? operatorSignatures[canonical];
}
