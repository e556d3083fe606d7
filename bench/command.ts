/** Commands as processes: what a person would type, with the time that they take from start to exit, and their CPU time. */
import { spawnSync } from "node:child_process";
import { closeSync, openSync } from "node:fs";

export type Command = readonly [program: string, ...args: string[]];

export interface Timing {
  /** Seconds from start to exit. */
  wall: number;
  /** CPU seconds of the process, of all its threads and of its children. */
  user: number;
  system: number;
}

/** The shell's `times` is the one portable way to a child's CPU time. It prints two lines: of the shell, of its children. */
const timed = '"$@" 3>&-; code=$?; times >&3; exit $code';

/** Bytes are compared as bytes: a locale would only slow the tools of the system down. */
export const environment: NodeJS.ProcessEnv = { ...process.env, LC_ALL: "C" };

/** Our own command line, as built. */
export function threadmill(...args: string[]): Command {
  return [process.execPath, "bin/threadmill.js", ...args];
}

/** Runs a command to its end; its standard output goes to `output`. @throws Error with what it said, when it fails */
export function runCommand(command: Command, output = "/dev/null"): Timing {
  const out = openSync(output, "w");
  const started = performance.now();
  const child = spawnSync("sh", ["-c", timed, "sh", ...command], {
    stdio: ["ignore", out, "pipe", "pipe"],
    env: environment,
    maxBuffer: 64 * 1024 * 1024,
  });
  const wall = (performance.now() - started) / 1000;
  closeSync(out);
  if (child.error) throw child.error;
  if (child.status !== 0) throw commandFailed(command, child.signal ?? child.status, child.stderr.toString());
  const [user = Number.NaN, system = Number.NaN] = (child.output[3]?.toString().trim().split("\n").at(-1) ?? "")
    .split(" ")
    .map(secondsOf);
  return { wall, user, system };
}

export function commandFailed(command: Command, how: string | number | null, told: string): Error {
  const last = told.trim().split("\n").slice(-5).join("\n");
  return new Error(`${command.slice(0, 3).join(" ")} … failed (${how}): ${last}`);
}

/** `1m2.5s` */
function secondsOf(text: string): number {
  const [minutes = "", seconds = ""] = text.split("m");
  return Number(minutes) * 60 + Number.parseFloat(seconds);
}
