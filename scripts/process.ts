/** Running the tools of the checkout, with its own Node and its own binaries first in the path. */
import { spawn } from "node:child_process";
import { delimiter, dirname, resolve } from "node:path";

export interface Step {
  name: string;
  command: string;
  args: readonly string[];
}

export interface Outcome {
  name: string;
  /** Exit code; 128 + n for a signal is told as 1. */
  code: number;
  seconds: number;
}

/** The environment of a tool; `node` is the one that runs this script unless another binary is given. */
export function toolEnvironment(
  extra: Record<string, string> = {},
  node: string = process.execPath,
): NodeJS.ProcessEnv {
  const path = [dirname(node), resolve("node_modules/.bin"), process.env.PATH ?? ""].join(delimiter);
  return { ...process.env, ...extra, PATH: path };
}

export async function runStep(step: Step, environment: NodeJS.ProcessEnv = toolEnvironment()): Promise<Outcome> {
  const start = performance.now();
  const { promise, resolve: settle } = Promise.withResolvers<number>();
  const child = spawn(step.command, step.args, { stdio: "inherit", env: environment });
  child.on("error", (error) => {
    console.error(`${step.name}: ${error.message}`);
    settle(1);
  });
  child.on("exit", (code) => settle(code ?? 1));
  const code = await promise;
  return { name: step.name, code, seconds: (performance.now() - start) / 1000 };
}

/** Runs a step and prints its name before, and its time and fate after. */
export async function showStep(step: Step, environment?: NodeJS.ProcessEnv): Promise<Outcome> {
  console.log(`\n▶ ${step.name}`);
  const outcome = await runStep(step, environment);
  console.log(`${outcome.code === 0 ? "✓" : "✗"} ${step.name} ${outcome.seconds.toFixed(1)} s`);
  return outcome;
}
