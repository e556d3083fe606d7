/** Bad input through the real command: a clear message with the place, the right exit code, nothing left behind. */
import { mkdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { constants, gzipSync, zstdCompressSync } from "node:zlib";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import { runCli, startCli, workFolder } from "../support/cli.ts";

const folder = workFolder();
const cwd = folder.path;
afterAll(() => folder.remove());
afterEach(() => expect(folder.leftovers()).toEqual([]));

const rows = Array.from({ length: 50_000 }, (_, i) => `${i % 10},${i}\n`).join("");
const columns = ["--columns", "k,v:int", "--by", "k", "--aggregate", "s=sum(v)"];
const cut = (bytes: Uint8Array) => bytes.subarray(0, bytes.length >> 1);
const flipped = (bytes: Uint8Array) => bytes.map((byte, at) => (at === bytes.length >> 1 ? byte ^ 0xff : byte));
folder.file("ok.csv", "a,1\nb,2\na,3\n");
mkdirSync(join(cwd, "hollow"));
mkdirSync(join(cwd, "target.csv"));

async function failsWith(args: string[], code: number, texts: string[]): Promise<void> {
  await fails(args, code, ...texts);
}

async function fails(args: string[], code: number, ...texts: string[]): Promise<string> {
  const result = await runCli(args, { cwd });
  for (const text of texts) expect(result.stderr).toContain(text);
  expect({ code: result.code, stdout: result.stdout }).toEqual({ code, stdout: "" });
  expect(result.stderr).not.toMatch(/node:internal|dist\//);
  return result.stderr;
}

describe("files", () => {
  test.each<[string, string[], number, string[]]>([
    ["one that does not exist", ["nope.csv"], 1, ["nope.csv", "ERR_NOT_FOUND", "try:"]],
    ["an empty glob", ["x*.csv"], 1, ["no file matches x*.csv", "ERR_EMPTY_GLOB", "try:"]],
    ["a folder without files", ["hollow"], 1, ["hollow", "ERR_EMPTY_DIRECTORY", "try:"]],
    ["a list that does not exist", ["@nolist"], 1, ["nolist", "ERR_NOT_FOUND"]],
    ["stdin twice", ["-", "-"], 2, ["ERR_STDIN_TWICE"]],
  ])("%s", (_, files, code, texts) => failsWith(["query", ...files, ...columns], code, texts));

  test("a binary one", async () => {
    folder.file("bin.csv", new Uint8Array(5000));
    await fails(["query", "bin.csv", ...columns], 1, "bin.csv is not a text file", "ERR_BINARY", "try:");
  });

  test("an empty one gives an empty answer and says so", async () => {
    folder.file("empty.csv", "");
    const { code, stdout, stderr } = await runCli(["query", "empty.csv", ...columns], { cwd });
    expect({ code, stdout }).toEqual({ code: 0, stdout: "k,s\n" });
    expect(stderr).toContain("empty.csv is empty");
  });

  test("one that shrinks while it is read is an error", async () => {
    // Small splits: thousands of them are still to come when the file changes.
    const path = folder.file("shrinks.csv", rows.repeat(8));
    const running = startCli(
      [
        "query",
        "shrinks.csv",
        "ok.csv",
        "-w",
        "1",
        "--split-bytes",
        "4KB",
        "--columns",
        "k,v",
        "--on-error",
        "skip",
        "--select",
        "k",
      ],
      { cwd },
    );
    await running.saw("\n");
    truncateSync(path, 1000);
    const { code, stderr } = await running.done;
    expect(stderr).toMatch(/shrinks\.csv: it was truncated from \d+ to 1000 bytes while .*ERR_INPUT_CHANGED/);
    expect(code).toBe(1);
  });

  test.each<[string, string[], string[]]>([
    ["-o is a folder", ["-o", "target.csv"], ["target.csv", "directory", "ERR_IS_DIRECTORY", "try:"]],
    ["-o in no folder", ["-o", "no/x.csv"], ["no/x.csv", "ERR_NO_FOLDER", "try:"]],
    ["-o of an unknown format", ["-o", "x.xls"], [".xls", "ERR_UNKNOWN_FORMAT", "try:"]],
    ["--to of an unknown format", ["--to", "xls"], ["xls", "ERR_UNKNOWN_FORMAT", "try:"]],
  ])("%s", (_, flags, texts) => failsWith(["query", "ok.csv", ...columns, ...flags], 2, texts));

  test("a full disk", async () => {
    await fails(
      ["query", "ok.csv", ...columns, "--to", "csv", "-o", "/dev/full"],
      1,
      "/dev/full",
      "the disk is full",
      "ERR_DISK_FULL",
    );
  });
});

describe("compressed", () => {
  const gzip = gzipSync(rows);
  const zstd = zstdCompressSync(rows, { params: { [constants.ZSTD_c_checksumFlag]: 1 } });
  test.each<[string, Uint8Array, string]>([
    ["cut.csv.gz", cut(gzip), "ends early"],
    ["cut.csv.zst", cut(zstd), "ends early"],
    ["tail.csv.gz", Buffer.concat([gzip, Buffer.from("rubbish at the end")]), "after its end"],
    ["tail.csv.zst", Buffer.concat([zstd, Buffer.from("rubbish at the end")]), "tail.csv.zst"],
    ["flipped.csv.gz", flipped(gzip), "flipped.csv.gz"],
    ["flipped.csv.zst", flipped(zstd), "flipped.csv.zst"],
  ])("%s", async (name, bytes, text) => {
    folder.file(name, bytes);
    await fails(["query", name, ...columns], 1, name, text);
    const skipping = await runCli(["query", name, ...columns, "--on-error", "skip", "-o", "out.csv"], { cwd });
    expect(skipping.code, skipping.stderr).toBe(1);
  });
});

describe("rows", () => {
  const bad: [string, string | Uint8Array, string[], number, string][] = [
    ["too few fields", "a,1\nb\nc,3\n", [], 2, "1 field instead of 2"],
    ["too many fields", "a,1\nb,2,3\nc,3\n", [], 2, "3 fields instead of 2"],
    ["an unterminated quote", 'a,1\nc,3\n"b,2', [], 3, "not closed"],
    ["a NUL byte", "a,1\nb\0,2\nc,3\n", [], 2, "NUL"],
    ["invalid UTF-8", Buffer.from("a,1\nb\xff,2\nc,3\n", "latin1"), [], 2, "UTF-8"],
    ["a bad number", "a,1\nb,x2\nc,3\n", [], 2, "column v"],
    ["a line above --line-max", `a,1\n${"b".repeat(5000)},2\nc,3\n`, ["--line-max", "1000B"], 2, "1000 bytes"],
  ];
  test.each(bad)("%s", async (name, content, flags, line, text) => {
    const file = `${name.replace(/\W/g, "-")}.csv`;
    folder.file(file, content);
    const args = ["query", file, ...columns, ...flags];
    const stderr = await fails(args, 1, `${file}:${line}: `, text, "ERR_BAD_ROW", "--on-error");
    expect(stderr.split("\n").length).toBeLessThan(6);
    const { code, stdout, stderr: told } = await runCli([...args, "--on-error", "skip"], { cwd });
    expect({ code, stdout }).toEqual({ code: 0, stdout: "k,s\na,1\nc,3\n" });
    expect(told).toContain("1 row was rejected");
    expect(told).toContain(`${file}:${line}: `);
  });

  test("a bad timestamp and bad JSON", async () => {
    folder.file("times.csv", "2019-01-01T00:00:00Z\n2019-13-01T00:00:00Z\n");
    await fails(["query", "times.csv", "--columns", "t:timestamp", "--by", "t"], 1, "times.csv:2: ", "column t");
    folder.file("bad.ndjson", '{"a":1}\n{"a":\n{"a":3}\n');
    await fails(["query", "bad.ndjson", "--by", "a"], 1, "bad.ndjson:2: ", "not valid JSON");
  });

  test("the line is counted through all splits of the file", async () => {
    folder.file("late.csv", `${rows}oops\n${rows}`);
    await fails(["query", "late.csv", ...columns, "--split-bytes", "50KB"], 1, "late.csv:50001: 1 field instead of 2");
  });

  test("quarantine keeps all of a large row", async () => {
    const large = `x,${"y".repeat(3_000_000)}`;
    folder.file("large.csv", `1,a\n${large}\n2,b\n`);
    const args = ["query", "large.csv", "--columns", "n:int,t", "--select", "n", "--on-error", "quarantine=kept.txt"];
    const { code, stdout, stderr } = await runCli(args, { cwd });
    expect([code, stdout]).toEqual([0, "n\n1\n2\n"]);
    expect(stderr.length).toBeLessThan(2000);
    expect(readFileSync(join(cwd, "kept.txt"), "utf8")).toBe(`${large}\n`);
  });

  test("quarantine keeps the rows verbatim and in order; ten are shown, all counted", async () => {
    const wrong = Array.from({ length: 25 }, (_, i) => `bad "${i}`);
    folder.file("many.csv", wrong.map((row, i) => `a,${i}\n${row}\n`).join(""));
    const args = ["query", "many.csv", "--quote", "", ...columns, "--split-bytes", "64B"];
    const { code, stdout, stderr } = await runCli([...args, "--on-error", "quarantine=aside.txt", "--json"], { cwd });
    expect({ code, stdout }).toEqual({ code: 0, stdout: "k,s\na,300\n" });
    expect(stderr).toContain("25 rows were rejected; the first 10");
    expect(stderr.match(/many\.csv:\d+: /g)).toEqual(Array.from({ length: 10 }, (_, i) => `many.csv:${2 * i + 2}: `));
    expect(readFileSync(join(cwd, "aside.txt"), "utf8")).toBe(wrong.map((row) => `${row}\n`).join(""));
  });

  test("--max-errors: exit code 3, the rows shown, no file", async () => {
    folder.file("three.csv", "a,1\nx\ny\nz\n");
    const args = ["query", "three.csv", ...columns, "--on-error", "skip", "-o", "never.csv", "--max-errors"];
    await fails([...args, "2"], 3, "3 rows were rejected", "--max-errors 2", "three.csv:2: ", "ERR_TOO_MANY_REJECTED");
    expect((await runCli([...args, "3"], { cwd })).code).toBe(0);
  });

  test("an unknown --on-error", () =>
    failsWith(["query", "ok.csv", "--on-error", "explode"], 2, ["--on-error", "explode"]));
});

test.skipIf(process.getuid?.() === 0)("a file that cannot be read", async () => {
  writeFileSync(join(cwd, "secret.csv"), "a,1\n", { mode: 0 });
  await fails(["query", "secret.csv", ...columns], 1, "secret.csv", "permission denied", "ERR_UNREADABLE");
});
