/** The SIMD kernel: parsers, decoding and the group-by in WebAssembly, one instance per job and worker; exact twins of the scalar ones. */
import type { ParserOptions } from "../input/batch.ts";
import type { Kernel } from "./kernel.ts";
import { SimdRows } from "./partition/simd-rows.ts";
import { SimdDecoder } from "./simd/decode.ts";
import { createSimdGrouping } from "./simd/grouping.ts";
import { KernelInstance } from "./simd/instance.ts";
import { SimdInterner } from "./simd/interner.ts";
import { KernelMemory } from "./simd/memory.ts";
import { createSimdParser } from "./simd/parser.ts";

export function openSimdKernel(): Kernel {
  const instance = new KernelInstance();
  const arrays = new KernelMemory(instance);
  const decoder = new SimdDecoder(instance, arrays);
  return {
    name: "simd",
    close: () => instance.close(),
    arrays,
    interner: () => new SimdInterner(instance, arrays),
    parser: (options: ParserOptions) => createSimdParser(instance, options),
    decode: (batch, column, type, rows, n, out) => decoder.decode(batch, column, type, rows, n, out),
    rows: () => new SimdRows(instance, arrays),
    grouping: (options) => createSimdGrouping(instance, options),
  };
}
