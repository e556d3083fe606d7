/**
 * What a worker does with the rows of a split: the plan's steps over one batch after the other, then the group-by or the
 * output rows. Rows stay columns of bytes until a user function makes objects of them.
 */
import { isAscii, isUtf8 } from "node:buffer";
import { TaskError } from "../base/errors.ts";
import type { Batch, Rejected } from "../input/batch.ts";
import { AggregateFailed } from "../kernel/group/user.ts";
import type { Grouping, Kernel, UserAggregate } from "../kernel/kernel.ts";
import type { RowOrder, Vector } from "../kernel/vector.ts";
import { type CompiledExpression, compileExpression, evaluatePredicate, type Frame } from "./evaluate.ts";
import type { Expression } from "./expression.ts";
import type { Plan, PlanAggregate, PlanStep } from "./plan.ts";
import { RecordCursor } from "./record.ts";
import { RowCollector, type RowSet } from "./rows.ts";
import { functionFailed, iterableOf, synchronous } from "./user-call.ts";

/** The user's functions of a job, found again in the worker: by step index, by aggregate index. */
export interface JobFunctions {
  steps: (((record: never) => unknown) | undefined)[];
  aggregates: (UserAggregate | undefined)[];
}

/** The rows that are still in the game: selected rows of a batch, or objects that user functions made. */
interface Selection extends Frame {
  offsets: Float64Array;
  objects: unknown[] | undefined;
}

type CompiledStep =
  | { kind: "where"; expression: CompiledExpression }
  | { kind: "filter" | "map" | "flatMap"; call: (record: unknown) => unknown; name: string };

export class Pipeline {
  readonly plan: Plan;
  /** Where in `wanted` a column is, by its name. */
  readonly #slots: Map<string, number>;
  readonly wanted: number[];
  readonly grouping: Grouping | undefined;
  /** Called for each row that is not accepted; throws when the plan says so. */
  onReject: (rejected: Rejected) => void = () => {};
  rows: RowCollector | undefined;
  #steps: CompiledStep[];
  #keys: CompiledExpression[];
  #inputs: CompiledExpression[][];
  #select: CompiledExpression[] | undefined;
  #cursor: RecordCursor;
  readonly #kernel: Kernel;
  #batch: Batch | undefined;
  #file = 0;
  #functions: JobFunctions;
  #selected = new Int32Array(0);
  #matches = new Int32Array(0);
  /** Used again by every batch: of the selection, and by wanted column. */
  #offsets = new Float64Array(0);
  readonly #vectors: Vector[] = [];

  constructor(plan: Plan, functions: JobFunctions, kernel: Kernel) {
    this.plan = plan;
    this.#kernel = kernel;
    this.#functions = functions;
    const compile = (expression: Expression) =>
      compileExpression(expression, plan.schema.columns, { timeZone: plan.timeZone });
    this.#steps = plan.steps.map((step) => compileStep(step, functions, compile));
    this.#keys = plan.group?.keys.map((key) => compile(key.expression)) ?? [];
    this.#inputs = plan.group?.aggregates.map((aggregate) => aggregate.inputs.map(compile)) ?? [];
    this.#select = plan.select?.map((key) => compile(key.expression));
    this.wanted = wantedColumns(plan, this.#steps, [...this.#keys, ...this.#inputs.flat(), ...(this.#select ?? [])]);
    this.#slots = new Map(this.wanted.map((column, slot) => [plan.schema.columns[column].name, slot]));
    this.#cursor = new RecordCursor(plan.schema.columns, this.wanted);
    if (plan.group) {
      this.grouping = kernel.grouping({
        keys: plan.group.keys.length,
        aggregates: plan.group.aggregates.map((aggregate) => aggregate.spec),
        user: functions.aggregates,
      });
    }
  }

  /** Starts a split of file number `file`; in rows mode its rows are collected anew. */
  begin(file: number): void {
    this.#file = file;
    this.rows = this.plan.group ? undefined : new RowCollector(this.plan);
  }

  /** True when no further row of this split can change the answer. */
  get isFull(): boolean {
    return this.rows?.isFull ?? false;
  }

  push(batch: Batch): void {
    this.#batch = batch;
    for (const rejected of batch.rejected) this.onReject(rejected);
    if (batch.rows === 0) return;
    let selection: Selection | undefined = this.#selectAll(batch);
    for (const step of this.#steps) {
      selection = this.#apply(step, selection);
      if (selection.n === 0) return;
    }
    this.#sink(selection);
  }

  /** The line (counted from the split's first) of the row of the current batch that begins at this offset. */
  lineOf(offset: number): number | undefined {
    const batch = this.#batch;
    if (!batch) return undefined;
    for (let row = 0; row < batch.rows; row++) if (batch.base + batch.starts[row] === offset) return batch.lines[row];
    return undefined;
  }

  takeRows(): RowSet {
    return this.rows!.take();
  }

  #apply(step: CompiledStep, selection: Selection): Selection {
    if (step.kind === "where") return this.#where(step.expression, selection);
    if (step.kind === "filter") return this.#filter(step, selection);
    return this.#map(step, selection);
  }

