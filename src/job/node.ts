/** The contract between the compiler of expressions and the tables of functions. */
import type { KernelArrays } from "../kernel/kernel.ts";
import type { Vector } from "../kernel/vector.ts";
import type { DistinctTexts } from "./distinct-texts.ts";
import type { ValueType } from "./expression.ts";

/** n rows of columns. A vector stays valid until the frame's next batch. */
export interface Frame {
  n: number;
  column(name: string): Vector;
  /** The column of texts by number; undefined: there are none, or it would not pay. */
  numbered?(name: string): NumberedTexts | undefined;
}

/** A column of texts: the number of each row's text among those that are known. */
export interface NumberedTexts {
  numbers: Int32Array;
  distinct: DistinctTexts;
}

/** A compiled part of an expression. */
export interface Node {
  /** Set when the value is the same for every row; timestamps as microseconds, bigint as bigint. */
  constant: { value: unknown; type: ValueType } | undefined;
  /** Names of the columns that it reads. */
  columns: readonly string[];
  evaluate(frame: Frame): Vector;
}

export interface FunctionContext {
  /** Zone of time functions that name none. */
  timeZone: string;
  /** Where results may lie so that the kernel need not copy them. */
  arrays?: KernelArrays | undefined;
}

/** Binds a function to its arguments once per expression; what it returns is called once per batch and may reuse its memory. */
export type BoundFunction = (args: Node[], context: FunctionContext) => Node["evaluate"];
