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
import { type BadField, cursorFor, type RecordCursor, type RecordSource, recordSource } from "./record.ts";
import { RowCollector, type RowSet } from "./rows.ts";
import { Selection } from "./selection.ts";
import { functionFailed, iterableOf, synchronous } from "./user-call.ts";

/** The user's functions of a job, found again in the worker: by step index, by aggregate index. */
export interface JobFunctions {
  steps: (((record: never) => unknown) | undefined)[];
  aggregates: (UserAggregate | undefined)[];
}

/** What user functions made of the rows. */
interface Objects extends Frame {
  offsets: Float64Array;
  objects: unknown[];
}

interface UserStep {
  kind: "filter" | "map" | "flatMap";
  call: (record: unknown) => unknown;
  name: string;
}

type CompiledStep = { kind: "where"; expression: CompiledExpression } | UserStep;

export class Pipeline {
  readonly plan: Plan;
  readonly wanted: number[];
  readonly grouping: Grouping | undefined;
  /** Called for each row that is not accepted; throws when the plan says so. */
  onReject: (rejected: Rejected) => void = () => {};
  rows: RowCollector | undefined;
  #steps: CompiledStep[];
  #keys: CompiledExpression[];
  #inputs: CompiledExpression[][];
  #select: CompiledExpression[] | undefined;
  /** Columns that keys and inputs, or the selected columns, are made of. */
  #sinkColumns: string[];
  #hasRecords: boolean;
  readonly #cursor: RecordCursor;
  readonly #source: RecordSource;
  readonly #selection: Selection;
  #batch: Batch | undefined;
  readonly #order: RowOrder & { file: number };
  #functions: JobFunctions;

  constructor(plan: Plan, functions: JobFunctions, kernel: Kernel) {
    this.plan = plan;
    this.#functions = functions;
    const compile = (expression: Expression) =>
      compileExpression(expression, plan.schema.columns, { timeZone: plan.timeZone, arrays: kernel.arrays });
    this.#steps = plan.steps.map((step) => compileStep(step, functions, compile));
    this.#keys = plan.group?.keys.map((key) => compile(key.expression)) ?? [];
    this.#inputs = plan.group?.aggregates.map((aggregate) => aggregate.inputs.map(compile)) ?? [];
    this.#select = plan.select?.map((key) => compile(key.expression));
    this.wanted = wantedColumns(plan, this.#steps, [...this.#keys, ...this.#inputs.flat(), ...(this.#select ?? [])]);
    const selection = new Selection(plan, this.wanted, kernel);
    this.#selection = selection;
    this.#source = recordSource(plan.schema.columns, selection);
    this.#cursor = cursorFor(this.wanted.map((column) => plan.schema.columns[column]));
    this.#sinkColumns = sinkColumns(plan, [...this.#keys, ...this.#inputs.flat()], this.#select);
    this.#hasRecords = plan.group?.aggregates.some(isOfRecords) ?? false;
    // Byte offsets are computed when an aggregate asks for them.
    this.#order = {
      file: 0,
      get offsets() {
        return selection.offsets;
      },
    };
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
    this.#order.file = file;
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
    const rows = this.#selection;
    rows.begin(batch);
    if (batch.ascii !== true && !isValidText(batch)) this.#keepValid(batch);
    let objects: Objects | undefined;
    for (const step of this.#steps) {
      if (objects) objects = this.#applyToObjects(step, objects);
      else if (step.kind === "where") this.#where(step.expression);
      else if (step.kind === "filter") this.#filter(step);
      else if (rows.n > 0) objects = this.#map(step);
      if ((objects ?? rows).n === 0) return;
    }
    if (objects) this.#sinkObjects(objects);
    else if (rows.n > 0) this.#sink();
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

  /** Rows that are not UTF-8 leave the selection. */
  #keepValid(batch: Batch): void {
    const { matches } = this.#selection;
    let n = 0;
    for (let row = 0; row < batch.rows; row++) {
      if (isUtf8(batch.bytes.subarray(batch.starts[row], batch.ends[row]))) matches[n++] = row;
      else this.onReject(rejectRow(batch, row, "invalid-utf8", "the row is not valid UTF-8"));
    }
    this.#selection.keep(n);
  }

