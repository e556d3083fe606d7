/** The bench, small: every job runs, the engines agree, the tables are whole, the README's is in step. Its numbers are not looked at. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { difference, readAnswer } from "../../bench/compare.ts";
import { jobs } from "../../bench/jobs.ts";
import { describeMachine } from "../../bench/machine.ts";
import type { Measured } from "../../bench/measure.ts";
import { readOptions } from "../../bench/options.ts";
import type { BenchRecord } from "../../bench/report.ts";
import { type Figures, judge } from "../../bench/verdict.ts";
import { recordOf, withTable } from "../../scripts/bench-table.ts";

const number = "[\\d.]+";
const rowOf = (peer: string) =>
  new RegExp(
    `^ +${peer} +${number} s +${number}–${number} +${number} s +(${number} MB|\\?) +${number} M +× ${number}$`,
    "m",
  );

test("every job is measured beside every engine that is there, after equal answers", () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, ["bench/bench.ts", "--quick", "--lines", "20000"], {
    encoding: "utf8",
  });
  expect(stderr).toBe("");
  expect(status).toBe(0);
  const [, ...tables] = stdout.split("\n\n");
  expect(tables.map((table) => table.split(":")[0])).toEqual(jobs.map(({ name }) => name));
  for (const [at, { own, question, targets }] of jobs.entries()) {
    expect(tables[at]).toMatch(/^.* \([\d,]+ lines, .* rows; equal answers\)$/m);
    const names = own?.map(({ name }) => name) ?? ["threadmill", "duckdb(?:, .+?)?"];
    for (const name of names) expect(tables[at]).toMatch(rowOf(name));
    if (!own) expect(tables[at]).toMatch(/^ +chdb(: not measured: .|.* +[\d.])/m);
    if (question.mawk) expect(tables[at]).toMatch(/^ +mawk(: not measured: .| +[\d.])/m);
    expect(tables[at].match(/: (aim reached|floor reached|MISSED|not measured)$/gm)).toHaveLength(targets.length);
  }
}, 600_000);

test("an unknown job or engine is refused by name", () => {
  const { status, stderr } = spawnSync(process.execPath, ["bench/bench.ts", "--only", "main,nothing"], {
    encoding: "utf8",
  });
  expect(status).toBe(1);
  expect(stderr).toContain("no job is named nothing: main, warm, high,");
  const other = spawnSync(process.execPath, ["bench/bench.ts", "--peers", "sqlite"], { encoding: "utf8" });
  expect(other.stderr).toContain("no engine is named sqlite: duckdb, chdb, mawk, wc");
});

test("answers are compared without order, quotes, delimiters and ways to write a time; the first difference is told", () => {
  const folder = mkdtempSync(join(tmpdir(), "threadmill-bench-"));
  const answer = (text: string, hasHeader = false) => {
    writeFileSync(join(folder, "answer.csv"), text);
    return readAnswer(join(folder, "answer.csv"), hasHeader);
  };
  try {
    const ours = answer('url,hour,clicks\na,2019-09-14T00:00:00Z,2\n"b,""x""\ny",2019-09-14T01:00:00Z,3\n', true);
    const theirs = answer('"b,""x""\ny","2019-09-14 01:00:00",3\r\n"a","2019-09-14 00:00:00",2\r\n');
    expect(ours.rows).toBe(2);
    expect(theirs).toMatchObject({ rows: 2, digest: ours.digest });
    expect(difference(ours, theirs)).toBeUndefined();
    expect(difference(answer("a;0.1\n"), answer("a,0.10000000000001\n"))).toBeUndefined();
    expect(difference(answer("a,0.1\n"), answer("a,0.1001\n"))).toContain("row 0: a,0.1 against a,0.1001");
    // Whole numbers are exact, and a name is no number.
    expect(difference(answer("a,10000000001\n"), answer("a,10000000002\n"))).toContain("row 0");
    expect(difference(answer("a,1\nb,2\n"), answer("a,1\nb,3\n"))).toContain("row 1: b,2 against b,3; 2 and 2 rows");
    expect(difference(answer("a,1\n"), answer("a,1\nb,3\n"))).toContain("row 1: (none) against b,3; 1 and 2 rows");
    // The last row counts without a newline, too.
    expect(difference(answer("a,1\nb,3"), answer("b,3\na,1\n"))).toBeUndefined();
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("what was measured is judged by the targets", () => {
  const figures: Figures[] = [
    { peer: "threadmill", ratio: 1, peak: 100e6 },
    { peer: "duckdb", ratio: 5, peak: 400e6 },
    { peer: "wc -l", ratio: 0.5, peak: undefined },
  ];
  const verdicts = judge(
    [
      { measure: "faster", against: "duckdb", floor: 4.8, aim: 6 },
      { measure: "faster", against: "chdb", floor: 3, aim: 4 },
      { measure: "time", against: "wc -l", floor: 2.3, aim: 2 },
      { measure: "memory", floor: 99e6, aim: 99e6 },
      { measure: "share", against: "duckdb", floor: 0.4, aim: 0.2 },
    ],
    figures,
  );
  expect(verdicts.map(({ actual, reached }) => [actual, reached])).toEqual([
    [5, "floor"],
    [undefined, "unknown"],
    [2, "aim"],
    [100e6, "missed"],
    [0.25, "floor"],
  ]);
});

test("options: --quick is small; what is looked at in part leaves no record", () => {
  expect(readOptions(["--quick"])).toMatchObject({ lines: 200_000, runs: 1, record: false });
  expect(readOptions(["--lines", "1_000_000"])).toMatchObject({ lines: 1_000_000, runs: 5, threads: 2, record: true });
  expect(readOptions(["--only", "main,high"])).toMatchObject({ only: ["main", "high"], record: false });
  expect(() => readOptions(["--runs", "0"])).toThrow("--runs needs a whole number above 0");
});

test("the README's table is that of the record that it names", () => {
  const readme = readFileSync("README.md", "utf8");
  const path = recordOf(readme);
  // Nothing was measured yet.
  if (path === "none") return expect(readme).toContain("<!-- bench: none -->\n<!-- /bench -->");
  expect(path).toMatch(/^bench\/record\/.+\.json$/);
  expect(withTable(readme, path!, JSON.parse(readFileSync(path!, "utf8")))).toBe(readme);
});

test("a table says our time, memory, and the others' times by ours", () => {
  const peer = (name: string, wall: number, ratio: number): Measured => ({
    ...{
      peer: name,
      formulation: "",
      command: ["x"],
      timings: [],
      wall,
      cpu: wall,
      fastest: wall,
      slowest: wall,
      ratio,
    },
    peak: 90e6,
  });
  const record: BenchRecord = {
    ...{ date: "2026-01-02T03:04:05.678Z", machine: describeMachine(), loadAfter: 0, threads: 2, runs: 5 },
    versions: { duckdb: "v1.5.6" },
    jobs: [
      {
        ...{
          job: "main",
          title: "CSV",
          mode: "process",
          data: { name: "main", how: "" },
          lines: 10e6,
          bytes: 1.2e9,
          rows: 9600,
        },
        ...{ peers: [peer("threadmill", 0.5, 1), peer("duckdb", 2.5, 5.04)], verdicts: [], notMeasured: [] },
      },
    ],
  };
  const text = withTable("before\n<!-- bench: none -->\n<!-- /bench -->\nafter\n", "bench/record/a/b.json", record);
  expect(text).toContain("before\n<!-- bench: bench/record/a/b.json -->\n| question |");
  expect(text).toContain("| CSV (10 M lines, 1.2 GB, 9,600 groups) | **0.50 s** | 90 MB | 2.50 s (5.0×) |  |  |");
  expect(text).toContain("2026-01-02; Node");
  expect(text).toMatch(/<!-- \/bench -->\nafter\n$/);
  expect(recordOf(text)).toBe("bench/record/a/b.json");
});
