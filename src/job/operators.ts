/**
 * Comparison, boolean and arithmetic operators over vectors, a column at a time. Null semantics are SQL's and DuckDB's: a comparison with
 * null is null; and, or, not are three-valued; NaN equals itself and is above every number; x / 0 is ±inf or NaN, x % 0 is null for ints.
 */
import { InputError } from "../base/errors.ts";
import type { BoundFunction, Node } from "./node.ts";
import { canonicalName } from "./signatures.ts";
import {
  BigintOutput,
  boolsOf,
  compareBytes,
  compareText,
  isNullAt,
  microsOf,
  NumberOutput,
  type NumberVector,
  numbersOf,
  printAt,
  type TextVector,
  type Vector,
  valueAt,
} from "./vectors.ts";

/** What a comparison answers when left is below, equal to, above right. */
type Outcome = readonly [below: number, equal: number, above: number];

const outcomes: Record<string, Outcome> = {
  "=": [0, 1, 0],
  "!=": [1, 0, 1],
  "<": [1, 0, 0],
  "<=": [1, 1, 0],
  ">": [0, 0, 1],
  ">=": [0, 1, 1],
};
const flipped: Record<string, string> = { "<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "=", "!=": "!=" };
const encoder = new TextEncoder();

function comparison(name: string): BoundFunction {
  return ([left, right]) => {
    if (left.constant && !right.constant) return comparison(flipped[name])([right, left], { timeZone: "UTC" });
    const output = new NumberOutput("bool");
    const outcome = outcomes[name];
    const { constant } = right;
    if (constant === undefined)
      return (frame) => compareVectors(left.evaluate(frame), right.evaluate(frame), frame.n, outcome, output);
    const { value } = constant;
    const bytes = typeof value === "string" ? encoder.encode(value) : undefined;
    return (frame) => {
      const vector = left.evaluate(frame);
      if (bytes !== undefined && vector.kind === "text")
        return compareTextConstant(vector, bytes, frame.n, outcome, output);
      const isPlain = typeof value === "number" && !Number.isNaN(value) && isNumber(vector);
      if (isPlain) return compareNumberConstant(vector as NumberVector, value, frame.n, outcome, output);
      return compareVectors(vector, right.evaluate(frame), frame.n, outcome, output);
    };
  };
}

function isNumber(vector: Vector): vector is NumberVector {
  return vector.kind !== "text" && vector.kind !== "values" && vector.kind !== "bigint";
}

function compareNumberConstant(
  vector: NumberVector,
  value: number,
  n: number,
  outcome: Outcome,
  output: NumberOutput,
): Vector {
  const [below, equal, above] = outcome;
  const { values } = vector;
  const out = output.take(n);
  const truths = out.values;
  // NaN is neither below nor equal: it lands above, where DuckDB has it.
  for (let i = 0; i < n; i++) truths[i] = values[i] < value ? below : values[i] === value ? equal : above;
  out.nulls = vector.nulls;
  return out;
}

function compareTextConstant(
  vector: TextVector,
  value: Uint8Array,
  n: number,
  outcome: Outcome,
  output: NumberOutput,
): Vector {
  const { bytes, starts, ends } = vector;
  const out = output.take(n);
  const isEquality = outcome[0] === outcome[2];
  for (let i = 0; i < n; i++) {
    if (ends[i] < 0) {
      out.values[i] = 0;
      output.nulls(n)[i] = 1;
    } else if (isEquality && ends[i] - starts[i] !== value.length) out.values[i] = outcome[0];
    else {
      const order = compareBytes(bytes, starts[i], ends[i], value, 0, value.length);
      out.values[i] = outcome[order < 0 ? 0 : order === 0 ? 1 : 2];
    }
  }
  return out;
}

function compareVectors(left: Vector, right: Vector, n: number, outcome: Outcome, output: NumberOutput): Vector {
  const out = output.take(n);
  const order = orderOf(left, right);
  for (let i = 0; i < n; i++) {
    const ordered = isNullAt(left, i) || isNullAt(right, i) ? undefined : order(i);
    if (ordered === undefined) {
      out.values[i] = 0;
      output.nulls(n)[i] = 1;
    } else out.values[i] = outcome[ordered < 0 ? 0 : ordered === 0 ? 1 : 2];
  }
  return out;
}

/** The order of row i of two vectors; undefined: they do not compare (user values of different kinds). */
function orderOf(left: Vector, right: Vector): (i: number) => number | undefined {
  if (left.kind === "text" && right.kind === "text") {
    return (i) => compareBytes(left.bytes, left.starts[i], left.ends[i], right.bytes, right.starts[i], right.ends[i]);
  }
  if (isNumber(left) && isNumber(right)) return (i) => compareNumbers(left.values[i], right.values[i]);
  if (left.kind === "timestamp" || right.kind === "timestamp") {
    return (i) => {
      const [a, b] = [timeAt(left, i), timeAt(right, i)];
      return a === undefined || b === undefined ? undefined : compareNumbers(a, b);
    };
  }
  return (i) => compareValues(valueAt(left, i), valueAt(right, i));
}

function timeAt(vector: Vector, i: number): number | undefined {
  return vector.kind === "timestamp" ? vector.values[i] : microsOf(valueAt(vector, i));
}

function compareNumbers(a: number, b: number): number {
  if (a < b) return -1;
  if (a === b) return 0;
  if (a > b) return 1;
  return (Number.isNaN(a) ? 1 : 0) - (Number.isNaN(b) ? 1 : 0);
}

/** Order of two values that are not null: numbers, texts by code points, booleans, Dates; a Date with a text: ISO 8601. */
function compareValues(a: unknown, b: unknown): number | undefined {
  if (typeof a === "string" && typeof b === "string") return compareText(a, b);
  if (typeof a === "number" && typeof b === "number") return compareNumbers(a, b);
  if (a instanceof Date || b instanceof Date) {
    const [left, right] = [microsOf(a), microsOf(b)];
    return left === undefined || right === undefined ? undefined : left - right;
  }
  if (isScalar(a) && isScalar(b)) return a < b ? -1 : a > b ? 1 : 0;
  if (typeof a === "string" && isScalar(b)) return a.trim() === "" ? undefined : compareNumbers(Number(a), Number(b));
  if (typeof b === "string" && isScalar(a)) return b.trim() === "" ? undefined : compareNumbers(Number(a), Number(b));
  return undefined;
}

function isScalar(value: unknown): value is number | bigint | boolean {
  return typeof value === "number" || typeof value === "bigint" || typeof value === "boolean";
}

/** x in (…): true on a match; else null if x or a member is null; else false. */
const membership: BoundFunction = ([subject, ...members], context) => {
  const texts = members.map(({ constant }) => constant?.value);
  if (members.length > 2 && texts.every((value): value is string => typeof value === "string"))
    return textSet(subject, texts);
  const equals = members.map((member) => comparison("=")([subject, member], context));
  if (equals.length === 1) return equals[0];
  return anyOf(equals.map((evaluate) => ({ evaluate, constant: undefined, columns: [] })));
};

function textSet(subject: Node, texts: string[]): Node["evaluate"] {
  const output = new NumberOutput("bool");
  const all = new Set(texts);
  const byLength = new Map<number, Uint8Array[]>();
  for (const text of all) {
    const bytes = encoder.encode(text);
    byLength.set(bytes.length, [...(byLength.get(bytes.length) ?? []), bytes]);
  }
  return (frame) => {
    const vector = subject.evaluate(frame);
    const out = output.take(frame.n);
    for (let i = 0; i < frame.n; i++) {
      out.values[i] = 0;
      if (isNullAt(vector, i)) output.nulls(frame.n)[i] = 1;
      else if (vector.kind === "text") {
        const { bytes, starts, ends } = vector;
        const candidates = byLength.get(ends[i] - starts[i]) ?? [];
        const isMember = candidates.some((text) => compareBytes(bytes, starts[i], ends[i], text, 0, text.length) === 0);
        out.values[i] = isMember ? 1 : 0;
      } else out.values[i] = all.has(printAt(vector, i) ?? "") ? 1 : 0;
    }
    return out;
  };
}

/** Three-valued and (decider 0) / or (decider 1): one deciding argument decides, else null wins. */
function connective(decider: 0 | 1): (args: Node[]) => Node["evaluate"] {
  return (args) => {
    const output = new NumberOutput("bool");
    const views = args.map(() => new NumberOutput("bool"));
    return (frame) => {
      const { n } = frame;
      const out = output.take(n);
      out.values.fill(1 - decider, 0, n);
      for (const [index, arg] of args.entries()) {
        const { values, nulls } = boolsOf(arg.evaluate(frame), n, views[index]);
        if (nulls === undefined) {
          for (let i = 0; i < n; i++) if (values[i] === decider) out.values[i] = decider;
          continue;
        }
        const outNulls = output.nulls(n);
        for (let i = 0; i < n; i++) {
          if (nulls[i] === 1) outNulls[i] = 1;
          else if (values[i] === decider) out.values[i] = decider;
        }
      }
      if (out.nulls !== undefined) for (let i = 0; i < n; i++) if (out.values[i] === decider) out.nulls[i] = 0;
      return out;
    };
  };
}

const anyOf = connective(1);

const negation: BoundFunction = ([arg]) => {
  const output = new NumberOutput("bool");
  const view = new NumberOutput("bool");
  return (frame) => {
    const { values, nulls } = boolsOf(arg.evaluate(frame), frame.n, view);
    const out = output.take(frame.n);
    for (let i = 0; i < frame.n; i++) out.values[i] = 1 - values[i];
    out.nulls = nulls;
    return out;
  };
};

const isNull: BoundFunction = ([arg]) => {
  const output = new NumberOutput("bool");
  return (frame) => {
    const vector = arg.evaluate(frame);
    const out = output.take(frame.n);
    for (let i = 0; i < frame.n; i++) out.values[i] = isNullAt(vector, i) ? 1 : 0;
    return out;
  };
};

interface Arithmetic {
  numbers(a: number, b: number): number;
  bigints(a: bigint, b: bigint): bigint;
}

const arithmetics: Record<string, Arithmetic> = {
  "+": { numbers: (a, b) => a + b, bigints: (a, b) => a + b },
  "-": { numbers: (a, b) => a - b, bigints: (a, b) => a - b },
  "*": { numbers: (a, b) => a * b, bigints: (a, b) => a * b },
  "%": { numbers: (a, b) => a % b, bigints: (a, b) => a % b },
};

function arithmetic(name: string): BoundFunction {
  const { numbers, bigints } = arithmetics[name];
  return ([left, right]) => {
    const output = new NumberOutput("int");
    const [leftView, rightView] = [new NumberOutput("float"), new NumberOutput("float")];
    const bigs = new BigintOutput();
    return (frame) => {
      const { n } = frame;
      const [l, r] = [left.evaluate(frame), right.evaluate(frame)];
      if (l.kind === "bigint" ? r.kind !== "float" : r.kind === "bigint" && l.kind !== "float") {
        return bigintArithmetic(l, r, n, name === "%", bigints, bigs);
      }
      const a = numbersOf(l, n, leftView);
      const b = numbersOf(r, n, rightView);
      const areInts = a.kind === "int" && b.kind === "int";
      const out = output.take(n, areInts ? "int" : "float");
      copyNulls(a.nulls, b.nulls, n, output);
      for (let i = 0; i < n; i++) {
        // + 0 turns -0 into 0: an int has one zero.
        const value = areInts ? numbers(a.values[i], b.values[i]) + 0 : numbers(a.values[i], b.values[i]);
        out.values[i] = value;
        if (areInts && !Number.isSafeInteger(value) && out.nulls?.[i] !== 1) {
          if (name === "%") {
            out.values[i] = 0;
            output.nulls(n)[i] = 1;
          } else throw outOfRange(`${a.values[i]} ${name} ${b.values[i]}`, "int");
        }
      }
      return out;
    };
  };
}

function bigintArithmetic(
  left: Vector,
  right: Vector,
  n: number,
  isRemainder: boolean,
  compute: (a: bigint, b: bigint) => bigint,
  output: BigintOutput,
): Vector {
  const out = output.take(n);
  for (let i = 0; i < n; i++) {
    const [a, b] = [bigintAt(left, i), bigintAt(right, i)];
    if (a === undefined || b === undefined || (isRemainder && b === 0n)) {
      out.values[i] = 0n;
      output.nulls(n)[i] = 1;
      continue;
    }
    const value = compute(a, b);
    if (BigInt.asIntN(64, value) !== value) throw outOfRange(String(value), "bigint");
    out.values[i] = value;
  }
  return out;
}

function bigintAt(vector: Vector, i: number): bigint | undefined {
  const value = valueAt(vector, i);
  if (typeof value === "bigint") return value;
  return typeof value === "number" && Number.isInteger(value) ? BigInt(value) : undefined;
}

function outOfRange(what: string, type: "int" | "bigint"): InputError {
  const limit = type === "int" ? "2^53" : "2^63";
  return new InputError("ERR_OUT_OF_RANGE", `${what} is beyond ±${limit}, the range of ${type}`, {
    hint: "Compute with float(…), or declare the column as float.",
  });
}

export function copyNulls(a: Uint8Array | undefined, b: Uint8Array | undefined, n: number, output: NumberOutput): void {
  if (a === undefined && b === undefined) return;
  const nulls = output.nulls(n);
  for (let i = 0; i < n; i++) nulls[i] = a?.[i] === 1 || b?.[i] === 1 ? 1 : 0;
}

const division: BoundFunction = ([left, right]) => {
  const output = new NumberOutput("float");
  const [leftView, rightView] = [new NumberOutput("float"), new NumberOutput("float")];
  return (frame) => {
    const a = numbersOf(left.evaluate(frame), frame.n, leftView);
    const b = numbersOf(right.evaluate(frame), frame.n, rightView);
    const out = output.take(frame.n);
    copyNulls(a.nulls, b.nulls, frame.n, output);
    for (let i = 0; i < frame.n; i++) out.values[i] = a.values[i] / b.values[i];
    return out;
  };
};

const minus: BoundFunction = ([arg], context) => {
  const zero: Node = {
    constant: { value: 0, type: "int" },
    columns: [],
    evaluate: ({ n }) => ({ kind: "int", values: new Float64Array(n), nulls: undefined }),
  };
  return arithmetic("-")([zero, arg], context);
};

const join: BoundFunction = ([left, right]) => {
  return (frame) => {
    const [a, b] = [left.evaluate(frame), right.evaluate(frame)];
    const values: unknown[] = [];
    for (let i = 0; i < frame.n; i++) {
      const [x, y] = [printAt(a, i), printAt(b, i)];
      values.push(x === undefined || y === undefined ? null : x + y);
    }
    return { kind: "values", values };
  };
};

export const operators: Record<string, BoundFunction> = {
  ...Object.fromEntries(Object.keys(outcomes).map((name) => [canonicalName(name)!, comparison(name)])),
  in: membership,
  and: connective(0),
  or: anyOf,
  not: negation,
  is_null: isNull,
  ...Object.fromEntries(Object.keys(arithmetics).map((name) => [name, arithmetic(name)])),
  "/": division,
  negate: minus,
  "||": join,
};