  #selectAll(batch: Batch): Selection {
    if (this.#selected.length < batch.rows) {
      this.#selected = new Int32Array(batch.rows * 2);
      this.#matches = new Int32Array(batch.rows * 2);
    }
    const rows = this.#selected;
    let n = 0;
    const isValid = isValidText(batch);
    for (let row = 0; row < batch.rows; row++) {
      if (isValid || isUtf8(batch.bytes.subarray(batch.starts[row], batch.ends[row]))) rows[n++] = row;
      else this.onReject(rejectRow(batch, row, "invalid-utf8", "the row is not valid UTF-8"));
    }
    return this.#ofRows(rows, n);
  }

  #ofRows(rows: Int32Array, n: number): Selection {
    const batch = this.#batch!;
    if (this.#offsets.length < n) this.#offsets = new Float64Array(n * 2);
    const offsets = this.#offsets;
    for (let i = 0; i < n; i++) offsets[i] = batch.base + batch.starts[rows[i]];
    return { n, offsets, objects: undefined, column: () => unreachable() };
  }

  /** Decodes the columns that are needed now; rows with a field that does not parse leave the selection. */
  #decode(selection: Selection, names: Iterable<string>): Selection {
    if (selection.objects) return selection;
    const { plan, wanted } = this;
    const batch = this.#batch!;
    for (;;) {
      const vectors = new Map<string, Vector>();
      const bad = new Map<number, Rejected>();
      for (const name of names) {
        const at = this.#slots.get(name) ?? unreachable();
        const { type } = plan.schema.columns[wanted[at]];
        const decoded = this.#kernel.decode(batch, at, type, this.#selected, selection.n, this.#vectors[at]);
        this.#vectors[at] = decoded.vector;
        for (const { index, rejected } of decoded.bad) {
          if (bad.has(index)) continue;
          bad.set(index, { ...rejected, message: `column ${name}: ${rejected.message}` });
        }
        vectors.set(name, decoded.vector);
      }
      if (bad.size === 0) return { ...selection, column: (name) => vectors.get(name) ?? unreachable() };
      let n = 0;
      for (let i = 0; i < selection.n; i++) {
        const rejected = bad.get(i);
        if (rejected) this.onReject(rejected);
        else this.#selected[n++] = this.#selected[i];
      }
      selection = this.#ofRows(this.#selected, n);
    }
  }

  #keep(selection: Selection, matches: Int32Array, n: number): Selection {
    if (n === selection.n) return selection;
    if (selection.objects) {
      const objects: unknown[] = [];
      const offsets = new Float64Array(n);
      for (let i = 0; i < n; i++) {
        objects.push(selection.objects[matches[i]]);
        offsets[i] = selection.offsets[matches[i]];
      }
      return ofObjects(objects, offsets);
    }
    for (let i = 0; i < n; i++) this.#selected[i] = this.#selected[matches[i]];
    return this.#ofRows(this.#selected, n);
  }

  #where(expression: CompiledExpression, selection: Selection): Selection {
    const decoded = this.#decode(selection, expression.columns);
    if (decoded.n === 0) return decoded;
    this.#roomForMatches(decoded.n);
    const n = evaluatePredicate(expression.evaluate(decoded), decoded.n, this.#matches);
    return this.#keep(decoded, this.#matches, n);
  }

  #roomForMatches(n: number): void {
    if (this.#matches.length < n) this.#matches = new Int32Array(n * 2);
  }

  #filter(step: { call: (record: unknown) => unknown; name: string }, selection: Selection): Selection {
    this.#roomForMatches(selection.n);
    const matches = this.#matches;
    let n = 0;
    for (let i = 0; i < selection.n; i++) {
      const verdict = this.#call(step, selection, i);
      if (verdict === rejectedRow) continue;
      if (synchronous(verdict, step.name)) matches[n++] = i;
    }
    return this.#keep(selection, matches, n);
  }

  #map(step: { kind: string; call: (record: unknown) => unknown; name: string }, selection: Selection): Selection {
    const objects: unknown[] = [];
    const offsets: number[] = [];
    const { record } = this.#cursor;
    // The record is the cursor, which moves on: what is kept of it must be a copy. It reads all columns, some of them perhaps bad.
    const kept = (value: unknown) => (value === record ? this.#cursor.snapshot() : value);
    const call = (value: unknown): unknown[] => {
      const made = synchronous(step.call(value), step.name);
      // A generator runs while it is read: it is user code too.
      return step.kind === "map" ? [kept(made)] : Array.from(iterableOf(made, step.name), kept);
    };
    for (let i = 0; i < selection.n; i++) {
      const made = this.#call({ call, name: step.name }, selection, i);
      if (made === rejectedRow) continue;
      for (const value of made as unknown[]) {
        objects.push(value);
        offsets.push(selection.offsets[i]);
      }
    }
    return ofObjects(objects, Float64Array.from(offsets));
  }

  #call(step: { call: (record: unknown) => unknown; name: string }, selection: Selection, i: number): unknown {
    const { objects } = selection;
    const cursor = this.#cursor;
    try {
      if (objects) return step.call(objects[i]);
      cursor.bad = undefined;
      cursor.move(this.#batch!, this.#selected[i]);
      const result = step.call(cursor.record);
      if (cursor.bad === undefined) return result;
    } catch (error) {
      if (objects || cursor.bad === undefined) throw functionFailed(step.name, error, selection.offsets[i]);
    }
    const { reason, message } = cursor.bad!;
    this.onReject(rejectRow(this.#batch!, this.#selected[i], reason, message));
    return rejectedRow;
  }

  #sink(selection: Selection): void {
    const { group } = this.plan;
    if (!group) return this.#collect(selection);
    const names = new Set([...this.#keys, ...this.#inputs.flat()].flatMap((expression) => expression.columns));
    const needsRecords = group.aggregates.some((aggregate) => isOfRecords(aggregate));
    let decoded = this.#decode(selection, names);
    const records = needsRecords ? this.#records(decoded) : undefined;
    if (records && records.length < decoded.n)
      decoded = this.#decode(this.#ofRows(this.#selected, records.length), names);
    if (decoded.n === 0) return;
    const keys = this.#keys.map((key) => key.evaluate(decoded));
    const inputs = this.#inputs.map((expressions, at) =>
      isOfRecords(group.aggregates[at])
        ? [{ kind: "values", values: records! } satisfies Vector]
        : expressions.map((expression) => expression.evaluate(decoded)),
    );
    const order: RowOrder = { file: this.#file, offsets: decoded.offsets };
    try {
      this.grouping!.fold(decoded.n, keys, inputs, order);
    } catch (error) {
      if (!(error instanceof AggregateFailed)) throw error;
      const at = this.#functions.aggregates.indexOf(error.user);
      throw functionFailed(`aggregate ${group.aggregates[at]?.name}`, error.cause, decoded.offsets[error.row]);
    }
  }

  #collect(selection: Selection): void {
    const { objects } = selection;
    if (objects && !this.#select) return this.rows!.addObjects(objects);
    if (!this.#select) {
      const { columns } = this.plan.schema;
      const decoded = this.#decode(
        selection,
        columns.map((column) => column.name),
      );
      return this.rows!.addVectors(
        columns.map((column) => decoded.column(column.name)),
        decoded.n,
      );
    }
    const decoded = this.#decode(selection, new Set(this.#select.flatMap((expression) => expression.columns)));
    this.rows!.addVectors(
      this.#select.map((expression) => expression.evaluate(decoded)),
      decoded.n,
    );
  }

  /**
   * What users' aggregates fold: copies of the selected records. Rows leave the selection where a field does not parse that
   * one of the aggregates looks at.
   */
  #records(selection: Selection): unknown[] {
    if (selection.objects) return selection.objects;
    const step = { call: () => this.#readableRecord(), name: "an aggregate" };
    const values: unknown[] = [];
    for (let i = 0; i < selection.n; i++) {
      const record = this.#call(step, selection, i);
      if (record === rejectedRow) continue;
      this.#selected[values.length] = this.#selected[i];
      values.push(record);
    }
    return values;
  }

  /**
   * A copy of the record at the cursor. With a bad field in it, the aggregates try it on accumulators of their own first,
   * which shows what they look at: once it is folded, a row cannot be rejected any more.
   */
  #readableRecord(): unknown {
    const { record, hasBad } = this.#cursor.tolerantSnapshot();
    if (!hasBad) return record;
    const { aggregates } = this.plan.group!;
    for (const [at, user] of this.#functions.aggregates.entries()) {
      if (!user || !isOfRecords(aggregates[at])) continue;
      try {
        user.step(user.zero(), record);
      } catch {
        // A failure of its own comes back when the row is folded.
      }
    }
    return record;
  }
}

