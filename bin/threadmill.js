#!/usr/bin/env node
// The launcher. It must parse on old Nodes (ES2015 modules; no top-level await, no optional chaining): it checks the
// version, runs the Node of the dev dependency in a checkout, and says what is needed otherwise. Not for: anything else.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { constants } from "node:os";
import { isatty } from "node:tty";
import { fileURLToPath } from "node:url";

const NEEDED = [24, 6];

function isRecent(version) {
  const parts = version.split(".").map(Number);
  return parts[0] > NEEDED[0] || (parts[0] === NEEDED[0] && parts[1] >= NEEDED[1]);
}

/** Runs the same command on another Node. The exit code is the child's; a child killed by a signal gives 128 + its number. */
function runOn(node) {
  const child = spawn(node, process.argv.slice(1), { stdio: "inherit" });
  // Ctrl-C on a terminal goes to the whole foreground group, so the child has it already and the launcher only has to
  // outlive it. Without a terminal a signal is meant for the launcher alone: it is passed on.
  const hasTerminal = isatty(0) || isatty(1) || isatty(2);
  const forwarded = ["SIGTERM", "SIGHUP", "SIGUSR2"].concat(hasTerminal ? [] : ["SIGINT"]);
  const ignore = () => {};
  process.on("SIGINT", ignore);
  forwarded.forEach((name) => {
    process.on(name, () => child.kill(name));
  });
  child.on("error", (error) => {
    console.error("threadmill: cannot start " + node + ": " + error.message);
    process.exitCode = 1;
  });
  child.on("exit", (code, signal) => {
    process.exit(signal ? 128 + (constants.signals[signal] || 0) : code);
  });
}

function launch() {
  if (isRecent(process.versions.node)) {
    const main = new URL("../dist/cli/main.js", import.meta.url);
    if (!existsSync(fileURLToPath(main))) {
      console.error("threadmill is not built. Try: npm run build");
      process.exitCode = 1;
      return;
    }
    import(main.href).then((cli) => cli.main(process.argv.slice(2)));
    return;
  }
  const own = fileURLToPath(new URL("../node_modules/node/bin/node", import.meta.url));
  if (existsSync(own)) {
    runOn(own);
    return;
  }
  console.error(
    "threadmill needs Node " +
      NEEDED.join(".") +
      " or newer; this is Node " +
      process.versions.node +
      ". Try: npx -p node@24 -p threadmill threadmill",
  );
  process.exitCode = 1;
}

launch();
