/**
 * The checks that need no test: types, Biome, import layers, knip, the tidy ratchet, publint and attw. All of them run;
 * the ones that fail are named at the end. publint and attw look at the package as npm would publish it, so dist must be built.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Outcome, type Step, showStep, toolEnvironment } from "./process.ts";

const sources: readonly Step[] = [
  { name: "types", command: "tsc", args: ["-p", "."] },
  { name: "biome", command: "biome", args: ["check", "--error-on-warnings", "."] },
  { name: "layers", command: "node", args: ["scripts/check-layers.ts"] },
  { name: "tidy", command: "node", args: ["scripts/check-tidy.ts"] },
  { name: "knip", command: "knip", args: [] },
];

async function checkPackage(): Promise<Outcome[]> {
  const folder = mkdtempSync(join(tmpdir(), "threadmill-pack-"));
  try {
    const args = ["pack", "--ignore-scripts", "--silent", "--pack-destination", folder];
    execFileSync("npm", args, { env: toolEnvironment(), stdio: ["ignore", "ignore", "inherit"] });
    const tarball = readdirSync(folder).find((name) => name.endsWith(".tgz")) ?? "";
    const path = join(folder, tarball);
    return [
      await showStep({ name: "publint", command: "publint", args: ["run", path, "--strict"] }),
      await showStep({ name: "attw", command: "attw", args: [path, "--profile", "esm-only", "--no-emoji"] }),
    ];
  } catch (error) {
    console.error(`the package cannot be packed: ${(error as Error).message}`);
    return [{ name: "pack", code: 1, seconds: 0 }];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Runs every check; returns the names of those that failed. */
export async function check(): Promise<string[]> {
  const outcomes: Outcome[] = [];
  for (const step of sources) outcomes.push(await showStep(step));
  outcomes.push(...(await checkPackage()));
  return outcomes.filter(({ code }) => code !== 0).map(({ name }) => name);
}

if (import.meta.main) {
  const failed = await check();
  if (failed.length > 0) console.error(`\nfailed: ${failed.join(", ")}`);
  process.exitCode = failed.length > 0 ? 1 : 0;
}
