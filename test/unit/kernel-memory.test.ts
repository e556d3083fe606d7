/** The kernel's memory at its end: a clear error, whatever was asked for, and room again when something is freed. */
import { expect, test } from "vitest";
import { hasSimd, KernelInstance } from "../../src/kernel/simd/instance.ts";

const failure = expect.objectContaining({ code: "ERR_KERNEL_MEMORY", hint: expect.stringContaining("--memory") });

/** Takes blocks of a size until there are no more. Nothing is written to them, so that the system gives no memory for them. */
function fill(kernel: KernelInstance, bytes: number): number[] {
  const blocks: number[] = [];
  for (;;) {
    try {
      blocks.push(kernel.alloc(bytes));
    } catch (error) {
      expect(error).toEqual(failure);
      return blocks;
    }
  }
}

test.skipIf(!hasSimd())("blocks of all sizes, to the end and on", () => {
  const kernel = new KernelInstance();
  const sizes = [1 << 28, 1 << 22, 1 << 16, 65_535, 4096];
  const blocks = sizes.map((bytes) => fill(kernel, bytes));
  expect(kernel.size).toBeGreaterThan(4e9);
  expect(blocks[0].length).toBeGreaterThan(6);
  for (const bytes of [1, 100, 65_536, 1 << 30, -1]) expect(() => kernel.alloc(bytes)).toThrow(failure);
  // Freed memory is used again, in small blocks and in large ones.
  kernel.free(blocks[0][0]);
  kernel.free(blocks[0][1]);
  expect(kernel.alloc(1000)).toBeGreaterThan(0);
  expect(fill(kernel, 1 << 22).length).toBeGreaterThan(100);
});
