/**
 * How a task finds its function: a module registers functions under keys when it is imported; a worker imports the same
 * module and looks there, then among the module's exports. Function text never travels, only its digest.
 */
import { createHash } from "node:crypto";
import { TaskError } from "../base/errors.ts";
import type { Task } from "./executor.ts";

// biome-ignore lint/suspicious/noExplicitAny: a task's function may take and return anything.
export type TaskFunction = (...args: any[]) => unknown;

const registered = new Map<string, Map<string, TaskFunction>>();

/**
 * Registers `fn` of the module `moduleUrl` (its import.meta.url) under `key`. Registering a key again replaces it: a
 * module that is imported twice (with another query) has another URL.
 */
export function registerFunction(moduleUrl: string, key: string, fn: TaskFunction): void {
  let functions = registered.get(moduleUrl);
  if (!functions) registered.set(moduleUrl, (functions = new Map()));
  functions.set(key, fn);
}

const digests = new WeakMap<TaskFunction, string>();

/** First 16 hex digits of the SHA-256 of the function's text, as Task.digest wants it. */
export function functionDigest(fn: TaskFunction): string {
  let digest = digests.get(fn);
  if (digest === undefined) {
    digest = createHash("sha256").update(Function.prototype.toString.call(fn)).digest("hex").slice(0, 16);
    digests.set(fn, digest);
  }
  return digest;
}

const resolved = new Map<string, TaskFunction>();

/** The function if this thread has resolved the task before: the fast path of every call but the first. */
export function resolvedFunction(task: Task): TaskFunction | undefined {
  return resolved.get(`${task.module}\n${task.key}\n${task.digest}`);
}

/**
 * Imports the task's module and finds its function. Throws TaskError ERR_MODULE_FAILED (it does not load; cause: why),
 * ERR_FUNCTION_NOT_FOUND, ERR_DIGEST_MISMATCH.
 */
export async function resolveFunction(task: Task): Promise<TaskFunction> {
  const known = resolvedFunction(task);
  if (known) return known;
  // Inline: a module that runs its own task awaits it at its top level, and an import would wait for that.
  const own = registered.get(task.module)?.get(task.key);
  const exports = own ? {} : await importModule(task);
  const fn = own ?? registered.get(task.module)?.get(task.key) ?? exports[task.key];
  if (typeof fn !== "function") {
    const names = [...(registered.get(task.module)?.keys() ?? []), ...Object.keys(exports)];
    throw new TaskError("ERR_FUNCTION_NOT_FOUND", `${task.module} has no function "${task.key}"`, {
      hint: names.length > 0 ? `It has: ${[...new Set(names)].join(", ")}.` : "It exports and registers nothing.",
      place: { file: task.module, task: task.key },
    });
  }
  checkDigest(task, fn as TaskFunction);
  resolved.set(`${task.module}\n${task.key}\n${task.digest}`, fn as TaskFunction);
  return fn as TaskFunction;
}

async function importModule(task: Task): Promise<Record<string, unknown>> {
  try {
    return (await import(/* @vite-ignore */ task.module)) as Record<string, unknown>;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new TaskError("ERR_MODULE_FAILED", `the module ${task.module} did not load: ${why}`, {
      cause,
      hint: "Import the module by itself to see the error; it must load in a worker without side effects.",
      place: { file: task.module, task: task.key },
    });
  }
}

function checkDigest(task: Task, fn: TaskFunction): void {
  if (task.digest === "") return;
  const digest = functionDigest(fn);
  if (digest === task.digest) return;
  throw new TaskError(
    "ERR_DIGEST_MISMATCH",
    `the function "${task.key}" of ${task.module} has digest ${digest} in the worker, but ${task.digest} where it was called`,
    {
      hint: "Two versions of the module are running: restart, or deploy the same version everywhere.",
      place: { file: task.module, task: task.key },
    },
  );
}
