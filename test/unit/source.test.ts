// What the user names and what becomes of it: real files, folders, links and pipes in a temporary folder.
import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readSource } from "../../src/input/codec.ts";
import { checkText } from "../../src/input/magic.ts";
import { resolveSources, unreadable } from "../../src/input/source.ts";

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

const cwd = mkdtempSync(join(tmpdir(), "source-"));
const write = (name: string, bytes: string | Uint8Array = "1,2\n") => writeFileSync(join(cwd, name), bytes);

beforeAll(() => {
  for (const folder of ["logs", "logs/deep", "logs/.hidden", "empty", "only-hidden", "odd"])
    mkdirSync(join(cwd, folder));
  for (const name of ["b.csv", "a.csv", "Z.csv", ".dot.csv", "deep/c.csv", "é.txt"]) write(`logs/${name}`);
  write("logs/.hidden/x.csv");
  write("only-hidden/.x");
  write("odd/a[1].csv");
  symlinkSync(join(cwd, "logs"), join(cwd, "logs/deep/circle"));
  symlinkSync(join(cwd, "logs/a.csv"), join(cwd, "logs/deep/link.csv"));
});
afterAll(() => rmSync(cwd, { recursive: true }));

async function names(args: string[], notices: string[] = []): Promise<string[]> {
  const sources = await resolveSources(args, { cwd, notices });
  expect(sources.map((source) => source.index)).toEqual(sources.map((_, i) => i));
  return sources.map((source) => source.path.replace(`${cwd}/`, ""));
}

describe("names", () => {
  test("arguments keep their order", async () => {
    expect(await names(["logs/b.csv", "-", "logs/a.csv"])).toEqual(["logs/b.csv", "-", "logs/a.csv"]);
  });

  test("globs are sorted by bytes and skip hidden files, unless the dot is named", async () => {
    expect(await names(["logs/*.csv"])).toEqual(["logs/Z.csv", "logs/a.csv", "logs/b.csv"]);
    expect(await names(["logs/.*.csv"])).toEqual(["logs/.dot.csv"]);
    expect(await names(["logs/[ab].csv"])).toEqual(["logs/a.csv", "logs/b.csv"]);
    expect(await names(["logs/*/c.csv"])).toEqual(["logs/deep/c.csv"]);
    expect(await names(["logs/{b,a}.csv"])).toEqual(["logs/a.csv", "logs/b.csv"]);
  });

  test("a name with glob characters that exists is taken as it is", async () => {
    expect(await names(["odd/a[1].csv"])).toEqual(["odd/a[1].csv"]);
  });

  test("folders give all files in them, at any depth, sorted; links to folders are not followed", async () => {
    const expected = ["Z.csv", "a.csv", "b.csv", "deep/c.csv", "deep/link.csv", "é.txt"];
    expect(await names(["logs"])).toEqual(expected.map((name) => `logs/${name}`));
  });

  test("@list holds paths, globs and folders, relative to the working directory", async () => {
    write("list", "logs/b.csv\r\n\nlogs/a*\nlogs/deep\n");
    expect(await names(["@list"])).toEqual(["logs/b.csv", "logs/a.csv", "logs/deep/c.csv", "logs/deep/link.csv"]);
  });

  test("a path that comes up twice is read once, and said", async () => {
    const notices: string[] = [];
    expect(await names(["logs/a.csv", "logs/*.csv"], notices)).toEqual(["logs/a.csv", "logs/Z.csv", "logs/b.csv"]);
    expect(notices).toEqual([`${cwd}/logs/a.csv was named more than once: it is read once`]);
  });
});

