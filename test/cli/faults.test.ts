/** What users' modules do wrong, through the real command: each ends by itself, says where, and leaves nothing. */
import { execFileSync } from "node:child_process";
import { closeSync, mkdirSync, openSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import { runCli, startCli, workFolder } from "../support/cli.ts";

const folder = workFolder();
const cwd = folder.path;
afterAll(() => folder.remove());
afterEach(() => expect(folder.leftovers()).toEqual([]));

folder.file("ok.csv", "a,1\nb,2\na,3\n");
folder.file("big.csv", Array.from({ length: 200_000 }, (_, i) => `${i % 10},${i}\n`).join(""));
mkdirSync(join(cwd, "folder.ts"));
const head = 'import { count, csv, from, int, run, text } from "threadmill";\n';
const start = 'from("ok.csv", csv({ columns: { k: text, v: int } }))';
const end = '.groupBy("k").aggregate({ n: count() })';
/** A job whose filter does this with `r`, from line 3 on. */
const filtering = (body: string) =>
  `${head}const job = ${start}.filter(check)${end};\nfunction check(r: { v: number | null }): boolean {\n${body}\n}\nexport default job;\n`;

const run = (args: string[], options = {}) => runCli(["run", ...args, "-w", "2"], { cwd, ...options });

describe("job modules", () => {
  const modules: [string, string, number, string[]][] = [
    [
      "syntax.ts",
      "export const x = 1;\nexport const y: = 3;\n",
      1,
      ["does not parse", "syntax.ts:2", "export const y: = 3;", "ERR_MODULE_FAILED"],
    ],
    ["nothing.ts", "export default 3;\n", 2, ["nothing.ts", "default is no job", "ERR_NO_JOB", "try:"]],
    ["empty.ts", "", 2, ["empty.ts", "no export named default", "ERR_NO_JOB", "try:"]],
    [
      "throws.ts",
      '\nthrow new RangeError("at import");\n',
      1,
      ["throws.ts", "RangeError: at import", "throws.ts:2", "ERR_MODULE_FAILED"],
    ],
    ["imports.ts", 'import "./nothere.ts";\n', 1, ["imports.ts", "nothere.ts", "ERR_MODULE_FAILED"]],
    ["named.ts", `${head}export const clicks = ${start}${end};\n`, 2, ["named.ts", "threadmill run named.ts#clicks"]],
  ];
  test.each(modules)("%s", async (name, content, expected, texts) => {
    folder.file(name, content);
    const { code, stdout, stderr } = await run([name]);
    for (const text of texts) expect(stderr).toContain(text);
    expect({ code, stdout }).toEqual({ code: expected, stdout: "" });
  });

  test("missing, and a folder", async () => {
    const missing = await run(["nope.ts"]);
    expect(missing.stderr).toMatch(/nope\.ts does not exist.*ERR_NOT_FOUND/);
    const isFolder = await run(["folder.ts"]);
    expect(isFolder.stderr).toMatch(/folder\.ts is a folder.*ERR_IS_DIRECTORY/);
    expect([missing.code, isFolder.code]).toEqual([2, 2]);
  });

  test("a module that runs itself is refused at once, by the command and by its own workers", async () => {
    const content = `${head}const job = ${start}.filter((r) => r.v !== 1)${end};\nexport default job;\nfor await (const row of await run(job, { meta: import.meta })) console.log(row);\n`;
    const script = folder.file("unguarded.ts", content);
    const byCommand = await run(["unguarded.ts"]);
    const byItself = await runCli([], { cwd, script, deadlineMs: 20_000 });
    for (const { code, stdout, stderr } of [byCommand, byItself]) {
      expect(stderr).toContain("unguarded.ts:4: ");
      expect(stderr).toContain("ERR_NOT_GUARDED");
      expect(stderr).toContain("if (import.meta.main) {");
      expect(stdout).toBe("");
      expect(code).not.toBe(0);
    }
    expect(byCommand.code).toBe(2);
  });

  test("so is one whose executor would make workers in its workers, without end", async () => {
    const script = folder.file(
      "respawn.ts",
      'import { createExecutor } from "threadmill";\nexport function f(): number { return 3; }\nconst executor = createExecutor("threads", { workers: 2 });\nawait executor.submit({ module: import.meta.url, key: "f", digest: "" }, []);\n',
    );
    const { code, stderr } = await runCli([], { cwd, script, deadlineMs: 20_000 });
    expect(stderr).toContain("respawn.ts:3: ");
    expect(stderr).toContain("ERR_NOT_GUARDED");
    expect(code).toBe(1);
  });

  test("guarded, it runs: as a job, and by itself on 2 and on 0 workers under a top-level await", async () => {
    const content = `${head}const job = ${start}.filter((r) => r.v !== 1)${end};\nexport default job;\nif (import.meta.main) for await (const row of await run(job, { meta: import.meta, workers: Number(process.argv[2]) })) console.log(row.k, row.n);\n`;
    const script = folder.file("guarded.ts", content);
    expect((await run(["guarded.ts"])).stdout).toBe("k,n\na,1\nb,1\n");
    expect((await run(["guarded.ts", "big.csv", "-w", "0", "--to", "ndjson"])).stdout).toMatch(
      /^{"k":"0","n":20000}\n/,
    );
    for (const workers of ["2", "0"]) {
      const { stdout, stderr } = await runCli([workers], { cwd, script });
      expect({ stdout, stderr }).toEqual({ stdout: "a 1\nb 1\n", stderr: "" });
    }
  });
});

describe("functions", () => {
  test.each(["2", "0"])("one that throws, on %s workers", async (workers) => {
    folder.file("boom.ts", filtering('  if (r.v === 2) throw new RangeError("v is two");\n  return true;'));
    const { code, stderr } = await run(["boom.ts", "-w", workers]);
    expect(stderr).toMatch(/ok\.csv:2: filter check threw RangeError: v is two .*ERR_FUNCTION_FAILED/);
    expect(stderr).toMatch(/byte 4, split 0–12, worker tm-job-\d, attempt 3/);
    expect(stderr).toContain("boom.ts:4:");
    expect(stderr).not.toMatch(/node:internal|dist\//);
    expect(code).toBe(1);
  });

  test("an aggregate that throws", async () => {
    folder.file(
      "aggregate.ts",
      `import { csv, from, int, text, defineAggregate } from "threadmill";\nconst picky = defineAggregate({\n  zero: () => 0,\n  step: (sum: number, v: unknown) => {\n    if (v === 3) throw new Error("no threes");\n    return sum + Number(v);\n  },\n  merge: (a: number, b: number) => a + b,\n  finish: (a: number) => a,\n}, "v");\nexport default ${start}.groupBy("k").aggregate({ p: picky });\n`,
    );
    const { code, stderr } = await run(["aggregate.ts", "--retries", "0"]);
    expect(stderr).toMatch(/ok\.csv:3: aggregate p threw Error: no threes/);
    expect(stderr).toMatch(/byte 8, split 0–12, worker tm-job-\d, attempt 1/);
    expect(stderr).toContain("aggregate.ts:5:");
    expect(code).toBe(1);
  });

  test("one that never returns", async () => {
    folder.file("spin.ts", filtering("  for (;;) Math.sin(r.v ?? 0);"));
    const { code, stderr } = await run(["spin.ts", "--split-timeout", "300ms", "--retries", "1"]);
    expect(stderr).toMatch(/ok\.csv: .*took longer than 300 ms.*ERR_TIMEOUT/);
    expect(stderr).toMatch(/split 0–12, worker tm-job-\d, attempt 2/);
    expect(code).toBe(1);
  });

  test("one that calls process.exit", async () => {
    folder.file("exit.ts", filtering("  process.exit(7);"));
    const { code, stderr } = await run(["exit.ts"]);
    expect(stderr).toMatch(/ok\.csv: .*exit with code 7.*ERR_WORKER_EXITED/);
    expect(stderr).toContain("attempt 3");
    expect(stderr).toContain("process.exit()");
    expect(code).toBe(1);
  });

  test("one that runs out of its heap", async () => {
    folder.file(
      "heap.ts",
      filtering("  const kept: object[] = [];\n  for (let i = 0; ; i++) kept.push({ i, list: [r.v] });"),
    );
    const { code, stderr } = await run(["heap.ts", "--heap", "32MB", "--retries", "0"]);
    expect(stderr).toMatch(/ok\.csv: .*ran out of memory.*ERR_OUT_OF_MEMORY/);
    expect(code).toBe(1);
  });

  test("one that blocks in the kernel: the command leaves all the same, and says for what it waits", async () => {
    execFileSync("mkfifo", [join(cwd, "pipe")]);
    folder.file(
      "block.ts",
      `import { readFileSync } from "node:fs";\n${filtering('  readFileSync("pipe");\n  return true;')}`,
    );
    const { code, stderr, ms } = await run(["block.ts", "--split-timeout", "2s", "--retries", "0"]);
    expect(stderr).toMatch(/could not be stopped: it waits for open/);
    expect(stderr).toContain("ERR_WORKER_LOST");
    expect(code).toBe(1);
    expect(ms).toBeLessThan(20_000);
  });
});

describe("ends", () => {
  const spin = filtering(
    '  if (r.v === 2) console.error("busy");\n  if (r.v === 2) for (;;) Math.sin(1);\n  return true;',
  );

  test.each(["SIGINT", "SIGTERM"] as const)("%s stops the workers, leaves no file, exits 130", async (signal) => {
    folder.file("busy.ts", spin);
    const running = startCli(["run", "busy.ts", "-w", "2", "-o", "never.csv"], { cwd });
    await running.saw("busy");
    const at = performance.now();
    running.child.kill(signal);
    const { code, stderr } = await running.done;
    expect(performance.now() - at).toBeLessThan(5000);
    expect(stderr).toContain("interrupted");
    expect(code).toBe(130);
  });

  test("Ctrl-C while stdin is silent", async () => {
    const running = startCli(["query", "-", "--by", "column0"], { cwd, input: "open" });
    running.child.stdin?.write("a,1\n".repeat(100_000));
    await running.saw("read as csv");
    running.child.kill("SIGINT");
    const { code, ms } = await running.done;
    expect(code).toBe(130);
    expect(ms).toBeLessThan(20_000);
  });

  test.each(["", "--split-bytes 100kB", "--split-bytes 100kB -w 0"])("a closed pipe ends quietly %s", (flags) => {
    const cli = join(import.meta.dirname, "../../bin/threadmill.js");
    const line = `"${process.execPath}" "${cli}" query big.csv --columns k,v --select k,v ${flags} | head -1; echo "\${PIPESTATUS[0]}"`;
    const text = execFileSync("bash", ["-c", `${line} 2>&1`], { cwd, encoding: "utf8", timeout: 30_000 });
    expect(text).toBe("k,v\n0\n");
  });

  test("a sort of rows that few splits have, or none", async () => {
    const ask = (where: string) =>
      runCli(
        [
          "query",
          "big.csv",
          "--columns",
          "k,v",
          "--select",
          "k,v",
          "--sort",
          "v desc",
          "--where",
          where,
          "--split-bytes",
          "50kB",
        ],
        { cwd },
      );
    expect(await ask("k > 99")).toMatchObject({ code: 0, stdout: "k,v\n" });
    expect(await ask("v in (7, 150000)")).toMatchObject({ code: 0, stdout: "k,v\n0,150000\n7,7\n" });
  });

  test("a full disk behind stdout", async () => {
    const full = openSync("/dev/full", "w");
    const { code, stderr } = await runCli(["query", "ok.csv", "--columns", "k,v", "--by", "k"], { cwd, stdout: full });
    closeSync(full);
    expect(stderr).toMatch(/stdout.*disk is full.*ERR_DISK_FULL/);
    expect(stderr).not.toContain("at ");
    expect(code).toBe(1);
  });
});
