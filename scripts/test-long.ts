/**
 * `npm run test:long [-- --seeds N]`: every test with many seeds, and the soaks and fuzzing of test/stress, which the
 * short run leaves out. Writes what was run to test/record/<date>.json.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, totalmem } from "node:os";
import { parseArgs } from "node:util";
import { showStep } from "./process.ts";
import { closingLine, runVitest } from "./vitest.ts";

function versions(): Record<string, string> {
  const own = JSON.parse(readFileSync("package.json", "utf8"));
  const found: Record<string, string> = {
    threadmill: own.version,
    node: process.versions.node,
    v8: process.versions.v8,
  };
  for (const name of ["vitest", "fast-check", "@duckdb/node-api", "typescript"]) {
    found[name] = JSON.parse(readFileSync(`node_modules/${name}/package.json`, "utf8")).version;
  }
  return found;
}

function commit(): string {
  try {
    return execFileSync("git", ["rev-parse", "HEAD"], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
  } catch {
    return "unknown";
  }
}

const { values, positionals } = parseArgs({
  options: { seeds: { type: "string", default: "1000" }, seed: { type: "string" } },
  allowPositionals: true,
});
const seed = values.seed ?? String(Date.now() % 2 ** 31);
const built = await showStep({ name: "build", command: "node", args: ["scripts/build.ts"] });
if (built.code === 0) {
  const environment = { THREADMILL_LONG: "1", THREADMILL_SEEDS: values.seeds, THREADMILL_SEED: seed };
  const { seconds, ...counts } = await runVitest({ args: positionals, environment });
  const date = new Date().toISOString();
  const record = {
    date,
    commit: commit(),
    versions: versions(),
    machine: {
      platform: `${process.platform} ${process.arch}`,
      cpu: cpus()[0]?.model ?? "unknown",
      cores: availableParallelism(),
      memoryMb: Math.round(totalmem() / 2 ** 20),
    },
    seeds: Number(values.seeds),
    seed: Number(seed),
    only: positionals,
    counts,
    seconds: Math.round(seconds),
  };
  mkdirSync("test/record", { recursive: true });
  const path = `test/record/${date.slice(0, 19).replaceAll(":", "-")}.json`;
  writeFileSync(path, JSON.stringify(record, null, 2) + "\n");
  console.log(`recorded in ${path}`);
  console.log(closingLine(counts));
  process.exitCode = counts.failed > 0 ? 1 : 0;
} else {
  process.exitCode = 1;
}
