/** The checks of scripts/ on small sample texts: layers, tidy rules, the ratchet, the test counts, the completed lock. */
import { describe, expect, test } from "vitest";
import { checkLayers, deadFiles, layers } from "../../scripts/check-layers.ts";
import { ratchet } from "../../scripts/check-tidy.ts";
import { fillLock, type LockPackage, platformEntry } from "../../scripts/fill-lock.ts";
import { parseSource, references } from "../../scripts/source.ts";
import { checkText, checkTidy } from "../../scripts/tidy-rules.ts";
import { closingLine, countTests } from "../../scripts/vitest.ts";

const everyFileExists = (path: string): boolean => /\w\.ts$/.test(path);
const layerMessages = (path: string, text: string): string[] =>
  checkLayers(parseSource(path, text), everyFileExists).map(({ message }) => message);
const rules = (path: string, text: string): string[] =>
  checkTidy(parseSource(path, `// A sample.\n${text}`)).map(({ rule, name }) => [rule, name].filter(Boolean).join(" "));

describe("layers", () => {
  test.each([
    ["src/job/plan.ts", 'import type { Batch } from "../input/batch.ts";'],
    ["src/job/worker.ts", 'import type { Executor } from "../executor/executor.ts";'],
    ["src/kernel/kernel.ts", 'import type { Batch } from "../input/batch.ts";'],
    [
      "src/kernel/group/count.ts",
      'import { cell } from "./cell.ts"; import "../kernel.ts"; import "../../base/hash.ts";',
    ],
    ["src/run/execute.ts", 'import { a } from "../job/plan.ts"; import { b } from "../output/csv.ts";'],
    ["src/cli/main.ts", 'import { run } from "../run/run.ts"; import "../lab/fit.ts";'],
    ["src/index.ts", 'export * from "./run/run.ts";'],
    ["src/base/log.ts", 'import { readFileSync } from "node:fs"; import { Command } from "commander";'],
    ["src/input/source.ts", 'const text = "../";'],
  ])("%s may say %s", (path, text) => {
    expect(layerMessages(path, text)).toEqual([]);
  });

  test.each([
    ["a value", 'import { run } from "../run/run.ts";'],
    ["a type", 'import type { Run } from "../run/run.ts";'],
    ["a type inside a type", 'export type A = import("../run/run.ts").Run;'],
    ["a re-export", 'export { run } from "../run/run.ts";'],
    ["everything", 'export * from "../run/run.ts";'],
    ["a dynamic import", 'await import("../run/run.ts");'],
    ["a module loaded by URL", 'new URL("../run/run.ts", import.meta.url);'],
    ["a module loaded by URL in its built form", 'new URL("../run/run.js", import.meta.url);'],
  ])("job may not take from run: %s", (_, text) => {
    const messages = layerMessages("src/job/worker.ts", text);
    expect(messages).toHaveLength(1);
    expect(messages[0]).toMatch(/job \(layer 3\) may import only base, shared,/);
  });

  test.each([
    [
      "src/kernel/kernel.ts",
      'import "../input/sniff.ts";',
      /kernel \(layer 1\) may import only base, sketch, input\/batch.ts/,
    ],
    ["src/job/worker.ts", 'import "../executor/threads.ts";', /may import only/],
    ["src/base/log.ts", 'import "../shared/ring.ts";', /base \(layer 0\) may import only nothing/],
    ["src/run/run.ts", 'import "../cli/main.ts";', /run \(layer 5\)/],
    ["src/index.ts", 'import "./cli/main.ts";', /index.ts \(layer 7\)/],
    ["src/cli/main.ts", 'import "../index.ts";', /cli \(layer 7\)/],
    ["src/run/run.ts", 'import "../../test/support/data.ts";', /outside src/],
    ["src/run/run.ts", 'import { from } from "threadmill";', /by its package name/],
    ["src/extra/thing.ts", "", /in no layer/],
  ])("%s may not say %s", (path, text, message) => {
    expect(layerMessages(path, text)).toEqual([expect.stringMatching(message)]);
  });

  test("the line of the import is told", () => {
    const [finding] = checkLayers(parseSource("src/base/a.ts", '// A.\n\nimport "../run/run.ts";\n'), everyFileExists);
    expect(finding).toMatchObject({ path: "src/base/a.ts", line: 3 });
  });

  test("no folder may import its own layer or a higher one by name, and every name in the table is a folder", () => {
    for (const [folder, { layer, may }] of Object.entries(layers)) {
      for (const name of may.filter((name) => name !== "below")) {
        const target = layers[name.split("/")[0] ?? ""];
        expect(target, `${folder} → ${name}`).toBeDefined();
        const isBelow = (target?.layer ?? 0) < layer;
        expect(isBelow || (layer === 1 && target?.layer === 1), `${folder} → ${name}`).toBe(true);
      }
    }
  });

  test("a text in a comment is no reference", () => {
    expect(references(parseSource("src/a.ts", '// import "./b.ts"\n/* new URL("./c.ts") */'))).toEqual([]);
  });

  test("a file that nothing reaches is dead; one that is loaded by URL is not", () => {
    const sources = [
      parseSource("src/index.ts", 'export * from "./run/run.ts";'),
      parseSource("src/run/run.ts", 'const task = new URL("../job/worker.js", import.meta.url);'),
      parseSource("src/job/worker.ts", ""),
      parseSource("src/job/old.ts", 'import "./older.ts";'),
      parseSource("src/job/older.ts", ""),
    ];
    const paths = deadFiles(sources, (path) => sources.some((source) => source.path === path)).map(({ path }) => path);
    expect(paths).toEqual(["src/job/old.ts", "src/job/older.ts"]);
  });
});

