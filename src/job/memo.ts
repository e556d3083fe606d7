/**
 * What depends on one column of texts alone is computed once for each different text (distinct-texts.ts) and looked up for the
 * rows. Answers that are texts are kept as bytes where they go straight to the group-by, which takes those faster than strings.
 */
import type { KernelArrays } from "../kernel/kernel.ts";
import type { BigintVector, NumberVector, TextVector, ValueVector, Vector } from "../kernel/vector.ts";
import type { Expression } from "./expression.ts";
import type { Frame, Node, NumberedTexts } from "./node.ts";
import { canonicalName } from "./signatures.ts";
import { BigintOutput, isNullAt, NumberOutput, textsOf } from "./vectors.ts";

/** Compared with a constant, byte by byte: a text costs no more than looking it up. */
const CHEAP: ReadonlySet<string> = new Set([
  ...["=", "!=", "<", "<=", ">", ">="].map((name) => canonicalName(name) ?? name),
  "is_null",
  "text",
]);

/** Whether a call is worth a look-up per row. Its only column, of texts, is known to the caller. */
export function isWorthKeeping(expression: Extract<Expression, { kind: "call" }>): boolean {
  return !CHEAP.has(expression.name) || expression.args.some((arg) => arg.kind === "call");
}

/** `evaluate`, which reads the column `name` alone, with its answers kept. `asText`: texts as bytes, not as strings. */
export function keepAnswers(
  evaluate: Node["evaluate"],
  name: string,
  asText: boolean,
  arrays: KernelArrays | undefined,
): Node["evaluate"] {
  const answers = new Answers(evaluate, asText, arrays);
  return (frame) => {
    const numbered = frame.numbered?.(name);
    return (numbered && answers.of(numbered, frame)) ?? evaluate(frame);
  };
}

class Answers {
  readonly #evaluate: Node["evaluate"];
  readonly #asText: boolean;
  readonly #arrays: KernelArrays | undefined;
  #table: Table | undefined;
  #epoch = -1;
  #isBroken = false;

  constructor(evaluate: Node["evaluate"], asText: boolean, arrays: KernelArrays | undefined) {
    this.#evaluate = evaluate;
    this.#asText = asText;
    this.#arrays = arrays;
  }

