/** The parsers of both kernels, by the name of the kernel: whatever is tested of one is tested of the other. */
import type { Parser, ParserOptions } from "../../src/input/batch.ts";
import { createParser } from "../../src/kernel/scalar/parser.ts";
import { hasSimd, KernelInstance } from "../../src/kernel/simd/instance.ts";
import { createSimdParser } from "../../src/kernel/simd/parser.ts";

/** A parser's memory goes with its instance, so an instance serves so many parsers and is left to the collector. */
const PARSERS_PER_INSTANCE = 40;

let instance: KernelInstance | undefined;
let made = 0;

function createSimd(options: ParserOptions): Parser {
  if (instance === undefined || made++ % PARSERS_PER_INSTANCE === 0) instance = new KernelInstance();
  return createSimdParser(instance, options);
}

export const parserKernels: { kernel: string; createParser: (options: ParserOptions) => Parser }[] = [
  { kernel: "scalar", createParser },
  ...(hasSimd() ? [{ kernel: "simd", createParser: createSimd }] : []),
];
