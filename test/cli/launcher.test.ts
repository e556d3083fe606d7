/**
 * The launcher on an old Node, in a package of its own: what it says, whom it starts, what becomes of signals and exit
 * codes. Needs a Node older than 24.6 on the machine (outside the checkout); skipped where there is none.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

/** A Node below the version that the package needs, with its version. */
function findOldNode(): { path: string; version: string } | undefined {
  const folders = [...(process.env.PATH ?? "").split(delimiter), "/usr/local/bin", "/usr/bin"];
  for (const folder of new Set(folders)) {
    const path = join(folder, "node");
    if (folder.includes("node_modules") || !existsSync(path)) continue;
    const version = execFileSync(path, ["--version"], { encoding: "utf8" }).trim().slice(1);
    const [major = 0, minor = 0] = version.split(".").map(Number);
    if (major < 24 || (major === 24 && minor < 6)) return { path, version };
  }
  return undefined;
}

const old = findOldNode();

/** The program that the launcher starts in these tests: it does what its first argument says. */
const program = `
export async function main(argv) {
  if (argv[0] === "exit") process.exitCode = Number(argv[1]);
  else if (argv[0] === "throw") throw new Error("on purpose");
  else if (argv[0] === "version") console.log(process.versions.node, argv.slice(1).join("|"));
  else if (argv[0] === "wait") {
    const timer = setInterval(() => {}, 1000);
    for (const name of argv.slice(1)) process.once(name, () => {
      console.log("got " + name);
      clearInterval(timer);
      process.exitCode = 130;
    });
    console.log("ready");
  }
}
`;

describe.skipIf(old === undefined)("launcher on an old Node (skipped where the machine has only new ones)", () => {
  let folder = "";
  const children = new Set<ChildProcess>();

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "threadmill-launcher-"));
    for (const name of ["bin", "dist/cli", "bare/bin"]) mkdirSync(join(folder, name), { recursive: true });
    for (const name of ["", "bare"]) {
      writeFileSync(join(folder, name, "package.json"), '{ "type": "module" }');
      copyFileSync("bin/threadmill.js", join(folder, name, "bin/threadmill.js"));
    }
    mkdirSync(join(folder, "node_modules/node/bin"), { recursive: true });
    symlinkSync(process.execPath, join(folder, "node_modules/node/bin/node"));
    writeFileSync(join(folder, "dist/cli/main.js"), program);
  });

  afterAll(() => {
    for (const child of children) child.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  });

  function start(launcher: string, args: string[], node = old?.path ?? ""): ChildProcess {
    const child = spawn(node, [resolve(folder, launcher), ...args], { stdio: ["ignore", "pipe", "pipe"] });
    children.add(child);
    return child;
  }

  async function finish(child: ChildProcess): Promise<{ code: number | null; stdout: string; stderr: string }> {
    const text = { stdout: "", stderr: "" };
    child.stdout?.on("data", (data) => (text.stdout += data));
    child.stderr?.on("data", (data) => (text.stderr += data));
    const [code] = await once(child, "close");
    children.delete(child);
    return { code, ...text };
  }

  test("without a newer Node it says which version is needed, and exits 1", async () => {
    const { code, stdout, stderr } = await finish(start("bare/bin/threadmill.js", ["demo"]));
    expect(stderr).toContain(`threadmill needs Node 24.6 or newer; this is Node ${old?.version}`);
    expect(stderr.trim().split("\n")).toHaveLength(1);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  });

  test("runs the Node of the checkout with the same arguments", async () => {
    const { code, stdout } = await finish(start("bin/threadmill.js", ["version", "a b", "--c"]));
    expect({ code, stdout }).toEqual({ code: 0, stdout: `${process.versions.node} a b|--c\n` });
  });

  test.each([0, 1, 2, 3, 130])("passes exit code %i on", async (expected) => {
    const { code } = await finish(start("bin/threadmill.js", ["exit", String(expected)]));
    expect(code).toBe(expected);
  });

  test.each(["SIGINT", "SIGTERM"] as const)("passes %s on once, and the child decides how to end", async (name) => {
    const child = start("bin/threadmill.js", ["wait", name]);
    const finished = finish(child);
    await once(child.stdout as NonNullable<typeof child.stdout>, "data");
    child.kill(name);
    const { code, stdout } = await finished;
    expect({ code, stdout }).toEqual({ code: 130, stdout: `ready\ngot ${name}\n` });
  });

  test("a child killed by a signal gives 128 and its number", async () => {
    const child = start("bin/threadmill.js", ["wait"]);
    const finished = finish(child);
    await once(child.stdout as NonNullable<typeof child.stdout>, "data");
    child.kill("SIGTERM");
    expect((await finished).code).toBe(128 + constants.signals.SIGTERM);
  });

  test("an error that escapes the command ends in exit code 1", async () => {
    const { code, stderr } = await finish(start("bin/threadmill.js", ["throw"]));
    expect(code).toBe(1);
    expect(stderr).toContain("on purpose");
  });

  test("on a new Node, a checkout that is not built says so", async () => {
    const { code, stderr } = await finish(start("bare/bin/threadmill.js", ["demo"], process.execPath));
    expect(code).toBe(1);
    expect(stderr).toContain("npm run build");
  });
});
