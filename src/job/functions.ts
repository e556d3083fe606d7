/**
 * What the functions of the expression language compute: texts, URLs, times, numbers and casts, a column at a time. Their names and
 * types are in signatures.ts. A null argument gives null, except where said; a cast that fails gives null.
 */
import { parseIsoTime } from "../base/calendar.ts";
import type { BoundFunction, Frame, Node } from "./node.ts";
import { copyNulls, operators } from "./operators.ts";
import { expressionError } from "./place.ts";
import { searchBytes, textPredicates } from "./text-search.ts";
import { timeFunctions } from "./time-functions.ts";
import { hostOf, paramOf, pathOf } from "./url.ts";
import {
  boolsOf,
  isNullAt,
  microsOf,
  NumberOutput,
  numbersOf,
  printAt,
  textsOf,
  type Vector,
  valueAt,
} from "./vectors.ts";

/** A function of texts that gives a text, or null. */
function ofTexts(compute: (...texts: string[]) => string | null): BoundFunction {
  return (args) => (frame) => {
    const columns = args.map((arg) => textsOf(arg.evaluate(frame), frame.n));
    const values = columns[0] as unknown[];
    for (let i = 0; i < frame.n; i++) {
      const row = columns.map((column) => column[i]);
      values[i] = row.includes(null) ? null : compute(...(row as string[]));
    }
    return { kind: "values", values };
  };
}

/** A function of one text that gives a text, or null: no row arrays. */
function ofText(compute: (text: string) => string | null): BoundFunction {
  return ([arg]) =>
    (frame) => {
      const values = textsOf(arg.evaluate(frame), frame.n) as unknown[];
      for (let i = 0; i < frame.n; i++) if (values[i] !== null) values[i] = compute(values[i] as string);
      return { kind: "values", values };
    };
}

const length: BoundFunction = ([arg]) => {
  const output = new NumberOutput("int");
  return (frame) => {
    const vector = arg.evaluate(frame);
    const out = output.take(frame.n);
    for (let i = 0; i < frame.n; i++) {
      const text = valueAt(vector, i);
      out.values[i] = typeof text === "string" ? codePoints(text) : 0;
      if (typeof text !== "string") output.nulls(frame.n)[i] = 1;
    }
    return out;
  };
};

function codePoints(text: string): number {
  let count = text.length;
  for (let i = 0; i + 1 < text.length; i++) {
    if ((text.charCodeAt(i) & 0xfc00) === 0xd800 && (text.charCodeAt(i + 1) & 0xfc00) === 0xdc00) count--;
  }
  return count;
}

/** 1-based, by code points; a negative start counts from the end, a negative length goes backwards, as in DuckDB. */
function substrOf(text: string, start: number, count: number): string {
  // The common case needs no array of code points.
  const points = codePoints(text) === text.length ? undefined : Array.from(text);
  const size = points?.length ?? text.length;
  const from = start < 0 ? size + start : start - 1;
  const [low, high] = count < 0 ? [from + count, from] : [from, from + count];
  const [first, last] = [Math.max(0, low), Math.max(0, Math.min(size, high))];
  if (last <= first) return "";
  return points ? points.slice(first, last).join("") : text.slice(first, last);
}

const substr: BoundFunction = ([text, start, count]) => {
  const views = [new NumberOutput("int"), new NumberOutput("int")];
  return (frame) => {
    const values = textsOf(text.evaluate(frame), frame.n) as unknown[];
    const from = numbersOf(start.evaluate(frame), frame.n, views[0]);
    const counts = count && numbersOf(count.evaluate(frame), frame.n, views[1]);
    for (let i = 0; i < frame.n; i++) {
      if (values[i] === null || from.nulls?.[i] === 1 || counts?.nulls?.[i] === 1) values[i] = null;
      else
        values[i] = substrOf(
          values[i] as string,
          Math.trunc(from.values[i]),
          counts ? Math.trunc(counts.values[i]) : 2 ** 31,
        );
    }
    return { kind: "values", values };
  };
};

/** Joins what is not null, as DuckDB's concat; `||` gives null instead. */
const concat: BoundFunction = (args) => (frame) => {
  const vectors = args.map((arg) => arg.evaluate(frame));
  const values = Array.from({ length: frame.n }, (_, i) => vectors.map((vector) => printAt(vector, i) ?? "").join(""));
  return { kind: "values", values };
};

