/** A parser's arrays in the kernel's memory: what is read lands there, and what the parser finds is a view that the kernel sees as well. */
import type { ParserMemory } from "../scalar/buffer.ts";
import type { KernelInstance } from "./instance.ts";

/** The kernel reads whole blocks of 64 bytes, and writes of 16: so much may lie behind an array's end. */
const SLACK_BYTES = 128;

export function parserMemory(instance: KernelInstance): ParserMemory {
  const block = (n: number): number => instance.alloc(n + SLACK_BYTES);
  return {
    bytes: (n) => {
      const at = block(n);
      return instance.claim(new Uint8Array(instance.memory.buffer, at, n));
    },
    ints: (n) => instance.claim(instance.ints(block(n * 4), n)),
    release: (array) => {
      const at = instance.addressOf(array);
      if (at !== undefined) instance.free(at);
    },
  };
}
