/**
 * The inside of a process that answers the same question again and again. It reads lines, each the path of a file to write
 * the answer to, and says for each, in one line of JSON, how long that took. The end of the input ends it.
 */
import { createInterface } from "node:readline";
import type { Timing } from "./command.ts";

export async function serve(answer: (path: string) => Promise<unknown> | unknown): Promise<void> {
  for await (const path of createInterface({ input: process.stdin })) {
    const before = process.cpuUsage();
    const started = performance.now();
    await answer(path);
    const wall = (performance.now() - started) / 1000;
    const { user, system } = process.cpuUsage(before);
    const timing: Timing = { wall, user: user / 1e6, system: system / 1e6 };
    process.stdout.write(`${JSON.stringify(timing)}\n`);
  }
}
