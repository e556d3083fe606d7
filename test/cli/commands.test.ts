/** The commands as a newcomer types them: answers, formats, summaries, help; what is typed wrong is pointed at. */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import { runCli, workFolder } from "../support/cli.ts";

const folder = workFolder();
const cwd = folder.path;
afterAll(() => folder.remove());
afterEach(() => expect(folder.leftovers()).toEqual([]));

const text = "a,1,x\nb,2,y\na,3,x\n";
const header = `k,v,t\n${text}`;
folder.file("ok.csv", text);
folder.file("header.csv", header);
const columns = ["--columns", "k,v:int", "--by", "k", "--aggregate", "s=sum(v)"];
const answer = "k,s\na,4\nb,2\n";

describe("inputs", () => {
  test.each<[string, string | Uint8Array]>([
    ["plain", text],
    ["gzip", gzipSync(text)],
    ["zstd", zstdCompressSync(text)],
  ])("stdin, %s", async (_, input) => {
    const { code, stdout } = await runCli(["query", "-", ...columns], { cwd, input });
    expect({ code, stdout }).toEqual({ code: 0, stdout: answer });
  });

  test("a named pipe, a list, and both with a file", async () => {
    execFileSync("mkfifo", [join(cwd, "pipe")]);
    folder.file("list", "ok.csv\n");
    const writer = execFileSync.bind(undefined, "sh", ["-c", "(cat ok.csv > pipe) >/dev/null 2>&1 &"], { cwd });
    writer();
    expect((await runCli(["query", "pipe", "@list", ...columns], { cwd })).stdout).toBe("k,s\na,8\nb,4\n");
  });

  test("header or none, sniffed and said on stderr; fewer names than fields", async () => {
    const sniffed = await runCli(["query", "header.csv", "--by", "k"], { cwd });
    expect(sniffed.stdout).toBe("k,count()\na,2\nb,1\n");
    expect(sniffed.stderr).toMatch(/^read as csv, delimiter ",", .*header/);
    const named = await runCli(["query", "ok.csv", "--columns", "k", "--by", "k"], { cwd });
    expect({ ...named, ms: 0 }).toEqual({ code: 0, stdout: "k,count()\na,2\nb,1\n", stderr: "", ms: 0 });
    const flagged = await runCli(["query", "header.csv", "--header", "--by", "t"], { cwd });
    expect(flagged.stdout).toBe("t,count()\nx,2\ny,1\n");
    const none = await runCli(["query", "header.csv", "--no-header", "--columns", "k", "--by", "k"], { cwd });
    expect(none.stdout).toBe("k,count()\na,2\nb,1\nk,1\n");
  });
});

describe("typed wrong: exit code 2", () => {
  const query = ["query", "ok.csv", "--columns", "k,v:int,t"];
  test.each<[string, string[], string[]]>([
    ["no command", [], ["no command was given", "threadmill demo"]],
    ["a command", ["quer"], ["unknown command 'quer'", "Did you mean query?"]],
    ["a flag", [...query, "--limt", "1"], ["unknown option '--limt'", "--limit"]],
    ["no files", ["query"], ["missing required argument 'files'"]],
    ["a format", [...query, "--format", "xml"], ["'xml' is invalid", "ndjson"]],
    ["a type", ["query", "ok.csv", "--columns", "k,v:integer"], ['no type "integer"', "timestamp"]],
    ["more names than fields", ["query", "ok.csv", "--columns", "a,b,c,d"], ["4 columns", "3 fields"]],
    ["a zone", [...query, "--time-zone", "Mars/X"], ["Mars/X", "ERR_TIME_ZONE"]],
    ["a number", [...query, "--limit", "many"], ["--limit", '"many"']],
    ["a column", [...query, "--by", "k, w"], ['unknown column "w", at column 4', "  k, w\n     ^\n"]],
    ["a function", [...query, "--select", "uper(k)"], ['"uper"', "  uper(k)\n  ^", 'Did you mean "upper"?']],
    ["an aggregate", [...query, "--aggregate", "n=cuont()"], ['"cuont"', "  n=cuont()\n    ^", '"count"?']],
    ["the end", [...query, "--where", "v >"], ["at column 4", "  v >\n     ^"]],
    ["a sort", [...query, "--sort", "clicks"], ['"clicks"', "k, v, t"]],
    ["rows and groups", [...query, "--select", "k", "--by", "k"], ["--select", "--by"]],
  ])("%s", async (_, args, texts) => {
    const { code, stdout, stderr } = await runCli(args, { cwd });
    for (const wanted of texts) expect(stderr).toContain(wanted);
    expect(stderr).toMatch(/^error: .*\[ERR_\w+\]$/m);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  });
});

