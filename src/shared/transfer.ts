/**
 * Results that move instead of being copied: a task marks the buffers of its result, the executor hands them over.
 * Not for: arguments (SubmitOptions.transfer).
 */
import type { MessagePort } from "node:worker_threads";

type Movable = ArrayBuffer | MessagePort;

const lists = new WeakMap<object, readonly Movable[]>();

/**
 * Marks `value`, which a task returns, so that the buffers and ports in `list` are moved to the caller, not copied.
 * Returns `value` itself. The task must not use the buffers afterwards.
 * @example return transferable({ partial }, [partial.buffer]);
 */
export function transferable<T extends object>(value: T, list: readonly Movable[]): T {
  lists.set(value, list);
  return value;
}

/** What `transferable` was told about this value; empty if nothing. */
export function transferListOf(value: unknown): readonly Movable[] {
  return (typeof value === "object" && value !== null && lists.get(value)) || [];
}
