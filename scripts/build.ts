/**
 * Builds dist/ from src/ with tsc, and links the package's own bin so that `npx threadmill` works in the checkout.
 * dist is replaced as a whole, after the compiler agreed: a failed build leaves the last good one.
 */
import { spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, existsSync, mkdirSync, renameSync, rmSync, symlinkSync } from "node:fs";

const kernel = spawnSync(process.execPath, ["scripts/build-kernel.ts"], { stdio: "inherit" });
if (kernel.status !== 0) process.exit(kernel.status ?? 1);
const fresh = `dist.${process.pid}`;
const built = spawnSync(
  process.execPath,
  ["node_modules/typescript/bin/tsc", "-p", "tsconfig.build.json", "--outDir", fresh],
  { stdio: "inherit" },
);
if (built.status === 0) {
  const stale = `${fresh}.old`;
  if (existsSync("dist")) renameSync("dist", stale);
  copyFileSync("src/kernel/simd/kernel.wasm", `${fresh}/kernel/simd/kernel.wasm`);
  renameSync(fresh, "dist");
  rmSync(stale, { recursive: true, force: true });
  chmodSync("bin/threadmill.js", 0o755);
  mkdirSync("node_modules/.bin", { recursive: true });
  rmSync("node_modules/.bin/threadmill", { force: true });
  symlinkSync("../../bin/threadmill.js", "node_modules/.bin/threadmill");
} else {
  rmSync(fresh, { recursive: true, force: true });
  process.exitCode = built.status ?? 1;
}
