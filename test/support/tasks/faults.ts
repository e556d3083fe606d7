/** Tasks that fail in every way a task can. */
import { openSync, readSync } from "node:fs";

export function throws(message: string): never {
  throw new RangeError(message);
}
export async function rejects(message: string): Promise<never> {
  await undefined;
  throw new Error(message, { cause: new TypeError("the inner one") });
}
export function throwsString(): never {
  throw "just text";
}
export function throwsUndefined(): never {
  throw undefined;
}
export function throwsUnreadable(): never {
  const error = new Error("x");
  Object.defineProperty(error, "message", {
    get() {
      throw new Error("no message for you");
    },
  });
  throw error;
}
export function exits(code: number): never {
  process.exit(code);
}
export function throwsLater(): Promise<never> {
  setImmediate(() => {
    throw new Error("thrown in a later tick");
  });
  return new Promise(() => {});
}
export function rejectsUnheard(): Promise<never> {
  void Promise.reject(new Error("nobody listens"));
  return new Promise(() => {});
}
export function returnsThenThrows(): string {
  setImmediate(() => {
    throw new Error("thrown after the result");
  });
  return "fine";
}
export function fillsMemory(): never {
  const kept: unknown[] = [];
  for (;;) kept.push(Array.from({ length: 10_000 }, (_, index) => ({ index })));
}
export function overflowsStack(depth = 0): number {
  return overflowsStack(depth + 1) + 1;
}
/** Says that it runs, then never returns. */
export function loops(flags?: Int32Array): never {
  if (flags) {
    Atomics.store(flags, 0, 1);
    Atomics.notify(flags, 0);
  }
  for (;;);
}
/** Blocks in the kernel: nobody writes to the pipe. */
export function readsPipe(path: string, flags?: Int32Array): number {
  const file = openSync(path, "r+");
  if (flags) {
    Atomics.store(flags, 0, 1);
    Atomics.notify(flags, 0);
  }
  return readSync(file, Buffer.alloc(1));
}
export function works(): string {
  return "works";
}
