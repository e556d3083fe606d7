#!/usr/bin/env node
// The launcher. It must parse on old Nodes: it only checks the version, finds the Node of the dev dependency
// in a checkout, and says what is needed otherwise.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

var version = process.versions.node.split(".").map(Number);
var isRecent = version[0] > 24 || (version[0] === 24 && version[1] >= 6);
if (isRecent) {
  import(new URL("../dist/cli/main.js", import.meta.url).href).then((cli) => cli.main(process.argv.slice(2)));
} else {
  var own = fileURLToPath(new URL("../node_modules/node/bin/node", import.meta.url));
  if (existsSync(own)) {
    var child = spawnSync(own, process.argv.slice(1), { stdio: "inherit" });
    process.exitCode = child.status === null ? 1 : child.status;
  } else {
    console.error(
      "threadmill needs Node 24.6 or newer; this is Node " +
        process.versions.node +
        ". Try: npx -p node@24 -p threadmill threadmill …",
    );
    process.exitCode = 1;
  }
}
