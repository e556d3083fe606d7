/**
 * Leaving the process although a worker cannot be stopped. process.exit() joins every worker thread, so it hangs when
 * one is blocked in the kernel; replacing the process image ends all threads at once and still gives an exit code.
 */
import { existsSync } from "node:fs";
import { constants } from "node:os";

let lostWorkers = 0;

/** A worker of this process (or another thread that reads what never comes) was given up. */
export function noteLost(): void {
  lostWorkers++;
}
/** A lost worker ended after all. */
export function noteReturned(): void {
  lostWorkers--;
}

/** Longest wait for a reader of our output before leaving without it. */
const FLUSH_MS_MAX = 500;

/** Writes out stdout and stderr, then ends the process with `code` (0 to 255), lost workers or not. Never resolves. */
export async function exitNow(code: number): Promise<never> {
  await Promise.race([Promise.all([flush(process.stdout), flush(process.stderr)]), deadline(FLUSH_MS_MAX)]);
  if (lostWorkers === 0) process.exit(code);
  leaveWithLostWorkers(code);
}

function leaveWithLostWorkers(code: number): never {
  process.emit("exit", code);
  const exit = `exit ${Math.trunc(code) & 255}`;
  if (typeof process.execve === "function") {
    process.removeAllListeners("warning");
    if (existsSync("/bin/sh")) process.execve("/bin/sh", ["sh", "-c", exit], {});
    process.execve(process.execPath, [process.execPath, "-e", `process.${exit.replace(" ", "(")})`], {});
  }
  // No way to keep the code: end at any rate.
  process.kill(process.pid, constants.signals.SIGKILL);
  throw new Error("the process was killed");
}

function flush(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    if (!stream.writable) resolve();
    else stream.write("", () => resolve());
  });
}

function deadline(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });
}
