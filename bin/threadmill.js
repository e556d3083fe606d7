#!/usr/bin/env node
// The launcher. It must parse on old Nodes (ES2015 modules; no top-level await, no optional chaining): it checks the
// version, runs the Node of the dev dependency in a checkout, and says what is needed otherwise. Not for: anything else.
// It imports nothing until it must: on a Node that is right, all it costs is its own few lines.

const NEEDED = [24, 6];

function isRecent(version) {
  const parts = version.split(".").map(Number);
  return parts[0] > NEEDED[0] || (parts[0] === NEEDED[0] && parts[1] >= NEEDED[1]);
}

/**
 * Keeps compiled code between runs, in the user's own cache folder: in a folder for all, as Node's default is, one user's
 * code would be run by another. NODE_COMPILE_CACHE names another folder, NODE_DISABLE_COMPILE_CACHE=1 turns it off. A
 * folder that cannot be written costs time, and is no error.
 */
function keepCompiledCode() {
  const cache = process.env.XDG_CACHE_HOME || process.getBuiltinModule("os").homedir() + "/.cache";
  process.getBuiltinModule("module").enableCompileCache(cache + "/threadmill");
}

/**
 * Compressed files are inflated on the threads of Node's pool, of which there are four: with more workers than that they
 * would wait for each other. Read by Node when the pool is first used.
 */
function widenPool() {
  const cores = process.getBuiltinModule("os").availableParallelism();
  if (cores > 4 && !process.env.UV_THREADPOOL_SIZE) process.env.UV_THREADPOOL_SIZE = String(cores);
}

function runHere() {
  keepCompiledCode();
  widenPool();
  const main = new URL("../dist/cli/main.js", import.meta.url).href;
  return import(main).then(
    (cli) => cli.main(process.argv.slice(2)),
    (error) => {
      if (error.code !== "ERR_MODULE_NOT_FOUND" || error.url !== main) throw error;
      console.error("threadmill is not built. Try: npm run build");
      process.exitCode = 1;
    },
  );
}

/** Runs the same command on another Node: in this process where Node can replace itself, else in a child. */
function runOn(node) {
  if (typeof process.execve === "function" && process.platform !== "win32") {
    process.removeAllListeners("warning");
    process.execve(node, [node].concat(process.argv.slice(1)), process.env);
  }
  return Promise.all([import("node:child_process"), import("node:os"), import("node:tty")]).then((modules) =>
    runChild(node, modules[0].spawn, modules[1].constants.signals, modules[2].isatty),
  );
}

/** The exit code is the child's; a child killed by a signal gives 128 + its number. */
function runChild(node, spawn, signals, isatty) {
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
    process.exit(signal ? 128 + (signals[signal] || 0) : code);
  });
}

/** The Node of the checkout's dev dependency, if this is a checkout. */
function findOwnNode() {
  return Promise.all([import("node:fs"), import("node:url")]).then((modules) => {
    const own = modules[1].fileURLToPath(new URL("../node_modules/node/bin/node", import.meta.url));
    return modules[0].existsSync(own) ? own : undefined;
  });
}

function refuse() {
  console.error(
    "threadmill needs Node " +
      NEEDED.join(".") +
      " or newer; this is Node " +
      process.versions.node +
      ". Try: npx -p node@24 -p threadmill threadmill",
  );
  process.exitCode = 1;
}

if (isRecent(process.versions.node)) runHere();
else findOwnNode().then((own) => (own ? runOn(own) : refuse()));
