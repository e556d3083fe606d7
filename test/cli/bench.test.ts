/** The bench, small: it runs, the engines agree, the table is whole. Its numbers are not looked at. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { difference, readAnswer } from "../../bench/compare.ts";
import { readOptions } from "../../bench/options.ts";

test("the main job is measured beside every engine that is there, after equal answers", () => {
  const args = ["bench/bench.ts", "--quick", "--lines", "20000", "--runs", "1", "--only", "main"];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
  expect(stderr).toBe("");
  expect(status).toBe(0);
  expect(stdout).toMatch(/20,000 lines, .* rows; equal answers/);
  for (const peer of ["threadmill", "duckdb"]) {
    expect(stdout).toMatch(new RegExp(`^ +${peer} +[\\d.]+ s +[\\d.]+–[\\d.]+ +[\\d.]+ s +[\\d.]+ M +× [\\d.]+$`, "m"));
  }
  for (const peer of ["chdb", "mawk", "wc -l"])
    expect(stdout).toMatch(new RegExp(`^ +${peer}(: not measured: .| +[\\d.])`, "m"));
});

test("an unknown job is refused by name", () => {
  const { status, stderr } = spawnSync(process.execPath, ["bench/bench.ts", "--only", "nothing"], { encoding: "utf8" });
  expect(status).toBe(1);
  expect(stderr).toContain("no job is named nothing: main, predicate, ndjson, gzip");
});

test("answers are compared without order, quotes and delimiters; the first difference is told", () => {
  const folder = mkdtempSync(join(tmpdir(), "threadmill-bench-"));
  try {
    const ours = join(folder, "ours.csv");
    const theirs = join(folder, "theirs.tsv");
    writeFileSync(ours, "url,hour,clicks\na,1,2\nb,1,3\n");
    writeFileSync(theirs, '"b"\t1\t3\n"a"\t1\t2\n');
    expect(difference(readAnswer(ours, true), readAnswer(theirs, false))).toBeUndefined();
    expect(difference(["a,1", "b,2"], ["a,1", "b,3"])).toContain("row 1: b,2 against b,3");
    expect(difference(["a,1"], ["a,1", "b,3"])).toContain("row 1: (none) against b,3");
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("options: --quick is small and leaves no record", () => {
  expect(readOptions(["--quick"])).toMatchObject({ lines: 200_000, runs: 3, record: false });
  expect(readOptions(["--lines", "1_000_000"])).toMatchObject({ lines: 1_000_000, runs: 5, threads: 2, record: true });
  expect(() => readOptions(["--runs", "0"])).toThrow("--runs needs a whole number above 0");
});
