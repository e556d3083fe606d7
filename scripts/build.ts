/**
 * Builds dist/ from src/: tsc checks the types and writes the declarations, scripts/bundle.ts the code, and the kernel's
 * WebAssembly is copied to where its module looks for it. Links the package's own bin too, so that `npx threadmill` works
 * in the checkout. dist is replaced as a whole, after everything agreed: a failed build leaves the last good one.
 */
import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, existsSync, mkdirSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { bundle } from "./bundle.ts";

function runNode(args: readonly string[]): void {
  const { status, error } = spawnSync(process.execPath, args, { stdio: "inherit" });
  if (status !== 0) throw error ?? new Error(`${args[0]} failed`);
}

function linkBin(): void {
  chmodSync("bin/threadmill.js", 0o755);
  mkdirSync("node_modules/.bin", { recursive: true });
  rmSync("node_modules/.bin/threadmill", { force: true });
  symlinkSync("../../bin/threadmill.js", "node_modules/.bin/threadmill");
}

const fresh = `dist.${process.pid}`;
const stale = `${fresh}.old`;
try {
  runNode(["scripts/build-kernel.ts"]);
  runNode(["node_modules/typescript/bin/tsc", "-p", "tsconfig.build.json", "--outDir", fresh]);
  await bundle(fresh);
  cpSync("src/kernel/simd/kernel.wasm", `${fresh}/kernel/simd/kernel.wasm`);
  if (existsSync("dist")) renameSync("dist", stale);
  renameSync(fresh, "dist");
  linkBin();
} catch (error) {
  console.error(`not built: ${(error as Error).message}`);
  process.exitCode = 1;
} finally {
  rmSync(fresh, { recursive: true, force: true });
  rmSync(stale, { recursive: true, force: true });
}
