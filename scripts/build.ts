// Builds dist/ from src/ with tsc, and links the package's own bin so that `npx threadmill` works in the checkout.
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, rmSync, symlinkSync } from "node:fs";

rmSync("dist", { recursive: true, force: true });
const built = spawnSync(process.execPath, ["node_modules/typescript/bin/tsc", "-p", "tsconfig.build.json"], {
  stdio: "inherit",
});
if (built.status !== 0) process.exit(built.status ?? 1);
chmodSync("bin/threadmill.js", 0o755);
mkdirSync("node_modules/.bin", { recursive: true });
rmSync("node_modules/.bin/threadmill", { force: true });
symlinkSync("../../bin/threadmill.js", "node_modules/.bin/threadmill");
