/** Ways to get one answer of a command: a process of its own each time, or one that stays and answers again. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { createInterface } from "node:readline";
import { type Command, commandFailed, environment, runCommand, type Timing } from "./command.ts";
import { watchMemory } from "./memory.ts";

export interface Runner {
  /** A measured run. Its answer is written over that of the last one: DuckDB would lock /dev/null against others. */
  run(): Promise<Timing>;
  /** A run whose answer goes to a file, and whose memory is watched. */
  answer(path: string): Promise<{ timing: Timing; peak: number | undefined }>;
  /** Ends what is still there. */
  close(): Promise<void>;
}

export class ProcessRunner implements Runner {
  readonly #command: Command;
  readonly #path: string;

  constructor(command: Command, path: string) {
    this.#command = command;
    this.#path = path;
  }

  async run(): Promise<Timing> {
    return runCommand(this.#command, this.#path);
  }

  async answer(path: string): Promise<{ timing: Timing; peak: number | undefined }> {
    const [program, ...args] = this.#command;
    const out = openSync(path, "w");
    const started = performance.now();
    const child = spawn(program, args, { stdio: ["ignore", out, "pipe"], env: environment });
    closeSync(out);
    let told = "";
    child.stderr!.on("data", (bytes) => (told += bytes));
    const stop = watchMemory(child.pid!);
    const [code, signal] = await once(child, "close").finally(stop);
    const wall = (performance.now() - started) / 1000;
    if (code !== 0) throw commandFailed(this.#command, signal ?? code, told);
    return { timing: { wall, user: Number.NaN, system: Number.NaN }, peak: stop() };
  }

  async close(): Promise<void> {}
}

/** See serve.ts. */
export class WarmRunner implements Runner {
  readonly #command: Command;
  readonly #path: string;
  #child: ChildProcess | undefined;
  #lines: AsyncIterator<string> | undefined;
  #told = "";

  constructor(command: Command, path: string) {
    this.#command = command;
    this.#path = path;
  }

  run(): Promise<Timing> {
    return this.#ask(this.#path);
  }

  async answer(path: string): Promise<{ timing: Timing; peak: number | undefined }> {
    // The first answer is of a process that has just started; the second is what is watched.
    await this.#ask(path);
    const stop = watchMemory(this.#child!.pid!);
    const timing = await this.#ask(path).finally(stop);
    return { timing, peak: stop() };
  }

  async #ask(path: string): Promise<Timing> {
    const lines = (this.#lines ??= this.#start());
    this.#child!.stdin!.write(`${path}\n`);
    const { value, done } = await lines.next();
    if (done) throw commandFailed(this.#command, this.#child!.exitCode ?? "ended", this.#told);
    return JSON.parse(value);
  }

  #start(): AsyncIterator<string> {
    const [program, ...args] = this.#command;
    const child = spawn(program, args, { stdio: "pipe", env: environment });
    child.stderr.on("data", (bytes) => (this.#told += bytes));
    // A child that ended is noticed by the end of what it says.
    child.stdin.on("error", () => {});
    this.#child = child;
    return createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  }

  async close(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    this.#lines = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "close");
    child.stdin!.end();
    await ended;
  }
}
