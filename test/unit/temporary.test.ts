// What a killed process left is removed by the next one that writes the same file; what others are at stays.
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { InlineExecutor } from "../../src/executor/inline.ts";
import { createAtomicFile } from "../../src/output/atomic-file.ts";
import { temporaryOf } from "../../src/output/temporary.ts";
import { generate } from "../../src/run/generate.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "threadmill-temporary-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** The number of a process that has ended. */
const deadPid = (): number => spawnSync("true").pid;

function leave(target: string, pid: number): string {
  const name = basename(temporaryOf(join(folder, target))).replace(`.${process.pid}-`, `.${pid}-`);
  writeFileSync(join(folder, name), "part");
  return name;
}

test("leftovers of this file and of dead processes go, all others stay", async () => {
  leave("out.csv", deadPid());
  const otherHost = leave("out.csv", deadPid()).replace(/-\w{8}/, "-00000000");
  writeFileSync(join(folder, otherHost), "");
  const kept = [otherHost, leave("out.csv", process.pid), leave("out.csv", 1), leave("other.csv", deadPid())];
  for (const name of [".out.csv.tmp", `.out.csv.${deadPid()}-zz.tmp`, "out.csv.1-00.tmp"]) {
    writeFileSync(join(folder, name), "");
    kept.push(name);
  }
  const file = await createAtomicFile(join(folder, "out.csv"));
  await file.write("x");
  await file.commit();
  const left = readdirSync(folder).sort();
  expect(left).toEqual([...new Set([...kept, "out.csv"])].sort());
});

test("so do those of generate", async () => {
  const logs = join(folder, "logs");
  mkdirSync(logs);
  const name = leave("events-0001.csv", deadPid());
  writeFileSync(join(logs, name), "part");
  await using executor = new InlineExecutor();
  await generate(logs, { files: 2, lines: 3 }, { executor });
  expect(readdirSync(logs).sort()).toEqual(["events-0000.csv", "events-0001.csv"]);
});