describe("what a source is", () => {
  test("a file is pinned, to the nanosecond", async () => {
    const [source] = await resolveSources(["logs/a.csv"], { cwd });
    const stat = statSync(source.path, { bigint: true });
    expect(source).toMatchObject({
      kind: "file",
      size: 4,
      mtimeNs: `${stat.mtimeNs}`,
      ino: `${stat.ino}`,
      codec: "none",
    });
    expect(structuredClone(source)).toEqual(JSON.parse(JSON.stringify(source)));
  });

  test("the codec is told by magic bytes, not by the name", async () => {
    write("a.txt", gzipSync("1\n"));
    write("b.gz", zstdCompressSync("1\n"));
    write("c.zst", "1\n");
    write("d", Buffer.from([0x5f, 0x2a, 0x4d, 0x18, 0, 0, 0, 0]));
    const sources = await resolveSources(["a.txt", "b.gz", "c.zst", "d"], { cwd });
    expect(sources.map((source) => source.codec)).toEqual(["gzip", "zstd", "none", "zstd"]);
  });

  test("an empty file is a source, and noticed", async () => {
    write("nothing", "");
    const notices: string[] = [];
    expect(await names(["nothing"], notices)).toEqual(["nothing"]);
    expect(notices).toEqual([`${cwd}/nothing is empty`]);
  });

  test.skipIf(process.platform === "win32")(
    "pipes and devices are streams; resolving a pipe does not wait",
    async () => {
      execFileSync("mkfifo", [join(cwd, "pipe")]);
      const sources = await resolveSources(["pipe", "/dev/null"], { cwd });
      expect(sources.map((source) => source.kind)).toEqual(["stream", "stream"]);
      expect(await collect(readSource(sources[1]))).toEqual([]);
    },
  );
});

describe("errors", () => {
  const fails = (args: string[], code: string) =>
    expect(resolveSources(args, { cwd })).rejects.toMatchObject({ code, hint: expect.any(String) });

  test("each has its code and a hint", async () => {
    await fails([], "ERR_NO_INPUT");
    await fails(["-", "-"], "ERR_STDIN_TWICE");
    await fails(["missing.csv"], "ERR_NOT_FOUND");
    await fails([""], "ERR_NOT_FOUND");
    await fails(["logs/a.csv/x"], "ERR_NOT_FOUND");
    await fails(["@missing"], "ERR_NOT_FOUND");
    await fails(["logs/*.parquet"], "ERR_EMPTY_GLOB");
    await fails(["logs/dee*"], "ERR_EMPTY_GLOB");
    await fails(["empty"], "ERR_EMPTY_DIRECTORY");
    await fails(["only-hidden"], "ERR_EMPTY_DIRECTORY");
    await fails(["@logs"], "ERR_UNREADABLE");
    write("blank", "\n \n");
    await fails(["@blank"], "ERR_EMPTY_LIST");
  });

  test("a file without permission", async () => {
    const denied = unreadable("x", Object.assign(new Error("denied"), { code: "EACCES" }));
    expect(denied).toMatchObject({ code: "ERR_UNREADABLE", message: "x cannot be read: permission denied" });
    write("secret");
    chmodSync(join(cwd, "secret"), 0);
    // Root may read anything: there the file is just a source.
    if (process.getuid?.() === 0) expect(await names(["secret"])).toEqual(["secret"]);
    else await fails(["secret"], "ERR_UNREADABLE");
  });

  test.each([
    ["UTF-16", Buffer.from("\ufeffa,b\n", "utf16le"), "UTF-8"],
    ["UTF-16", Buffer.from("id,name\n1,x\n2,y\n".repeat(9), "utf16le"), "UTF-8"],
    ["ELF", Buffer.from("\x7fELF\x02\x01", "latin1"), "text file"],
    ["PNG", Buffer.from("\x89PNG\r\n\x1a\n", "latin1"), "text file"],
    ["parquet", Buffer.from("PAR1\x15\0", "latin1"), "export"],
    ["xz", Buffer.from("\xfd7zXZ\0", "latin1"), "decompress"],
    ["zip", Buffer.from("PK\x03\x04", "latin1"), "decompress"],
    ["NUL", Buffer.concat([Buffer.from("abc"), Buffer.alloc(100)]), "text file"],
  ])("binary content (%s) is an error with a hint", async (what, bytes, hint) => {
    write("binary", bytes);
    const error = await resolveSources(["binary"], { cwd }).catch((error) => error);
    expect(error).toMatchObject({ code: "ERR_BINARY", message: expect.stringContaining(what) });
    expect(error.hint).toContain(hint);
  });

  test("text with a stray NUL, and columns named like a magic, are text", () => {
    for (const text of ["1,a\0b\n", "PAR1,x\n1,2\n", "PK,id\n", ""]) checkText("x", Buffer.from(text));
  });
});