describe("results", () => {
  test.each<[string, RegExp]>([
    ["table", /a.*4/],
    ["csv", /^k,s\na,4\nb,2\n$/],
    ["json", /^\[\s*{"k":"a","s":4},\s*{"k":"b","s":2}\s*\]\s*$/],
    ["ndjson", /^{"k":"a","s":4}\n{"k":"b","s":2}\n$/],
    ["markdown", /^\| k +\| +s \|/],
    ["parquet", /^PAR1[\s\S]*PAR1$/],
    ["html", /^<!doctype html>/i],
  ])("%s by name and by extension", async (format, pattern) => {
    const extension = { table: "txt", markdown: "md" }[format] ?? format;
    const piped = await runCli(["query", "ok.csv", ...columns, "--to", format], { cwd });
    expect(piped.stdout).toMatch(pattern);
    const written = await runCli(["query", "ok.csv", ...columns, "-o", `out.${extension}`], { cwd });
    expect({ ...written, ms: 0 }).toEqual({ code: 0, stdout: "", stderr: "", ms: 0 });
    expect(readFileSync(join(cwd, `out.${extension}`), "latin1")).toMatch(pattern);
  });

  test.each([
    ["simd", ""],
    ["simd", "simd"],
    ["scalar", "scalar"],
  ])("--json: one line of JSON on stderr, the answer alone on stdout; %s kernel", async (kernel, wish) => {
    const env = { THREADMILL_KERNEL: wish };
    const { stdout, stderr } = await runCli(["query", "ok.csv", ...columns, "--json", "-w", "2"], { cwd, env });
    expect(stdout).toBe(answer);
    const summary = JSON.parse(stderr);
    expect(summary).toMatchObject({
      rows: 3,
      rejected: 0,
      bytes: text.length,
      groups: 2,
      workers: 2,
      parser: kernel,
    });
    expect(summary.seconds).toBeGreaterThan(0);
  });

  test.each(["0", "2"])("a kernel that there is not is a usage error, with %s workers", async (workers) => {
    const env = { THREADMILL_KERNEL: "nonsense" };
    const { code, stdout, stderr } = await runCli(["query", "ok.csv", ...columns, "-w", workers], { cwd, env });
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain('THREADMILL_KERNEL is "nonsense"');
    expect(stderr).toContain("Use scalar or simd");
  });

  test.each([
    [3, ["--sort", "v desc"]],
    [1, ["--sort", "v desc", "--limit", "1"]],
    [2, ["--limit", "2"]],
  ])("--json counts %i result rows of %j", async (groups, flags) => {
    const select = ["--columns", "k,v", "--select", "k,v", ...flags];
    const { stdout, stderr } = await runCli(["query", "ok.csv", ...select, "--json", "--split-bytes", "4"], { cwd });
    expect(stdout.trimEnd().split("\n")).toHaveLength(1 + groups);
    expect(JSON.parse(stderr)).toMatchObject({ groups, written: groups });
  });

  test("--explain says what runs where, and runs nothing", async () => {
    const args = [...columns, "--where", "v > 1", "--sort", "s desc", "--limit", "3", "--explain", "-o", "no.csv"];
    const { code, stdout } = await runCli(["query", "ok.csv", ...args, "-w", "2"], { cwd });
    expect(code).toBe(0);
    for (const wanted of [
      "ok.csv",
      "csv, delimiter",
      "k text, v int",
      "1 byte range",
      "2 threads",
      "(v > 1)",
      "s = sum(v)",
      "s desc",
      "3 rows",
    ])
      expect(stdout).toContain(wanted);
    expect(readdirSync(cwd)).not.toContain("no.csv");
  });
});

describe("other commands", () => {
  const hashes = (path: string) =>
    readdirSync(join(cwd, path))
      .sort()
      .map((name) => [
        name,
        createHash("sha256")
          .update(readFileSync(join(cwd, path, name)))
          .digest("hex"),
      ]);

  test("generate: the same bytes on 0, 1 and 3 workers, whatever the format", async () => {
    for (const flags of [
      ["--header"],
      ["--format", "combined", "--compress", "gzip", "--seed", "7", "--duplicates", "0.1"],
    ]) {
      const found: string[][][] = [];
      for (const workers of ["0", "1", "3"]) {
        const to = `logs${found.length}${flags.length}`;
        const { code, stderr } = await runCli(
          ["generate", to, "--files", "2", "--lines", "3000", ...flags, "-w", workers, "--json"],
          { cwd },
        );
        expect({ code, ...JSON.parse(stderr) }).toMatchObject({ code: 0, files: 2, lines: 6000 });
        found.push(hashes(to));
      }
      expect(found[1]).toEqual(found[0]);
      expect(found[2]).toEqual(found[0]);
      expect(found[0]).toHaveLength(2);
    }
  });

  test("demo: three questions, three tables, what to try next", async () => {
    const { code, stdout } = await runCli(["demo", "--lines", "2000", "-w", "2"], { cwd });
    expect(code).toBe(0);
    for (const wanted of ["1. How many", "2. How many", "3. How many", "threadmill query"])
      expect(stdout).toContain(wanted);
    expect(stdout.match(/^.*\b(urls|visitors|clicks)\b.*$/gm)?.length).toBeGreaterThanOrEqual(3);
  });

  test("doctor, and the same as JSON", async () => {
    expect((await runCli(["doctor"], { cwd })).stdout).toContain(process.versions.node);
    expect(JSON.parse((await runCli(["doctor", "--json"], { cwd })).stdout)).toBeTypeOf("object");
  });

  test("completion bash is a valid script", async () => {
    const { stdout } = await runCli(["completion", "bash"], { cwd });
    execFileSync("bash", ["-n"], { input: stdout });
    expect(stdout).toContain("--aggregate");
    expect((await runCli(["completion", "tcsh"], { cwd })).code).toBe(2);
  });

  test.each(["", "query", "run", "generate", "demo", "doctor", "completion"])(
    "%s --help shows an example",
    async (name) => {
      const { code, stdout } = await runCli([name, "--help"].filter(Boolean), { cwd });
      expect(code).toBe(0);
      expect(stdout).toMatch(/Examples?:\n {2}threadmill/);
    },
  );
});