describe("tidy rules", () => {
  test.each([
    ["src/job/a.ts", "console.log(1);", ["banned-call console.log"]],
    ["src/job/a.ts", "console.error(1);", ["banned-call console.error"]],
    ["src/cli/a.ts", "console.log(1);", []],
    ["scripts/a.ts", "console.log(1); process.exit(1);", []],
    ["test/unit/a.test.ts", "console.log(1);", ["banned-call console.log"]],
    ["test/fault/jobs/a.ts", "console.log(1); process.exit(1);", []],
    ["src/job/a.ts", "process.exit(1);", ["banned-call process.exit"]],
    ["src/executor/exit.ts", "process.exit(1);", []],
    ["src/cli/a.ts", "process.exit(1);", []],
    ["src/executor/thread-entry.ts", "process.exit(0);", []],
    ["src/executor/exit-code.ts", "process.exit(0);", ["banned-call process.exit"]],
    ["test/support/tasks/a.ts", "process.exit(1); await new Promise((resolve) => setTimeout(resolve, 10));", []],
    ["src/generate/a.ts", "const x = Math.random();", ["banned-call Math.random"]],
    [
      "src/job/a.ts",
      "eval('1'); new Function('1'); Function('1');",
      ["eval", "Function", "Function"].map((name) => `banned-call ${name}`),
    ],
    ["src/job/a.ts", "const x = y as any;", ["as-any as any"]],
    ["src/job/a.ts", "const x = y as unknown; // as any, console.log(1)", []],
    ["test/unit/a.test.ts", "await new Promise((resolve) => setTimeout(resolve, 10));", ["sleep setTimeout"]],
    ["test/unit/a.test.ts", "await new Promise<void>((r) => setTimeout(() => r(), 10));", ["sleep setTimeout"]],
    ["test/unit/a.test.ts", 'import { setTimeout as sleep } from "node:timers/promises";', ["sleep setTimeout"]],
    ["test/unit/a.test.ts", "new Promise((_, reject) => setTimeout(() => reject(late), 10));", []],
    ["src/job/a.ts", "await new Promise((resolve) => setTimeout(resolve, 10));", []],
  ])("%s: %s", (path, text, expected) => {
    expect(rules(path, text)).toEqual(expected);
  });

  test("words that must not appear, in any file", () => {
    const path = `/wo${"rk"}/main`;
    const directive = `@ts-${"ignore"}`;
    const found = checkText("README.md", `ok\nsee ${path}\n// ${directive}\n`).map(({ line, name }) => [line, name]);
    expect(found).toEqual([
      [2, "/wo" + "rk/"],
      [3, directive],
    ]);
  });

  test("a file of src opens with a comment and has a telling name", () => {
    const found = (path: string, text: string): string[] => checkTidy(parseSource(path, text)).map(({ rule }) => rule);
    expect(found("src/job/a.ts", "export const a = 1;")).toEqual(["opening-comment"]);
    expect(found("src/job/a.ts", "/** Why. */\nexport const a = 1;")).toEqual([]);
    expect(found("src/job/utils.ts", "// Why.\n")).toEqual(["file-name"]);
    expect(found("test/unit/a.test.ts", "const a = 1;")).toEqual([]);
  });

  test("long files and functions are measured in lines; a suite of tests is not a function", () => {
    const body = "  a();\n".repeat(70);
    const long = checkTidy(parseSource("src/a.ts", `// Why.\nfunction f() {\n${body}}\n`));
    expect(long).toMatchObject([{ rule: "function-length", name: "f", size: 72, line: 2 }]);
    expect(rules("src/a.ts", `const g = () => {\n${body}};`)).toEqual(["function-length g"]);
    expect(rules("src/a.ts", `class A {\n  m() {\n${body}  }\n}`)).toEqual(["function-length m"]);
    expect(rules("src/a.ts", `function f() {\n${"  a();\n".repeat(68)}}`)).toEqual([]);
    expect(rules("test/unit/a.test.ts", `describe("a", () => {\n${body}});`)).toEqual([]);
    expect(rules("src/a.ts", "a();\n".repeat(400))).toEqual(["file-length"]);
    expect(rules("src/a.ts", "a();\n".repeat(399))).toEqual([]);
  });
});