/** Chooses per row among vectors of one common type, which must not vary from batch to batch: it depends on the kinds alone. */
function choose(vectors: (Vector | undefined)[], n: number, pick: (i: number) => Vector | undefined): Vector {
  const kinds = new Set(vectors.flatMap((vector) => (vector === undefined ? [] : [vector.kind])));
  const [kind] = kinds;
  const areNumbers =
    kinds.size > 0 && [...kinds].every((each) => each === "int" || each === "float" || each === "bigint");
  const areBigints = areNumbers && kinds.has("bigint") && !kinds.has("float");
  if (!areBigints && (areNumbers || (kinds.size === 1 && (kind === "bool" || kind === "timestamp")))) {
    const output = new NumberOutput(areNumbers ? (kinds.has("float") ? "float" : "int") : (kind as "bool"));
    const out = output.take(n);
    for (let i = 0; i < n; i++) {
      const vector = pick(i);
      if (vector === undefined || isNullAt(vector, i)) output.nulls(n)[i] = 1;
      else out.values[i] = Number((vector as { values: ArrayLike<number | bigint> }).values[i]);
    }
    return out;
  }
  const values = Array.from({ length: n }, (_, i) => {
    const vector = pick(i);
    const value = vector === undefined ? null : valueAt(vector, i);
    // Among other kinds a time must say that it is one.
    return vector?.kind === "timestamp" && value !== null ? new Date((value as number) / 1000) : value;
  });
  return areBigints ? bigintsOf(values) : { kind: "values", values };
}

function bigintsOf(values: unknown[]): Vector {
  const nulls = Uint8Array.from(values, (value) => (value === null ? 1 : 0));
  const bigints = BigInt64Array.from(values, (value) => BigInt((value as bigint | number | null) ?? 0));
  return { kind: "bigint", values: bigints, nulls };
}

/** The vector of a node; undefined for the constant null, which has no kind. */
function vectorOf(node: Node, frame: Frame): Vector | undefined {
  return node.constant?.value === null ? undefined : node.evaluate(frame);
}

const coalesce: BoundFunction = (args) => (frame) => {
  const vectors = args.map((arg) => vectorOf(arg, frame));
  return choose(vectors, frame.n, (i) => vectors.find((vector) => vector !== undefined && !isNullAt(vector, i)));
};

const conditional: BoundFunction = ([condition, ...branches]) => {
  const view = new NumberOutput("bool");
  return (frame) => {
    const truths = boolsOf(condition.evaluate(frame), frame.n, view);
    const [yes, no] = branches.map((branch) => vectorOf(branch, frame));
    return choose([yes, no], frame.n, (i) => (truths.values[i] === 1 && truths.nulls?.[i] !== 1 ? yes : no));
  };
};

/** A function of one number. `keepsInt`: ints are already what it would make of them. */
function ofNumber(compute: (value: number) => number, keepsInt: boolean): BoundFunction {
  return ([arg]) => {
    const output = new NumberOutput("float");
    const view = new NumberOutput("float");
    return (frame) => {
      const source = arg.evaluate(frame);
      if (keepsInt && (source.kind === "int" || source.kind === "bigint")) return source;
      const { kind, values, nulls } = numbersOf(source, frame.n, view);
      const out = output.take(frame.n, kind === "int" ? "int" : "float");
      for (let i = 0; i < frame.n; i++) out.values[i] = compute(values[i]);
      out.nulls = nulls;
      return out;
    };
  };
}

function ofNumbers(compute: (a: number, b: number) => number): BoundFunction {
  return ([left, right]) => {
    const output = new NumberOutput("float");
    const views = [new NumberOutput("float"), new NumberOutput("float")];
    return (frame) => {
      const a = numbersOf(left.evaluate(frame), frame.n, views[0]);
      const b = numbersOf(right.evaluate(frame), frame.n, views[1]);
      const out = output.take(frame.n, a.kind === "int" && b.kind === "int" ? "int" : "float");
      copyNulls(a.nulls, b.nulls, frame.n, output);
      for (let i = 0; i < frame.n; i++) {
        const value = compute(a.values[i], b.values[i]);
        out.values[i] = value;
        if (Number.isNaN(value) && !Number.isNaN(a.values[i])) output.nulls(frame.n)[i] = 1;
      }
      return out;
    };
  };
}

/** Half away from zero, as DuckDB. */
function roundHalfAway(value: number): number {
  return Number.isFinite(value) ? Math.sign(value) * Math.round(Math.abs(value)) : value;
}

function roundTo(value: number, digits: number): number {
  const scale = 10 ** Math.trunc(digits);
  const rounded = roundHalfAway(value * scale) / scale;
  return Number.isFinite(rounded) ? rounded : value;
}

/** The lower bound of the bucket of this width; null for a width that is not above 0. */
function bucketOf(value: number, width: number): number {
  return width > 0 ? Math.floor(value / width) * width : Number.NaN;
}

const round: BoundFunction = (args, context) =>
  (args.length === 1 ? ofNumber(roundHalfAway, true) : ofNumbers(roundTo))(args, context);

