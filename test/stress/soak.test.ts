/**
 * Many runs on one executor whose workers throw, exit, run out of memory and hang, at places that a seed chooses: each
 * answer is the inline one, and nothing grows.
 */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { gzipSync } from "node:zlib";
import { afterAll, expect, test } from "vitest";
import { type Random, random } from "../../src/base/prng.ts";
import { scaled, tries } from "../support/cases.ts";
import { leakGuard } from "../support/leak-guard.ts";
import { native } from "../support/native.ts";

leakGuard();
const { jobs, userFile } = native<typeof import("../support/jobs/soak.ts")>("./jobs/soak.ts");
const { run } = native<typeof import("../../src/run/run.ts")>("../../src/run/run.ts");
const { createExecutor } = native<typeof import("../../src/executor/index.ts")>("../../src/executor/index.ts");

const folder = mkdtempSync(join(tmpdir(), "threadmill-soak-"));
afterAll(() => rmSync(folder, { recursive: true }));
setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

/** What goes wrong in one run, by weight. A worker that hangs costs its timeout, one without memory some seconds. */
const kinds = ["throw", "throw", "exit", "exit", "later"];
const rareKinds = ["memory", "endless"];
const SPLIT_TIMEOUT_MS = 3000;

interface Input {
  files: string[];
  faults: number;
}

/** Files of one run: hundreds of rows, some of which carry a fault. */
function write(dice: Random, round: number): Input {
  const plan = new Map<number, string>();
  const rows = 200 + dice.below(3000);
  const faults = dice.below(4);
  for (let i = 0; i < faults; i++) {
    const kind = dice.below(40) === 0 ? rareKinds[dice.below(rareKinds.length)] : kinds[dice.below(kinds.length)];
    const path = join(folder, `fault-${round}-${i}`);
    plan.set(dice.below(rows), `${kind}:${path}`);
  }
  const lines = Array.from({ length: rows }, (_, i) => {
    const key = dice.below(8) === 0 ? `"k,\n${dice.below(5)}"` : `k${dice.below(50)}`;
    return `${key},${dice.below(1000)},${plan.get(i) ?? ""}\n`;
  });
  for (const fault of plan.values()) writeFileSync(fault.slice(fault.indexOf(":") + 1), "");
  const files = [join(folder, "a.csv"), join(folder, "b.csv")];
  const cut = dice.below(rows);
  writeFileSync(files[0], lines.slice(0, cut).join(""));
  const rest = Buffer.from(lines.slice(cut).join(""));
  writeFileSync(files[1], dice.below(4) === 0 ? gzipSync(rest) : rest);
  return { files, faults: plan.size };
}

type Options = Parameters<typeof run>[1];

async function ask(name: string, input: Input, options: Options): Promise<{ answer: string; retries: number }> {
  const result = await run(jobs[name], { meta: { url: userFile }, sources: input.files, ...options });
  const rows: unknown[] = [];
  for await (const row of result) rows.push(row);
  return { answer: JSON.stringify(rows), retries: (await result.summary).retries };
}

/** What may grow with the number of runs. */
function belongings(): { threads: number; handles: number; descriptors: number; heapMb: number } {
  collectGarbage();
  return {
    threads: readdirSync("/proc/self/task").length,
    handles: process.getActiveResourcesInfo().length,
    descriptors: readdirSync("/proc/self/fd").length,
    heapMb: process.memoryUsage().heapUsed / 2 ** 20,
  };
}

test("every run on workers that fail gives the inline answer, and nothing grows", async () => {
  const seed = Number(process.env.THREADMILL_SEED ?? 1);
  const rounds = Math.min(tries(20).numRuns, 2000);
  const dice = random(seed);
  await using threads = createExecutor("threads", { workers: 2, name: "soak", memoryMb: 64 });
  await using inline = createExecutor("inline");
  let settled: ReturnType<typeof belongings> | undefined;
  let retries = 0;
  let faults = 0;
  for (let round = 0; round < rounds; round++) {
    const name = Object.keys(jobs)[dice.below(Object.keys(jobs).length)];
    const input = write(dice, round);
    const splitBytes = 500 + dice.below(20_000);
    const options = { executor: threads, splitBytes, retries: 20, splitTimeoutMs: SPLIT_TIMEOUT_MS };
    const onThreads = await ask(name, input, options);
    expect(readdirSync(folder).filter((file) => file.startsWith("fault-"))).toEqual([]);
    const onInline = await ask(name, input, { executor: inline });
    expect(onThreads.answer, `seed ${seed}, round ${round}, job ${name}`).toBe(onInline.answer);
    retries += onThreads.retries;
    faults += input.faults;
    if (round === Math.floor(rounds / 4)) settled = belongings();
  }
  const end = belongings();
  expect(faults).toBeGreaterThan(rounds / 2);
  expect(retries).toBeGreaterThan(rounds / 4);
  expect(end.threads).toBeLessThanOrEqual(settled!.threads + 3);
  expect(end.handles).toBeLessThanOrEqual(settled!.handles + 3);
  expect(end.descriptors).toBeLessThanOrEqual(settled!.descriptors + 6);
  expect(end.heapMb - settled!.heapMb).toBeLessThan(scaled(30, 20));
});
