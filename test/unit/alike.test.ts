// Several sources in one run: those that are not like the first one are refused before a row is lost.
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { count, sum } from "../../src/job/aggregate.ts";
import { from, type Job } from "../../src/job/job.ts";
import { csv, float, text } from "../../src/job/source-format.ts";
import { run } from "../../src/run/run.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "threadmill-alike-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const file = (name: string, content: string | Uint8Array) => {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
};
const rowsOf = async (job: Job<unknown>) => (await run(job, { workers: 0 })).toArray();
const countOf = (...paths: string[]) => rowsOf(from(paths).aggregate({ n: count() }));

describe("headers", () => {
  const first = "k,v\na,1\nb,2\n";

  test("the same in all files, whatever encloses it: all rows are read", async () => {
    const paths = [
      file("empty", ""),
      file("a", first),
      file("b", "\uFEFFk,v\r\na,3\r\n"),
      file("c", '"k","v"\na,4'),
      file("d", gzipSync(first)),
      file("e", "k,v\n"),
      file("f", "k,v"),
      file("g", "\n\nk,v\nb,5\n"),
    ];
    const job = from(paths)
      .groupBy("k")
      .aggregate({ s: sum("v") });
    expect(await rowsOf(job)).toEqual([
      { k: "a", s: 9 },
      { k: "b", s: 9 },
    ]);
  });

  test.each([
    ["in another order", "v,k\n1,a\n"],
    ["none", "a,1\nb,2\n"],
    ["one name more", "k,v,w\na,1,2\n"],
    ["one name less", "k\na\n"],
    ["in another case", "K,v\na,1\n"],
    ["compressed", gzipSync("v,k\n1,a\n")],
  ])("%s: refused with both", async (_, content) => {
    const a = file("a", first);
    const b = file("b", content);
    const answer = countOf(a, b);
    await expect(answer).rejects.toMatchObject({ code: "ERR_HEADER", place: { file: b } });
    await expect(answer).rejects.toThrow(/instead of "k,v"$/);
    // A declared header is checked like one that was found.
    const declared = from([a, b], csv({ header: true, columns: { k: text, v: float } })).aggregate({ n: count() });
    await expect(rowsOf(declared)).rejects.toMatchObject({ code: "ERR_HEADER" });
  });

  test("long ones, and names with line ends in them", async () => {
    const names = Array.from({ length: 3000 }, (_, i) => `"name\n${i}"`).join(",");
    const values = Array.from({ length: 3000 }, (_, i) => i).join(",");
    const a = file("a", `${names}\n${values}\n`);
    expect(await countOf(a, file("b", `${names}\n${values}\n${values}\n`))).toEqual([{ n: 3 }]);
    const other = file("c", `${names.replace("2999", "x")}\n${values}\n`);
    await expect(countOf(a, other)).rejects.toMatchObject({ code: "ERR_HEADER" });
  });

  test("without a header line in the first, rows are rows", async () => {
    expect(await countOf(file("a", "a,1\nb,2\n"), file("b", "c,3\n"))).toEqual([{ n: 3 }]);
  });
});

describe("formats", () => {
  const log = '1.2.3.4 - - [10/Oct/2000:13:55:36 -0700] "GET / HTTP/1.0" 200 12\n';
  const kinds: Record<string, string> = { csv: "a,1\nb,2\n", ndjson: '{"k":"a","v":1}\n', log };

  test.each(["csv", "ndjson", "log"])("%s beside others", async (kind) => {
    const first = file("first", kinds[kind]);
    for (const [other, content] of Object.entries(kinds)) {
      const answer = countOf(first, file("other", content));
      if (other === kind) expect(await answer).toEqual([{ n: kind === "csv" ? 4 : 2 }]);
      else await expect(answer).rejects.toMatchObject({ code: "ERR_MIXED_FORMATS" });
    }
  });

  test("a bad line at the beginning of the same format is a bad row, not another format", async () => {
    const job = from([file("a", kinds.ndjson), file("b", `junk\n${kinds.ndjson}`)]).aggregate({ n: count() });
    const result = await run(job, { workers: 0, onError: "skip" });
    expect(await result.toArray()).toEqual([{ n: 2 }]);
    expect(await result.rejected()).toHaveLength(1);
  });
});

test.runIf(process.platform === "linux")("streams are compared when their turn comes, not before", async () => {
  const pipes = ["one", "two"].map((name) => join(folder, name));
  execFileSync("mkfifo", pipes);
  const write = (second: string) =>
    spawn("sh", ["-c", `printf 'k,v\\na,1\\n' > ${pipes[0]}; printf '${second}' > ${pipes[1]}`]);
  const good = write("k,v\\nb,2\\n");
  expect(await countOf(...pipes)).toEqual([{ n: 2 }]);
  if (good.exitCode === null) await once(good, "close");
  const bad = write("v,k\\n2,b\\n");
  await expect(countOf(...pipes)).rejects.toMatchObject({ code: "ERR_HEADER" });
  if (bad.exitCode === null) await once(bad, "close");
});
