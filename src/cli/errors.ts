/** Errors as people read them: what, where, what to try; stacks only of the user's own code. */
import { styleText } from "node:util";
import { InputError, TaskError, ThreadmillError, UsageError } from "../base/errors.ts";

/** Prints an error to stderr and returns the exit code. */
export function reportError(error: unknown): number {
  process.stderr.write(`${formatError(error)}\n`);
  return error instanceof ThreadmillError ? error.exitCode : 1;
}

function formatError(error: unknown): string {
  const paint = (style: Parameters<typeof styleText>[0], text: string) =>
    styleText(style, text, { stream: process.stderr });
  if (!(error instanceof ThreadmillError)) {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return `${paint("red", "error:")} ${text}`;
  }
  const [first, ...more] = `${where(error)}${withFlags(error.message)}`.split("\n");
  const lines = [`${paint("red", "error:")} ${first} ${paint("dim", `[${error.code}]`)}`, ...more];
  const place = details(error);
  if (place) lines.push(paint("dim", `  at ${place}`));
  const stack = userStack(error);
  if (stack) lines.push(paint("dim", stack));
  if (error.hint) lines.push(`${paint("cyan", "try:")} ${withFlags(error.hint)}`);
  return lines.join("\n");
}

/** Options of the API by the names of their flags. */
function withFlags(text: string): string {
  return text
    .replace(/\bmemoryMb (\d+)/g, "--heap $1MB")
    .replace(/\bmemoryMb\b/g, "--heap")
    .replace(/\b(splitTimeoutMs|timeoutMs)\b/g, "--split-timeout");
}

function where(error: ThreadmillError): string {
  const { file, line } = error.place;
  if (file === undefined || error.message.includes(file)) return "";
  return line === undefined ? `${file}: ` : `${file}:${line}: `;
}

function details(error: ThreadmillError): string {
  const { split, attempt, worker, offset } = error.place;
  const parts = [];
  if (offset !== undefined) parts.push(`byte ${offset}`);
  if (split) parts.push(`split ${split.start}–${Number.isFinite(split.end) ? split.end : "end"}`);
  if (worker) parts.push(`worker ${worker}`);
  if (attempt !== undefined && (attempt > 1 || error instanceof TaskError)) parts.push(`attempt ${attempt}`);
  return parts.join(", ");
}

/** The frames of the user's own function: what the cause's stack holds outside this package and Node. */
function userStack(error: ThreadmillError): string | undefined {
  // The stack of a wrong question, a bad file or a full disk leads nowhere but into this package.
  if (error instanceof UsageError || error instanceof InputError) return undefined;
  let cause: unknown = error;
  while (cause instanceof ThreadmillError && cause.cause !== undefined) cause = cause.cause;
  if (!(cause instanceof Error) || cause instanceof ThreadmillError || "syscall" in cause) return undefined;
  const own = new URL("../", import.meta.url).href;
  const frames = (cause.stack ?? "").split("\n").filter((line) => /^\s+at /.test(line));
  const users = frames.filter(
    (line) => !line.includes("node:") && !line.includes(own) && !line.includes("<anonymous>)"),
  );
  return users.length > 0 ? users.slice(0, 8).join("\n") : undefined;
}
