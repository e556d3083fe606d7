/**
 * Golden files of every text format, on values that break writers. With UPDATE_GOLDEN=1 the files are written anew:
 * read the difference before it is committed.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { OutputFormat } from "../../src/output/output.ts";
import { type WriteOptions, writeResult } from "../../src/output/write.ts";
import { columns, resultOf, rows } from "../golden/output/awkward.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "threadmill-test-"));
});
afterAll(() => rm(folder, { recursive: true }));

const golden = new URL("../golden/output/", import.meta.url);

function compare(name: string, actual: string): void {
  const expect_ = new URL(name, golden);
  if (process.env.UPDATE_GOLDEN === "1" || !existsSync(expect_)) {
    expect(process.env.CI, `${name} is missing`).toBeUndefined();
    writeFileSync(expect_, actual);
  }
  expect(actual).toBe(readFileSync(expect_, "utf8"));
}

async function written(
  data: unknown[][],
  options: Omit<WriteOptions, "path" | "timeZone">,
  zone = "UTC",
  extension = "out",
) {
  const path = join(folder, `result.${extension}`);
  await writeResult(resultOf(columns, data), { ...options, path, timeZone: zone });
  return readFile(path, "utf8");
}

const extensions: Partial<Record<OutputFormat, string>> = {
  table: "txt",
  csv: "csv",
  json: "json",
  ndjson: "ndjson",
  markdown: "md",
  html: "html",
};

describe.each(Object.entries(extensions) as [OutputFormat, string][])("%s", (format, extension) => {
  test("awkward values", async () =>
    compare(`awkward.${extension}`, await written(rows, { format, title: "</title>&" })));
  test("no rows", async () => compare(`empty.${extension}`, await written([], { format })));
});

test("tsv by name", async () => compare("awkward.tsv", await written(rows, { format: "csv" }, "UTC", "tsv")));
test("csv in a zone", async () => compare("zone.csv", await written(rows, { format: "csv" }, "Europe/Zurich")));
test("table on a narrow terminal, with colours", async () =>
  compare("narrow.txt", await written(rows, { format: "table", width: 60, color: true })));
test("table on a terminal shows the ends of many rows", async () => {
  const many = Array.from({ length: 1234 }, (_, i) => [`row ${i}`, "x", i, BigInt(i), i / 2, true, i * 3600e6, null]);
  compare("ends.txt", await written(many, { format: "table", width: 200 }));
});