  /** The answers of a frame's rows; undefined: they must be computed row by row. */
  of({ numbers, distinct }: NumberedTexts, { n }: Frame): Vector | undefined {
    if (this.#isBroken) return undefined;
    if (this.#epoch !== distinct.epoch) this.#table?.clear();
    this.#epoch = distinct.epoch;
    const known = this.#table?.size ?? 0;
    const fresh = distinct.size - known;
    if (fresh > 0) {
      const texts = distinct.textsFrom(known);
      try {
        const answers = this.#evaluate({ n: fresh, column: () => texts });
        this.#table ??= tableFor(answers, fresh, this.#asText, this.#arrays);
        if (!this.#table.add(answers, fresh)) this.#isBroken = true;
      } catch {
        // A text at fault may be of a row that is gone. If not, it fails again among its rows.
        this.#isBroken = true;
      }
    }
    return this.#isBroken ? undefined : this.#table!.gather(numbers, n);
  }
}

/** Answers by number of the text. */
interface Table {
  readonly size: number;
  /** False: these are of another kind than those before. */
  add(answers: Vector, n: number): boolean;
  /** Valid until the next call. */
  gather(numbers: Int32Array, n: number): Vector;
  clear(): void;
}

function tableFor(answers: Vector, n: number, asText: boolean, arrays: KernelArrays | undefined): Table {
  if (answers.kind === "bigint") return new BigintTable();
  if (answers.kind !== "text" && answers.kind !== "values") return new NumberTable(answers.kind, arrays);
  return asText && arrays !== undefined && areTexts(answers, n) ? new TextTable(arrays) : new ValueTable();
}

/** Whether all are null or strings that bytes can stand for. */
function areTexts(vector: Vector, n: number): boolean {
  if (vector.kind === "text") return true;
  if (vector.kind !== "values") return false;
  for (let i = 0; i < n; i++) {
    const value = vector.values[i];
    if (value !== null && value !== undefined && !(typeof value === "string" && value.isWellFormed())) return false;
  }
  return true;
}

class NumberTable implements Table {
  size = 0;
  #values = new Float64Array(64);
  #nulls = new Uint8Array(64);
  #hasNulls = false;
  readonly #kind: NumberVector["kind"];
  readonly #output: NumberOutput;

  constructor(kind: NumberVector["kind"], arrays: KernelArrays | undefined) {
    this.#kind = kind;
    this.#output = new NumberOutput(kind, arrays);
  }

  add(answers: Vector, n: number): boolean {
    if (answers.kind !== this.#kind) return false;
    while (this.#values.length < this.size + n) {
      this.#values = grown(this.#values, new Float64Array(this.#values.length * 2));
      this.#nulls = grown(this.#nulls, new Uint8Array(this.#nulls.length * 2));
    }
    for (let i = 0; i < n; i++) {
      const isNull = isNullAt(answers, i);
      this.#values[this.size] = isNull ? 0 : (answers as NumberVector).values[i];
      this.#nulls[this.size++] = isNull ? 1 : 0;
      this.#hasNulls ||= isNull;
    }
    return true;
  }

  gather(numbers: Int32Array, n: number): Vector {
    const vector = this.#output.take(n);
    const { values } = vector;
    const table = this.#values;
    for (let i = 0; i < n; i++) values[i] = table[numbers[i]];
    if (!this.#hasNulls) return vector;
    const nulls = this.#output.nulls(n);
    for (let i = 0; i < n; i++) nulls[i] = this.#nulls[numbers[i]];
    return vector;
  }

  clear(): void {
    this.size = 0;
    this.#hasNulls = false;
  }
}

class BigintTable implements Table {
  readonly #values: (bigint | null)[] = [];
  readonly #output: BigintOutput = new BigintOutput();

  get size(): number {
    return this.#values.length;
  }

  add(answers: Vector, n: number): boolean {
    if (answers.kind !== "bigint") return false;
    for (let i = 0; i < n; i++) this.#values.push(isNullAt(answers, i) ? null : answers.values[i]);
    return true;
  }

  gather(numbers: Int32Array, n: number): BigintVector {
    const vector = this.#output.take(n);
    for (let i = 0; i < n; i++) {
      const value = this.#values[numbers[i]];
      vector.values[i] = value ?? 0n;
      if (value === null) this.#output.nulls(n)[i] = 1;
    }
    return vector;
  }

  clear(): void {
    this.#values.length = 0;
  }
}

class ValueTable implements Table {
  readonly #values: unknown[] = [];

  get size(): number {
    return this.#values.length;
  }

  add(answers: Vector, n: number): boolean {
    const isText = answers.kind === "text";
    if (!isText && answers.kind !== "values") return false;
    const values = isText ? textsOf(answers, n) : answers.values;
    for (let i = 0; i < n; i++) this.#values.push(values[i] ?? null);
    return true;
  }

  gather(numbers: Int32Array, n: number): ValueVector {
    const values = new Array<unknown>(n);
    for (let i = 0; i < n; i++) values[i] = this.#values[numbers[i]];
    return { kind: "values", values };
  }

  clear(): void {
    this.#values.length = 0;
  }
}

const encoder = new TextEncoder();

/** Bytes of all texts, one behind the other, in the kernel's memory, and where each begins and ends. */
class TextTable implements Table {
  size = 0;
  #used = 0;
  #bytes: Uint8Array;
  #starts: Int32Array = new Int32Array(64);
  #ends: Int32Array = new Int32Array(64);
  readonly #arrays: KernelArrays;
  #out: TextVector;

  constructor(arrays: KernelArrays) {
    this.#arrays = arrays;
    this.#bytes = arrays.bytes(4096);
    this.#out = { kind: "text", bytes: this.#bytes, starts: arrays.ints(1), ends: arrays.ints(1) };
  }

  add(answers: Vector, n: number): boolean {
    if (!areTexts(answers, n)) return false;
    while (this.#starts.length < this.size + n) {
      this.#starts = grown(this.#starts, new Int32Array(this.#starts.length * 2));
      this.#ends = grown(this.#ends, new Int32Array(this.#ends.length * 2));
    }
    for (const text of textsOf(answers, n)) {
      this.#starts[this.size] = this.#used;
      if (text !== null) this.#append(encoder.encode(text));
      this.#ends[this.size++] = text === null ? -1 : this.#used;
    }
    return true;
  }

  #append(text: Uint8Array): void {
    const end = this.#used + text.length;
    if (end > this.#bytes.length) {
      const old = this.#bytes;
      this.#bytes = grown(old, this.#arrays.bytes(end * 2));
      this.#arrays.free(old);
    }
    this.#bytes.set(text, this.#used);
    this.#used = end;
  }

  gather(numbers: Int32Array, n: number): TextVector {
    const out = this.#out;
    out.bytes = this.#bytes;
    if (out.starts.length < n) {
      out.starts = this.#arrays.ints(n, out.starts);
      out.ends = this.#arrays.ints(n, out.ends);
    }
    const { starts, ends } = out;
    for (let i = 0; i < n; i++) {
      const number = numbers[i];
      starts[i] = this.#starts[number];
      ends[i] = this.#ends[number];
    }
    return out;
  }

  clear(): void {
    this.size = 0;
    this.#used = 0;
  }
}

function grown<Values extends Float64Array | Int32Array | Uint8Array>(old: Values, fresh: Values): Values {
  fresh.set(old as never);
  return fresh;
}
