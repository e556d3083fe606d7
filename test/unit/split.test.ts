// Planning splits: sizes, sources that are not cut, borders. That borders are right for any data is a property test.
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, expect, test } from "vitest";
import { SPLIT_BYTES } from "../../src/base/limits.ts";
import { resolveSources } from "../../src/input/source.ts";
import { chooseSplitBytes, findRecordStart, planSplits } from "../../src/input/split.ts";

const folder = mkdtempSync(join(tmpdir(), "split-"));
afterAll(() => rmSync(folder, { recursive: true }));
const csv = { quote: '"', delimiter: "," };

function file(name: string, bytes: string | Uint8Array): string {
  writeFileSync(join(folder, name), bytes);
  return join(folder, name);
}

test("split sizes lie between 1 MB and the limit, four or more a worker", () => {
  expect(chooseSplitBytes(0, 8)).toBe(1024 * 1024);
  expect(chooseSplitBytes(1e6, 0)).toBe(1024 * 1024);
  expect(chooseSplitBytes(100e6, 4)).toBe(6_250_000);
  expect(chooseSplitBytes(1e12, 4)).toBe(SPLIT_BYTES);
});

test("ids count on over the sources; compressed files and streams are one open split, empty files none", async () => {
  const paths = [file("a", "1\n2\n3\n"), file("b", ""), file("c", gzipSync("1\n2\n")), "-"];
  const splits = planSplits(await resolveSources(paths), { splitBytes: 4, dialect: csv });
  expect(splits).toEqual([
    { id: 0, source: 0, start: 0, end: 4, first: true },
    { id: 1, source: 0, start: 4, end: 6, first: false },
    { id: 2, source: 2, start: 0, end: Number.POSITIVE_INFINITY, first: true },
    { id: 3, source: 3, start: 0, end: Number.POSITIVE_INFINITY, first: true },
  ]);
});

test("an offset on a record start is one; one behind the last start gives the size", () => {
  const text = 'a,b\n"1\n2",3\nz';
  const fd = openSync(file("d", text), "r");
  const find = (offset: number) => findRecordStart(fd, text.length, offset, { dialect: csv });
  expect([1, 3, 4, 5, 7, 11, 12, 13].map(find)).toEqual([4, 4, 4, 12, 12, 12, 12, 13]);
  closeSync(fd);
});

test("a border is given up where no record starts within the line limit", async () => {
  const sources = await resolveSources([file("e", `${"x".repeat(5000)}\n1\n`)]);
  const plan = (lineBytesMax: number) =>
    planSplits(sources, { splitBytes: 100, windowBytes: 10, lineBytesMax, dialect: csv }).map(({ end }) => end);
  expect(plan(100)).toEqual([5003]);
  expect(plan(10_000)).toEqual([5001, 5003]);
});
