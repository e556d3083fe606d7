/** Where the parsers of the SIMD kernel are made; a format without one of its own gets the scalar parser. */
import type { Parser, ParserOptions } from "../../input/batch.ts";
import { createParser } from "../scalar/parser.ts";
import { SimdCsvParser } from "./csv-parser.ts";
import type { KernelInstance } from "./instance.ts";
import { SimdLogParser } from "./log-parser.ts";
import { SimdNdjsonParser } from "./ndjson-parser.ts";

/** As the scalar `createParser`, with the same errors; buffers and ranges lie in the instance's memory. */
export function createSimdParser(instance: KernelInstance, options: ParserOptions): Parser {
  const { format } = options;
  switch (format.kind) {
    case "csv":
      return new SimdCsvParser(instance, options, format);
    case "log":
      return new SimdLogParser(instance, options, format.logFormat);
    case "ndjson":
      return new SimdNdjsonParser(instance, options);
    default:
      return createParser(options);
  }
}
