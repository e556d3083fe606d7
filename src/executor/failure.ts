/**
 * Makes the TaskErrors: each names the task, the worker, the attempt and the cause, and carries two stacks: where it
 * happened in the worker, and where the task was submitted.
 */
import { type ErrorData, type ErrorPlace, errorToData, TaskError } from "../base/errors.ts";

/** What a failure says about its task. site: made by captureSite. */
export interface FailedCall {
  readonly name: string;
  readonly attempt: number;
  readonly attemptsMax: number;
  readonly site: { stack?: string };
}

export interface FailureDetails {
  worker?: string;
  cause?: unknown;
  hint?: string;
  exitCode?: number;
}

/** Remembers the caller of `below`. V8 formats the stack only when somebody reads it, so this is cheap. */
export function captureSite(below: (...args: never[]) => unknown): { stack?: string } {
  const site: { stack?: string } = {};
  Error.captureStackTrace(site, below);
  return site;
}

/** `what` continues the sentence `task "x" …`. */
export function taskFailure(code: string, call: FailedCall, what: string, details: FailureDetails = {}): TaskError {
  const { worker, cause, hint, exitCode } = details;
  const where = worker === undefined ? "" : ` on worker ${worker}`;
  const attempt = call.attemptsMax > 1 && call.attempt > 0 ? ` (attempt ${call.attempt} of ${call.attemptsMax})` : "";
  const place: ErrorPlace = { task: call.name };
  if (worker !== undefined) place.worker = worker;
  if (call.attempt > 0) place.attempt = call.attempt;
  if (exitCode !== undefined) place.exitCode = exitCode;
  const error = new TaskError(code, `task "${call.name}"${where}${attempt} ${what}`, { cause, hint, place });
  error.stack = joinStacks(error, cause, call.site);
  return error;
}

function joinStacks(error: Error, cause: unknown, site: { stack?: string }): string {
  const lines = [`${error.name} [${(error as TaskError).code}]: ${error.message}`];
  lines.push(...framesOf(cause instanceof Error ? cause.stack : undefined));
  const caller = framesOf(site.stack);
  if (caller.length > 0) lines.push("    --- submitted at ---", ...caller);
  return lines.join("\n");
}

function framesOf(stack: string | undefined): string[] {
  return (stack ?? "").split("\n").filter((line) => /^\s+(at |--- )/.test(line));
}

/** The message of whatever was thrown; never throws itself. */
export function messageOf(thrown: unknown): string {
  try {
    return thrown instanceof Error ? thrown.message : String(thrown);
  } catch {
    return "(its message cannot be read)";
  }
}

/** Whatever was thrown as data. An error whose own getters throw is described, not fatal. */
export function dataOf(thrown: unknown): ErrorData {
  try {
    return errorToData(thrown);
  } catch (broken) {
    return { name: "Error", message: `an error was thrown that cannot be read: ${messageOf(broken)}` };
  }
}

/** A sentence for what the worker's entry found before or after the task's own code ran. */
export function foundByEntry(code: string, message: string): string {
  return code === "ERR_UNSERIALISABLE" ? message : `could not start: ${message}`;
}