describe("ratchet", () => {
  const finding = { rule: "file-length", path: "src/a.ts", line: 1, message: "", size: 500 };

  test("what the baseline tolerates passes, what grew fails, what shrank is told", () => {
    expect(ratchet([finding], { "file-length src/a.ts": 500 })).toEqual({ worse: [], loose: [] });
    expect(ratchet([finding], { "file-length src/a.ts": 499 }).worse).toEqual([finding]);
    expect(ratchet([finding], {}).worse).toEqual([finding]);
    expect(ratchet([finding], { "file-length src/a.ts": 501 }).loose).toEqual(["file-length src/a.ts"]);
    expect(ratchet([], { "file-length src/a.ts": 500 }).loose).toEqual(["file-length src/a.ts"]);
  });

  test("findings without a size are counted", () => {
    const call = { rule: "banned-call", path: "src/a.ts", line: 1, message: "", name: "eval" };
    expect(ratchet([call, call], { "banned-call src/a.ts eval": 2 }).worse).toEqual([]);
    expect(ratchet([call, call, call], { "banned-call src/a.ts eval": 2 }).worse).toHaveLength(3);
  });
});

describe("test counts", () => {
  const file = (status: string, ...tests: string[]) => ({
    status,
    assertionResults: tests.map((status) => ({ status })),
  });
  const report = { numPassedTests: 5, numPendingTests: 2, numTodoTests: 1, testResults: [file("passed", "passed")] };

  test("sums what the report says", () => {
    expect(closingLine(countTests(report, 0))).toBe("5 passed, 0 failed, 3 skipped");
  });

  test("a file that could not be loaded counts as one failure, and so does a failure outside the tests", () => {
    const testResults = [file("failed"), file("failed", "failed", "failed"), file("passed", "passed")];
    expect(countTests({ ...report, testResults }, 1).failed).toBe(3);
    expect(countTests(report, 1).failed).toBe(1);
  });
});

describe("lock", () => {
  test("the platform is read from the name", () => {
    expect(platformEntry("@a/b-linux-arm64-musl", "1.2.3", true)).toEqual({
      version: "1.2.3",
      cpu: ["arm64"],
      dev: true,
      libc: ["musl"],
      optional: true,
      os: ["linux"],
    });
    expect(platformEntry("@a/b-win32-x64-msvc", "1.2.3-r.1", false)).toMatchObject({ os: ["win32"], cpu: ["x64"] });
    expect(platformEntry("fsevents", "~2.3.3", true)).toEqual({
      version: "2.3.3",
      dev: true,
      optional: true,
      os: ["darwin"],
    });
    expect(platformEntry("anything", "1.2.3", true)).toBeUndefined();
    expect(platformEntry("@a/b-linux-x64", ">=1 <3", true)).toBeUndefined();
  });

  test("a missing platform is added beside its owner, or below it where another version is there already", () => {
    const packages: Record<string, LockPackage> = {
      "node_modules/a": { optionalDependencies: { "a-linux-x64": "1.0.0", "a-darwin-arm64": "1.0.0" } },
      "node_modules/a-linux-x64": { version: "1.0.0" },
      "node_modules/b/node_modules/a": { optionalDependencies: { "a-darwin-arm64": "2.0.0", "a-linux-x64": "2.0.0" } },
      "node_modules/b/node_modules/a-linux-x64": { version: "3.0.0" },
    };
    const { added } = fillLock(packages);
    expect(added).toEqual(["a-darwin-arm64@1.0.0", "a-darwin-arm64@2.0.0", "a-linux-x64@2.0.0"]);
    expect(packages["node_modules/a-darwin-arm64"]?.version).toBe("1.0.0");
    expect(packages["node_modules/b/node_modules/a-darwin-arm64"]?.version).toBe("2.0.0");
    expect(packages["node_modules/b/node_modules/a/node_modules/a-linux-x64"]?.version).toBe("2.0.0");
  });
});
