/** The scalar twin: the parsers and the group-by in plain TypeScript, behind the kernel's contract. */
import type { ParserOptions } from "../input/batch.ts";
import { createGrouping } from "./group/grouping.ts";
import type { Kernel } from "./kernel.ts";
import { decodeColumn } from "./scalar/decode.ts";
import { createParser } from "./scalar/parser.ts";

export const scalarKernel: Kernel = {
  name: "scalar",
  parser: (options: ParserOptions) => createParser(options),
  decode: decodeColumn,
  grouping: (options) => createGrouping(options),
};
