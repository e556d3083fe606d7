// Runs after `npm ci` / `npm install` in a checkout, and before packing: builds dist with the Node of the
// dev dependency, whatever Node npm itself runs on (so this file must parse on old Nodes).
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";

// `npx threadmill` in the checkout links the package into npm's cache and prepares it again: nothing to do if it is built.
const isBuilt = process.env.npm_command === "exec" && existsSync("dist/cli/main.js");
if (!isBuilt) {
  const own = "node_modules/node/bin/node";
  const node = existsSync(own) ? own : process.execPath;
  const built = spawnSync(node, ["scripts/build.ts"], { stdio: "inherit" });
  if (built.error) console.error("cannot start " + node + ": " + built.error.message);
  process.exitCode = built.status === null ? 1 : built.status;
}