function cast(kind: "int" | "float", convert: (value: unknown) => number | undefined): BoundFunction {
  return ([arg]) => {
    const output = new NumberOutput(kind);
    return (frame) => {
      const vector = arg.evaluate(frame);
      if (vector.kind === kind) return vector;
      const out = output.take(frame.n);
      for (let i = 0; i < frame.n; i++) {
        const value = convert(valueAt(vector, i));
        out.values[i] = value ?? 0;
        if (value === undefined) output.nulls(frame.n)[i] = 1;
      }
      return out;
    };
  };
}

const numberPattern = /^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\s*$/;

function floatOf(value: unknown): number | undefined {
  if (typeof value === "string") {
    if (numberPattern.test(value)) return Number(value);
    const word = /^\s*([+-]?)(nan|inf(?:inity)?)\s*$/i.exec(value);
    if (word) return word[2].toLowerCase() === "nan" ? Number.NaN : word[1] === "-" ? -Infinity : Infinity;
    return undefined;
  }
  if (typeof value === "number" || typeof value === "bigint" || typeof value === "boolean") return Number(value);
  return undefined;
}

function intOf(value: unknown): number | undefined {
  const float = floatOf(value);
  const int = float === undefined ? Number.NaN : roundHalfAway(float) + 0;
  return Number.isSafeInteger(int) ? int : undefined;
}

const textOf: BoundFunction =
  ([arg]) =>
  (frame) => {
    const vector = arg.evaluate(frame);
    if (vector.kind === "text") return vector;
    return { kind: "values", values: Array.from({ length: frame.n }, (_, i) => printAt(vector, i) ?? null) };
  };

/** Of a text, ISO 8601; of a user's Date or milliseconds, that time. */
const timestampOf: BoundFunction = ([arg]) => {
  const output = new NumberOutput("timestamp");
  return (frame) => {
    const vector = arg.evaluate(frame);
    if (vector.kind === "timestamp") return vector;
    const out = output.take(frame.n);
    for (let i = 0; i < frame.n; i++) {
      const value = valueAt(vector, i);
      const micros = typeof value === "string" ? parseIsoTime(value)?.micros : microsOf(value);
      out.values[i] = micros ?? 0;
      if (micros === undefined) output.nulls(frame.n)[i] = 1;
    }
    return out;
  };
};

/** Regular expressions: found anywhere in the text, by code points. */
const matches: BoundFunction = ([text, pattern]) => {
  const source = pattern.constant?.value as string;
  return textTest(text, compilePattern(source));
};

function compilePattern(source: string): RegExp {
  try {
    return new RegExp(source, "u");
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw expressionError(message, undefined, "Regular expressions are JavaScript's; ^ and $ anchor them.");
  }
}

const like: BoundFunction = ([text, pattern]) => {
  const escaped = String(pattern.constant?.value).replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
  return textTest(text, new RegExp(`^${escaped.replaceAll("%", ".*").replaceAll("_", ".")}$`, "su"));
};

function textTest(text: Node, pattern: RegExp): Node["evaluate"] {
  const output = new NumberOutput("bool");
  return (frame: Frame) => {
    const texts = textsOf(text.evaluate(frame), frame.n);
    const out = output.take(frame.n);
    for (let i = 0; i < frame.n; i++) {
      const value = texts[i];
      out.values[i] = value !== null && pattern.test(value) ? 1 : 0;
      if (value === null) output.nulls(frame.n)[i] = 1;
    }
    return out;
  };
}

/** All functions and operators by canonical name. */
export const functions: Record<string, BoundFunction> = {
  ...operators,
  contains: searchBytes(textPredicates.contains),
  starts_with: searchBytes(textPredicates.starts_with),
  ends_with: searchBytes(textPredicates.ends_with),
  matches,
  like,
  lower: ofText((text) => text.toLowerCase()),
  upper: ofText((text) => text.toUpperCase()),
  trim: ofText((text) => text.replace(/^\p{Zs}+|\p{Zs}+$/gu, "")),
  length,
  substr,
  replace: ofTexts((text, part, by) => (part === "" ? text : text.replaceAll(part, () => by))),
  concat,
  coalesce,
  if: conditional,
  host: ofText(hostOf),
  path: ofText(pathOf),
  param: ofTexts(paramOf),
  bucket: ofNumbers(bucketOf),
  abs: ofNumber(Math.abs, false),
  round,
  floor: ofNumber(Math.floor, true),
  ceil: ofNumber(Math.ceil, true),
  int: cast("int", intOf),
  float: cast("float", floatOf),
  text: textOf,
  timestamp: timestampOf,
  ...timeFunctions,
};
