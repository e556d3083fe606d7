/** Which result table works: in WebAssembly where the kernel does, else the scalar twin. */
import { kernelName } from "./open.ts";
import { type ResultTable, ScalarTable } from "./result-table.ts";
import { SimdTable } from "./simd/result-table.ts";

/** An empty table. */
export function openTable(name: "simd" | "scalar" = kernelName()): ResultTable {
  return name === "simd" ? new SimdTable() : new ScalarTable();
}
