/** Which parts of the SIMD kernel are WebAssembly, for who explains a plan; the rest of it is the code of the scalar twin. */
import type { Format } from "../input/batch.ts";
import type { AggregateSpec } from "./kernel.ts";

const parsed: ReadonlySet<Format["kind"]> = new Set(["csv", "ndjson"]);
const folded: ReadonlySet<AggregateSpec["op"]> = new Set([
  ...(["count", "distinct", "approxDistinct", "sum", "mean", "min", "max", "variance", "stddev"] as const),
  // Their tables; what they count is little.
  ...(["topK", "histogram"] as const),
]);

export function isParsedInWasm(format: Format): boolean {
  return parsed.has(format.kind);
}

export function isFoldedInWasm(op: AggregateSpec["op"]): boolean {
  return folded.has(op);
}
