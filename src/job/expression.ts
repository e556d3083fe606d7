/**
 * Expressions as plain data: what the builder API and the command line's little language both compile to.
 * Never evaluated as code. Operators are calls: `a >= 1` is call(">=", column a, literal 1).
 */
import type { ColumnType } from "../input/batch.ts";

export type Expression =
  | { kind: "column"; name: string }
  | { kind: "literal"; value: string | number | boolean | null; type: ColumnType | "null" }
  | { kind: "call"; name: string; args: Expression[] };

/** What an expression yields; "any" where a user function made the value. */
export type ValueType = ColumnType | "null" | "any";
