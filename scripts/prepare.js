// Runs after `npm ci` / `npm install` in a checkout, and before packing: builds dist with the Node of the
// dev dependency, whatever Node npm itself runs on (so this file must parse on old Nodes).
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";

const node = existsSync("node_modules/node/bin/node") ? "node_modules/node/bin/node" : process.execPath;
process.exit(spawnSync(node, ["scripts/build.ts"], { stdio: "inherit" }).status ?? 1);
