/** Tasks for the executors' tests: the harmless ones. */
import { setTimeout as delay } from "node:timers/promises";
import { currentTask, isWorker, workerContext } from "../../../src/executor/context.ts";
import { registerFunction } from "../../../src/executor/registry.ts";
import { transferable } from "../../../src/shared/transfer.ts";
import { currentWorker } from "../../../src/shared/worker-context.ts";

export function add(a: number, b: number): number {
  return a + b;
}
export async function addLater(a: number, b: number): Promise<number> {
  await new Promise((resolve) => setImmediate(resolve));
  return a + b;
}
export async function echo<T>(value: T): Promise<T> {
  return value;
}
/** Waits ms, then returns value. */
export function after<T>(ms: number, value: T): Promise<T> {
  return delay(ms, value);
}
export function sumBytes(buffer: ArrayBuffer): number {
  return new Uint8Array(buffer).reduce((sum, byte) => sum + byte, 0);
}
export function bytes(length: number): Uint8Array {
  const result = new Uint8Array(length).fill(7);
  return transferable(result, [result.buffer]);
}
export function returnsFunction(): unknown {
  return () => 1;
}
export async function whereAmI(): Promise<unknown> {
  await new Promise((resolve) => setImmediate(resolve));
  const worker = currentWorker();
  worker?.row.addRows(10);
  return { task: currentTask(), id: worker?.id, name: workerContext()?.name, isWorker, main: import.meta.main };
}
const seen: unknown[] = [];
export function record(value: unknown): unknown[] {
  seen.push(value);
  return seen;
}
let attempts = 0;
/** Fails until it was called `times` times in this worker. */
export function failsUntil(times: number): number {
  attempts++;
  if (attempts < times) throw new Error(`attempt ${attempts} fails`);
  const total = attempts;
  attempts = 0;
  return total;
}
/** Sets `flags[0]`, then waits until `flags[1]` is set: both ends see each other without sleeping. */
export function gate(flags: Int32Array): string {
  Atomics.add(flags, 0, 1);
  Atomics.notify(flags, 0);
  Atomics.wait(flags, 1, 0);
  return "through";
}

registerFunction(import.meta.url, "registered", (a: number) => a * 2);
