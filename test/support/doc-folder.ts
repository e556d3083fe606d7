/** A folder outside of the checkout in which `threadmill` is installed, as a user has it, and commands that run there. */
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";

const root = join(import.meta.dirname, "../..");

export function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "threadmill-docs-"));
  mkdirSync(join(folder, "node_modules/.bin"), { recursive: true });
  symlinkSync(root, join(folder, "node_modules/threadmill"));
  symlinkSync(join(root, "bin/threadmill.js"), join(folder, "node_modules/.bin/threadmill"));
  return folder;
}

/** Runs a command line; rejects, with what it wrote to stderr, if it fails. */
export async function shell(command: string, cwd: string): Promise<{ stdout: string; stderr: string }> {
  const path = [join(cwd, "node_modules/.bin"), join(root, "node_modules/.bin"), process.env.PATH].join(delimiter);
  const environment = { ...process.env, PATH: path, NO_COLOR: "1" };
  return promisify(execFile)("bash", ["-euo", "pipefail", "-c", command], { cwd, env: environment, timeout: 60_000 });
}
