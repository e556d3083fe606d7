// What a start of the command costs and keeps: compiled code in the user's cache, few files, no thread for little input.
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { runCli } from "../support/cli.ts";

const folder = mkdtempSync(join(tmpdir(), "start-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const input = join(folder, "a.csv");
writeFileSync(input, "url,user\na,1\nb,2\na,3\n");
const question = ["query", input, "--by", "url", "--aggregate", "n=count()"];
const answer = "url,n\na,2\nb,1\n";

function filesIn(path: string): string[] {
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => name);
}

describe("compiled code", () => {
  const env = (cache: string, more: Record<string, string> = {}) => ({ XDG_CACHE_HOME: cache, ...more });

  test("is kept in the user's cache folder, of workers too, and is of use twice", async () => {
    const cache = join(folder, "cache");
    const first = await runCli([...question, "-w", "1"], { env: env(cache) });
    expect(first.stdout).toBe(answer);
    const kept = filesIn(cache);
    // Of the entry of the command, the worker's code and the rest.
    expect(kept.length).toBeGreaterThan(3);
    const second = await runCli([...question, "-w", "1"], { env: env(cache) });
    expect(second.stdout).toBe(answer);
    expect(filesIn(cache).sort()).toEqual(kept.sort());
  });

  test("is not kept where that is turned off, nor where another folder is named", async () => {
    const cache = join(folder, "off");
    mkdirSync(cache);
    const off = await runCli(question, { env: env(cache, { NODE_DISABLE_COMPILE_CACHE: "1" }) });
    const other = await runCli(question, { env: env(cache, { NODE_COMPILE_CACHE: join(folder, "other") }) });
    expect([off.stdout, other.stdout]).toEqual([answer, answer]);
    expect(filesIn(cache)).toEqual([]);
    expect(filesIn(join(folder, "other")).length).toBeGreaterThan(2);
  });

  test("a folder that cannot be had, or holds garbage, is no error", async () => {
    const locked = join(folder, "locked");
    writeFileSync(locked, "");
    chmodSync(locked, 0o400);
    const none = await runCli(question, { env: env(locked) });
    expect([none.code, none.stdout]).toEqual([0, answer]);
    const cache = join(folder, "garbage");
    await runCli(question, { env: env(cache) });
    for (const entry of readdirSync(cache, { recursive: true, withFileTypes: true })) {
      if (entry.isFile()) writeFileSync(join(entry.parentPath, entry.name), "garbage");
    }
    const bad = await runCli(question, { env: env(cache) });
    expect([bad.code, bad.stdout]).toEqual([0, answer]);
  });
});

test("little input is read without a thread, unless one is asked for", async () => {
  const summary = async (flags: string[]) => {
    const { stderr } = await runCli([...question, "--json", ...flags]);
    return JSON.parse(stderr.trim().split("\n").at(-1) ?? "");
  };
  expect((await summary([])).workers).toBe(0);
  expect((await summary(["-w", "2"])).workers).toBe(2);
});

test("the bundle: no module twice, sources in its maps, the license of what it contains", () => {
  const dist = join(import.meta.dirname, "../../dist");
  const modules: string[] = [];
  for (const name of readdirSync(dist, { recursive: true, encoding: "utf8" })) {
    if (!name.endsWith(".js.map")) continue;
    const map = JSON.parse(readFileSync(join(dist, name), "utf8")) as { sources: string[]; sourcesContent: string[] };
    expect(map.sourcesContent).toHaveLength(map.sources.length);
    modules.push(
      ...map.sources.filter((source) => source.includes("src/")).map((source) => source.replace(/^.*src\//, "")),
    );
  }
  expect(modules.length).toBeGreaterThan(100);
  expect(modules.length).toBe(new Set(modules).size);
  expect(readFileSync(join(dist, "chunk/cli.js"), "utf8")).toMatch(/^\/\*!\s+Contains commander:[\s\S]*MIT License/);
});
