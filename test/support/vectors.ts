/** JavaScript values as the vectors that the kernel works on. Dates are timestamps. */
import type { Vector } from "../../src/kernel/vector.ts";
import type { Value } from "./naive-group.ts";

export type Kind = Vector["kind"];

export function vectorOf(kind: Kind, values: Value[]): Vector {
  if (kind === "values") return { kind, values };
  if (kind === "text") return textVector(values as (string | null)[]);
  const nulls = values.includes(null) ? Uint8Array.from(values, (value) => (value === null ? 1 : 0)) : undefined;
  if (kind === "bigint")
    return { kind, values: BigInt64Array.from(values, (value) => BigInt((value as bigint) ?? 0n)), nulls };
  const numbers = Float64Array.from(values, (value) =>
    value instanceof Date ? value.getTime() * 1000 : Number(value),
  );
  return { kind, values: numbers, nulls };
}

export function textVector(values: (string | null)[]): Vector & { kind: "text" } {
  const starts = new Int32Array(values.length);
  const ends = new Int32Array(values.length);
  const encoded = values.map((value) => Buffer.from(value ?? ""));
  // One byte before each, so that no value starts at a word.
  let at = 1;
  for (let i = 0; i < values.length; i++) {
    starts[i] = at;
    at += encoded[i].length;
    ends[i] = values[i] === null ? -1 : at;
    at++;
  }
  const bytes = new Uint8Array(at);
  for (let i = 0; i < values.length; i++) bytes.set(encoded[i], starts[i]);
  return { kind: "text", bytes, starts, ends };
}
