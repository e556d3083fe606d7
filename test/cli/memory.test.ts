/** --memory through the real command: the answer is the same, memory stays within it, and what a killed run left is removed. */
import { createHash } from "node:crypto";
import { createWriteStream, existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { watchMemory } from "../../bench/memory.ts";
import { runCli, startCli, workFolder } from "../support/cli.ts";

const folder = workFolder();
const cwd = folder.path;
const place = join(cwd, "spill");
const env = { THREADMILL_TMP: place };
afterAll(() => folder.remove());

const ROWS = 1_500_000;
const query = ["query", "many.csv", "--columns", "key,user,n:int", "--no-header", "--by", "key"];
const aggregates = ["--aggregate", "n=count(), users=distinct(user), sum=sum(n)", "--json", "-w", "2"];

beforeAll(async () => {
  mkdirSync(place);
  const file = createWriteStream(join(cwd, "many.csv"));
  for (let from = 0; from < ROWS; from += 10_000) {
    let lines = "";
    for (let i = from; i < from + 10_000; i++)
      lines += `a-long-key-of-its-own-${(i * 7919) % 1_400_009},user-${i % 1000},${i}\n`;
    if (!file.write(lines)) await new Promise((resolve) => file.once("drain", resolve));
  }
  await new Promise((resolve) => file.end(resolve));
});

const digest = (path: string) =>
  createHash("sha256")
    .update(readFileSync(join(cwd, path)))
    .digest("hex");

test("a bounded run gives the same answer, and leaves nothing", async () => {
  const free = await runCli([...query, ...aggregates, "-o", "free.csv"], { cwd, env });
  const bound = await runCli([...query, ...aggregates, "-o", "bound.csv", "--memory", "128MB"], { cwd, env });
  expect([free.code, bound.code]).toEqual([0, 0]);
  expect(JSON.parse(free.stderr).spilled).toBe(0);
  expect(JSON.parse(bound.stderr).spilled).toBeGreaterThan(1_000_000);
  expect(digest("bound.csv")).toBe(digest("free.csv"));
  expect(readdirSync(place)).toEqual([]);
}, 240_000);

test("what a killed run left is removed by the next one", async () => {
  const { child, done } = startCli([...query, ...aggregates, "-o", "killed.csv", "--memory", "128MB"], { cwd, env });
  done.catch(() => {});
  while (readdirSync(place).length === 0 && child.exitCode === null)
    await new Promise((resolve) => setImmediate(resolve));
  child.kill("SIGKILL");
  await done.catch(() => {});
  expect(readdirSync(place)).toHaveLength(1);
  await runCli(["query", "many.csv", "--no-header", "--columns", "key,user,n:int", "--select", "key", "--limit", "1"], {
    cwd,
    env,
  });
  expect(existsSync(place) ? readdirSync(place) : []).toEqual([]);
}, 240_000);

test.skipIf(!existsSync("/proc/self/smaps_rollup"))(
  "memory stays within what was given and 150 MB",
  async () => {
    const { child, done } = startCli([...query, ...aggregates, "-o", "held.csv", "--memory", "128MB"], { cwd, env });
    const stop = watchMemory(child.pid!);
    const { code } = await done;
    expect(code).toBe(0);
    expect(stop()).toBeLessThan(128e6 + 150e6);
  },
  240_000,
);