  #decode(names: readonly string[]): void {
    this.#selection.decode(names, this.onReject);
  }

  #where(expression: CompiledExpression): void {
    const rows = this.#selection;
    this.#decode(expression.columns);
    if (rows.n > 0) rows.keep(evaluatePredicate(expression.evaluate(rows), rows.n, rows.matches));
  }

  #filter(step: UserStep): void {
    const { matches } = this.#selection;
    let n = 0;
    this.#eachRow(step, (verdict, i) => {
      if (verdict === true || (verdict !== false && synchronous(verdict, step.name))) matches[n++] = i;
    });
    this.#selection.keep(n);
  }

  /**
   * Calls the function with each row's record and hands on what it returned; not for rows with a field that does not
   * parse and that the function looked at: they are rejected. `take` may throw as the function may.
   */
  #eachRow(step: UserStep, take: (result: unknown, i: number) => void): void {
    const cursor = this.#cursor;
    const rows = this.#selection;
    const { record } = cursor;
    const { call } = step;
    const { n } = rows;
    cursor.begin(this.#source);
    for (let i = 0; i < n; ) {
      cursor.bad = undefined;
      try {
        for (; i < n; i++) {
          cursor.at = i;
          const result = call(record);
          if (cursor.bad !== undefined) break;
          take(result, i);
        }
      } catch (error) {
        if (cursor.bad === undefined) throw functionFailed(step.name, error, rows.offsetOf(i));
      }
      if (cursor.bad !== undefined) this.#rejectBad(i++, cursor.bad);
    }
  }

  #rejectBad(i: number, { reason, message }: BadField): void {
    this.onReject(rejectRow(this.#selection.batch, this.#selection.rows[i], reason, message));
  }

  #map(step: UserStep): Objects {
    const objects: unknown[] = [];
    const offsets: number[] = [];
    const { record } = this.#cursor;
    // The record is the cursor, which moves on: what is kept of it must be a copy. It reads all columns, some of them perhaps bad.
    const kept = (value: unknown) => (value === record ? this.#cursor.snapshot() : value);
    const call = (value: unknown) => made(step, value).map(kept);
    this.#eachRow({ ...step, call }, (values, i) => {
      for (const value of values as unknown[]) {
        objects.push(value);
        offsets.push(this.#selection.offsetOf(i));
      }
    });
    return ofObjects(objects, Float64Array.from(offsets));
  }

  #applyToObjects(step: CompiledStep, from: Objects): Objects {
    const objects: unknown[] = [];
    const offsets: number[] = [];
    const add = (value: unknown, i: number) => {
      objects.push(value);
      offsets.push(from.offsets[i]);
    };
    if (step.kind === "where") {
      const matches = new Int32Array(from.n);
      const n = evaluatePredicate(step.expression.evaluate(from), from.n, matches);
      for (let k = 0; k < n; k++) add(from.objects[matches[k]], matches[k]);
      return ofObjects(objects, Float64Array.from(offsets));
    }
    for (let i = 0; i < from.n; i++) {
      const object = from.objects[i];
      try {
        if (step.kind !== "filter") for (const value of made(step, object)) add(value, i);
        else if (synchronous(step.call(object), step.name)) add(object, i);
      } catch (error) {
        throw functionFailed(step.name, error, from.offsets[i]);
      }
    }
    return ofObjects(objects, Float64Array.from(offsets));
  }

  #sink(): void {
    const rows = this.#selection;
    if (!this.plan.group) return this.#collect();
    this.#decode(this.#sinkColumns);
    const records = this.#hasRecords ? this.#records() : undefined;
    // Rows with a field that a user's aggregate could not read have left.
    if (records) this.#decode(this.#sinkColumns);
    if (rows.n > 0) this.#fold(rows, records, this.#order, (i) => rows.offsetOf(i));
  }

  #sinkObjects(from: Objects): void {
    if (this.plan.group)
      this.#fold(from, from.objects, { file: this.#order.file, offsets: from.offsets }, (i) => from.offsets[i]);
    else if (this.#select) this.#addVectors(this.#select, from);
    else this.rows!.addObjects(from.objects);
  }

  #fold(frame: Frame, records: unknown[] | undefined, order: RowOrder, offsetOf: (i: number) => number): void {
    const { aggregates } = this.plan.group!;
    const keys = this.#keys.map((key) => key.evaluate(frame));
    const inputs = this.#inputs.map((expressions, at) =>
      isOfRecords(aggregates[at])
        ? [{ kind: "values", values: records! } satisfies Vector]
        : expressions.map((expression) => expression.evaluate(frame)),
    );
    try {
      this.grouping!.fold(frame.n, keys, inputs, order);
    } catch (error) {
      if (!(error instanceof AggregateFailed)) throw error;
      const at = this.#functions.aggregates.indexOf(error.user);
      throw functionFailed(`aggregate ${aggregates[at]?.name}`, error.cause, offsetOf(error.row));
    }
  }

  #collect(): void {
    const rows = this.#selection;
    this.#decode(this.#sinkColumns);
    if (rows.n === 0) return;
    if (this.#select) this.#addVectors(this.#select, rows);
    else
      this.rows!.addVectors(
        this.#sinkColumns.map((name) => rows.column(name)),
        rows.n,
      );
  }

  #addVectors(select: CompiledExpression[], frame: Frame): void {
    this.rows!.addVectors(
      select.map((expression) => expression.evaluate(frame)),
      frame.n,
    );
  }

  /**
   * What users' aggregates fold: copies of the selected records. Rows leave the selection where a field does not parse that
   * one of the aggregates looks at.
   */
  #records(): unknown[] {
    const { matches } = this.#selection;
    const values: unknown[] = [];
    this.#eachRow({ call: () => this.#readableRecord(), name: "an aggregate", kind: "map" }, (record, i) => {
      matches[values.length] = i;
      values.push(record);
    });
    this.#selection.keep(values.length);
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

/** What a map or flatMap makes of a record. A generator runs while it is read: it is user code too. */
function made(step: UserStep, record: unknown): unknown[] {
  const value = synchronous(step.call(record), step.name);
  return step.kind === "map" ? [value] : Array.from(iterableOf(value, step.name));
}

function ofObjects(objects: unknown[], offsets: Float64Array): Objects {
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

/** What the group-by, or the output, reads of a row that is no object yet. */
function sinkColumns(plan: Plan, folded: CompiledExpression[], select: CompiledExpression[] | undefined): string[] {
  const expressions = plan.group ? folded : select;
  if (!expressions) return plan.schema.columns.map((column) => column.name);
  return [...new Set(expressions.flatMap((expression) => expression.columns))];
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
