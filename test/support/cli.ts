/**
 * The real command, bin/threadmill.js on the built package, as a process of its own: its output, its exit code, and what
 * it leaves behind. A command that is still there at its deadline is killed and fails the test.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const root: string = resolve(import.meta.dirname, "../..");
const launcher: string = join(root, "bin/threadmill.js");

export interface CliOptions {
  cwd?: string;
  /** Given on stdin; without it stdin is at its end from the start; "open": the test writes to `child.stdin`. */
  input?: string | Uint8Array | "open";
  env?: Record<string, string>;
  /** Default 60 s. */
  deadlineMs?: number;
  /** A file descriptor that stdout goes to. */
  stdout?: number;
  /** Another script than the launcher. */
  script?: string;
}

export interface CliResult {
  /** Undefined: killed by a signal. */
  code: number | undefined;
  stdout: string;
  stderr: string;
  ms: number;
}

export interface Running {
  child: ChildProcess;
  done: Promise<CliResult>;
  /** Resolves as soon as stderr or stdout holds the text. */
  saw: (text: string) => Promise<void>;
}

/** Starts the command. Await `done`, in the end. */
export function startCli(args: readonly string[], options: CliOptions = {}): Running {
  const { deadlineMs = 60_000, input, cwd, env, stdout = "pipe", script = launcher } = options;
  const started = performance.now();
  const child = spawn(process.execPath, [script, ...args], {
    cwd,
    env: { ...process.env, NO_COLOR: "1", ...env },
    stdio: [input === undefined ? "ignore" : "pipe", stdout, "pipe"],
  });
  const text = { stdout: "", stderr: "" };
  const waiting = new Set<() => void>();
  const onData = (name: "stdout" | "stderr") => (data: Buffer) => {
    text[name] += data;
    for (const check of waiting) check();
  };
  child.stdout?.on("data", onData("stdout"));
  child.stderr?.on("data", onData("stderr"));
  // A command that ends without reading all of its input closes the pipe.
  child.stdin?.on("error", () => {});
  if (input !== "open") child.stdin?.end(input);
  const timer = setTimeout(() => child.kill("SIGKILL"), deadlineMs);
  const done = once(child, "close").then(([code]): CliResult => {
    clearTimeout(timer);
    const ms = performance.now() - started;
    if (child.signalCode === "SIGKILL")
      throw new Error(`killed after ${Math.round(ms)} ms: ${args.join(" ")}\n${text.stderr}`);
    return { code: code ?? undefined, ...text, ms };
  });
  const saw = (wanted: string): Promise<void> => {
    const { promise, resolve: found } = Promise.withResolvers<void>();
    const check = () => (text.stdout + text.stderr).includes(wanted) && found();
    waiting.add(check);
    check();
    const ended = done.then(() => Promise.reject(new Error(`ended without "${wanted}":\n${text.stderr}`)));
    return Promise.race([promise, ended]);
  };
  return { child, done, saw };
}

/** Runs the command to its end. */
export function runCli(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  return startCli(args, options).done;
}

/** A folder in which jobs can import "threadmill", removed by `remove`. */
export interface WorkFolder {
  path: string;
  file: (name: string, content: string | Uint8Array) => string;
  /** Files that a command left: temporaries of results. */
  leftovers: () => string[];
  remove: () => void;
}

export function workFolder(): WorkFolder {
  const path = mkdtempSync(join(tmpdir(), "threadmill-cli-"));
  mkdirSync(join(path, "node_modules"));
  symlinkSync(root, join(path, "node_modules/threadmill"));
  writeFileSync(join(path, "package.json"), '{ "type": "module" }');
  return {
    path,
    file(name, content) {
      writeFileSync(join(path, name), content);
      return join(path, name);
    },
    leftovers: () => readdirSync(path).filter((name) => name.endsWith(".tmp") || name.startsWith(".")),
    remove: () => rmSync(path, { recursive: true, force: true }),
  };
}
