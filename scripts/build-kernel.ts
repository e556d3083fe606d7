/**
 * Compiles assembly/ to src/kernel/simd/kernel.wasm, where the sources look for it; scripts/build.ts copies it to dist.
 * Skipped while the wasm is newer than all of its sources, unless --force. `--entry FILE --out FILE`: another entry, for experiments.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { parseArgs } from "node:util";

const { values } = parseArgs({
  options: {
    entry: { type: "string", default: "assembly/index.ts" },
    out: { type: "string", default: "src/kernel/simd/kernel.wasm" },
    force: { type: "boolean", default: false },
  },
});

/** Memory is shared so that views of it outlive its growth, and so that other threads may read a partial in place. */
const flags = [
  "-O3",
  "--noAssert",
  ...["--runtime", "minimal"],
  ...["--enable", "simd,threads"],
  ...["--importMemory", "--sharedMemory", "--initialMemory", "16", "--maximumMemory", "65535"],
  ...["--use", "abort=assembly/memory/onAbort"],
];

function newestSource(): number {
  const files = readdirSync("assembly", { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"));
  return Math.max(
    ...[...files.map((name) => `assembly/${name}`), import.meta.filename].map((f) => statSync(f).mtimeMs),
  );
}

const isFresh = existsSync(values.out) && statSync(values.out).mtimeMs > newestSource();
if (!isFresh || values.force) {
  // Renamed when it is complete: another process may be reading the one before.
  const fresh = `${values.out}.${process.pid}`;
  const built = spawnSync(
    process.execPath,
    ["node_modules/assemblyscript/bin/asc.js", values.entry, "-o", fresh, ...flags],
    { stdio: "inherit" },
  );
  if (built.status === 0) renameSync(fresh, values.out);
  else {
    rmSync(fresh, { force: true });
    process.exitCode = built.status ?? 1;
  }
}