const rejectedRow = Symbol("rejected");

function ofObjects(objects: unknown[], offsets: Float64Array): Selection {
  return {
    n: objects.length,
    offsets,
    objects,
    column: (name) => ({
      kind: "values",
      values: objects.map((object) => (object as Record<string, unknown> | null | undefined)?.[name]),
    }),
  };
}

function compileStep(
  step: PlanStep,
  functions: JobFunctions,
  compile: (expression: Expression) => CompiledExpression,
): CompiledStep {
  if (step.kind === "where") return { kind: "where", expression: compile(step.expression) };
  const call = functions.steps[step.step];
  if (!call)
    throw new TaskError("ERR_FUNCTION_NOT_FOUND", `the job's ${step.kind} function was not found in the worker`);
  const name = call.name ? `${step.kind} ${call.name}` : step.kind;
  return { kind: step.kind, call: call as (record: unknown) => unknown, name };
}

/** All columns where user functions may look at any; else those that the expressions read. */
function wantedColumns(plan: Plan, steps: CompiledStep[], sinks: CompiledExpression[]): number[] {
  const { columns } = plan.schema;
  const every = columns.map((_, at) => at);
  const firstMap = steps.findIndex((step) => step.kind === "map" || step.kind === "flatMap");
  const needsAll =
    steps.some((step) => step.kind !== "where") ||
    (!plan.group && !plan.select) ||
    plan.group?.aggregates.some((aggregate) => aggregate.spec.op === "user" && aggregate.inputs.length === 0);
  if (needsAll) return every;
  const wheres = steps.flatMap((step) => (step.kind === "where" ? [step.expression] : []));
  const names = new Set([...wheres, ...(firstMap < 0 ? sinks : [])].flatMap((expression) => expression.columns));
  return every.filter((at) => names.has(columns[at].name));
}

function isValidText(batch: Batch): boolean {
  const region = batch.bytes.subarray(batch.starts[0], batch.ends[batch.rows - 1]);
  return isAscii(region) || isUtf8(region);
}

function rejectRow(batch: Batch, row: number, reason: Rejected["reason"], message: string): Rejected {
  return {
    reason,
    message,
    offset: batch.base + batch.starts[row],
    line: batch.lines[row],
    raw: batch.bytes.slice(batch.starts[row], batch.ends[row]),
  };
}

function isOfRecords(aggregate: PlanAggregate): boolean {
  return aggregate.inputs.length === 0 && aggregate.spec.op === "user";
}

function unreachable(): never {
  throw new Error("a column was read that was not decoded");
}
