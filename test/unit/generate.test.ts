import { createHash } from "node:crypto";
import { gunzipSync, zstdDecompressSync } from "node:zlib";
import fc from "fast-check";
import { expect, test } from "vitest";
import { UsageError } from "../../src/base/errors.ts";
import { generateBlock } from "../../src/generate/block.ts";
import { BLOCK_LINES, blockCount, fileName, type GenerateOptions, resolveOptions } from "../../src/generate/options.ts";
import { weightedSlots, zipfTable } from "../../src/generate/pick.ts";
import { tries } from "../support/cases.ts";

function textOf(options: GenerateOptions, file = 0): string {
  const resolved = resolveOptions(options);
  const blocks = Array.from({ length: blockCount(resolved) }, (_, block) => generateBlock(resolved, file, block));
  return Buffer.concat(blocks).toString("latin1");
}
const linesOf = (options: GenerateOptions, file = 0): string[] => textOf(options, file).split("\n").slice(0, -1);
const column = (lines: string[], index: number): string[] => lines.map((line) => line.split(",")[index]);
const small: GenerateOptions = { lines: 2000, seed: 42 };

test.each(["csv", "tsv", "ndjson", "combined"] as const)("the first lines of a seed never change: %s", (format) => {
  expect(
    linesOf({ ...small, format, header: format === "tsv", duplicates: 0.1, skew: 1 }).slice(0, 3),
  ).toMatchSnapshot();
  expect(
    createHash("sha256")
      .update(textOf({ ...small, format }))
      .digest("hex"),
  ).toMatchSnapshot();
});

test("a line has the shape of an event, across block borders", () => {
  const lines = linesOf({ lines: BLOCK_LINES + 5, hours: 3, urls: 1000, users: 12_345 });
  expect(lines).toHaveLength(BLOCK_LINES + 5);
  const shape =
    /^[0-9a-f]{12}4[0-9a-f]{3}[89ab][0-9a-f]{15},2019-09-14T0[012]:[0-5]\d:[0-5]\d\.\d{3}Z,http:\/\/example\.com\/\?url=\d{3},user-\d{5},[A-Z]{2},[A-Za-z]+,[A-Za-z]+,[2-5]\d\d,\d\.\d{4}$/;
  expect(lines.filter((line) => !shape.test(line))).toEqual([]);
});

test("ndjson says the same as csv, and tsv with other delimiters", () => {
  const csv = linesOf(small);
  const json = linesOf({ ...small, format: "ndjson" }).map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(Object.keys(json[0]).join()).toBe("id,ts,url,user,country,browser,os,status,ttfb");
  expect(json.map((event) => Object.values({ ...event, ttfb: (event.ttfb as number).toFixed(4) }).join())).toEqual(csv);
  expect(textOf({ ...small, format: "tsv" }).replaceAll("\t", ",")).toBe(textOf(small));
});

test("combined is an access log of the same events", () => {
  const log = linesOf({ ...small, format: "combined", users: 100_000 });
  const shape =
    /^10\.\d{1,3}\.\d{1,3}\.\d{1,3} - user-(\d+) \[14\/Sep\/2019:(\d\d:\d\d:\d\d) \+0000\] "GET \/\?url=(\d{3}) HTTP\/1\.1" (\d{3}) \d{3,5} "(?:-|http:\/\/example\.com\/)" "Mozilla\/5\.0 [^"]+"$/;
  const csv = linesOf({ ...small, users: 100_000 }).map((line) => line.split(","));
  for (const [k, line] of log.entries()) {
    const [, user, clock, url, status] = shape.exec(line) ?? [line];
    expect([user, clock, url, status]).toEqual([
      csv[k][3].slice(5),
      csv[k][1].slice(11, 19),
      csv[k][2].slice(-3),
      csv[k][7],
    ]);
  }
});

test("ids are unique over files, and a second delivery repeats the whole line", () => {
  const lines = 20_000;
  const ids = [0, 1, 2].flatMap((file) => column(linesOf({ lines, seed: 3 }, file), 0));
  expect(new Set(ids).size).toBe(3 * lines);
  const doubled = linesOf({ lines, seed: 3, duplicates: 0.2 });
  const different = new Set(doubled).size;
  expect(new Set(column(doubled, 0)).size).toBe(different);
  expect(different / lines).toBeCloseTo(0.8, 1);
  const nine = linesOf({ lines: 1000, duplicates: 0.9 });
  expect(new Set(nine).size).toBeGreaterThan(50);
});

test("skew makes the first URLs and users the most frequent; without it all are alike", () => {
  const share = (skew: number, index: number, name: string): number => {
    const values = column(linesOf({ lines: 20_000, skew }), index);
    return values.filter((value) => value.endsWith(name)).length / values.length;
  };
  // Zipf with exponent 1 over 100: the first has 1/5.187 of all.
  expect(share(1, 2, "=000")).toBeCloseTo(0.193, 1.5);
  expect(share(1, 3, "-000")).toBeCloseTo(0.193, 1.5);
  expect(share(1, 2, "=099")).toBeLessThan(0.005);
  expect(share(0, 2, "=000")).toBeCloseTo(0.01, 2);
  expect(share(0, 2, "=099")).toBeCloseTo(0.01, 2);
});

test("times fill the hours, roughly in order", () => {
  const times = column(linesOf({ lines: 20_000, hours: 5, start: "2020-02-29T22:30:00" }), 1).map((text) =>
    Date.parse(text),
  );
  const start = Date.parse("2020-02-29T22:30:00Z");
  expect(Math.min(...times)).toBeGreaterThanOrEqual(start);
  expect(Math.max(...times)).toBeLessThan(start + 5 * 3_600_000);
  expect(Math.max(...times) - Math.min(...times)).toBeGreaterThan(4.99 * 3_600_000);
  let latest = 0;
  for (const time of times) {
    expect(time).toBeGreaterThan(latest - 5000);
    latest = Math.max(latest, time);
  }
  expect(column(linesOf({ lines: 3, start: "1969-12-31" }), 1).every((text) => text.startsWith("1969-12-31T"))).toBe(
    true,
  );
});

test("compressed blocks decode to the plain bytes, each on its own", () => {
  for (const [compress, decode] of [
    ["gzip", gunzipSync],
    ["zstd", zstdDecompressSync],
  ] as const) {
    const options = { lines: BLOCK_LINES + 100, header: true };
    const packed = resolveOptions({ ...options, compress });
    const text = [0, 1].map((block) => decode(generateBlock(packed, 0, block)).toString()).join("");
    expect(text === textOf(options)).toBe(true);
    expect(Array.from(generateBlock(packed, 0, 1))).toEqual(Array.from(generateBlock(packed, 0, 1)));
  }
});

test("any block can be made alone, in any order, whatever was made before", () => {
  const options = resolveOptions({ lines: 3 * BLOCK_LINES, skew: 0.5, duplicates: 0.05 });
  const inOrder = [0, 1, 2].map((block) => Buffer.from(generateBlock(options, 1, block)).toString());
  const other = resolveOptions({ seed: 99, format: "ndjson" });
  for (const block of [2, 0, 1]) {
    generateBlock(other, 0, block);
    expect(Buffer.from(generateBlock(options, 1, block)).toString() === inOrder[block]).toBe(true);
  }
});

test("a file without lines is empty or holds the header", () => {
  expect(textOf({ lines: 0 })).toBe("");
  expect(textOf({ lines: 0, header: true })).toBe("id,ts,url,user,country,browser,os,status,ttfb\n");
});

test("lines fit their buffer whatever the options", () => {
  const any = fc.record({
    format: fc.constantFrom("csv", "tsv", "ndjson", "combined"),
    urls: fc.integer({ min: 1, max: 10_000_000 }),
    users: fc.integer({ min: 1, max: 10_000_000 }),
    hours: fc.integer({ min: 1, max: 1_000_000 }),
    seed: fc.maxSafeInteger(),
    lines: fc.integer({ min: 0, max: 50 }),
    duplicates: fc.double({ min: 0, max: 0.9, noNaN: true }),
  });
  fc.assert(
    fc.property(any, (options) => {
      expect(linesOf(options as GenerateOptions)).toHaveLength(options.lines);
    }),
    tries(50),
  );
});

test("the alias table gives each number its weight exactly", () => {
  const { thresholds, aliases } = zipfTable(50, 1.3);
  const weights = new Float64Array(50);
  for (let k = 0; k < 50; k++) {
    const own = aliases[k] === k ? 1 : thresholds[k] / 2 ** 32;
    weights[k] += own / 50;
    weights[aliases[k]] += (1 - own) / 50;
  }
  const sum = Array.from(weights, (_, k) => (k + 1) ** -1.3).reduce((total, weight) => total + weight);
  for (let k = 0; k < 50; k++) expect(weights[k]).toBeCloseTo((k + 1) ** -1.3 / sum, 8);
});

test("weighted slots leave nobody out and none empty", () => {
  const slots = weightedSlots([1000, 0.001, 500, 0.001], 64);
  expect(new Set(slots)).toEqual(new Set([0, 1, 2, 3]));
  expect(slots.filter((slot) => slot === 0).length).toBeGreaterThan(35);
  expect(slots[63]).toBe(3);
});

test.each<[string, unknown]>([
  ...(["files", "lines", "urls", "users", "hours"] as const).flatMap((name): [string, unknown][] =>
    [-1, 1.5, Number.NaN, "4", 1e12].map((value) => [name, value]),
  ),
  ...([0, -1, 10_001] as const).map((value): [string, unknown] => ["files", value]),
  ...([1, -0.1, Number.NaN] as const).map((value): [string, unknown] => ["duplicates", value]),
  ...([-1, 11, Number.POSITIVE_INFINITY] as const).map((value): [string, unknown] => ["skew", value]),
  ...(["yesterday", "", "2019", "99999-01-01", "9999-12-31T23:00:00Z"] as const).map((value): [string, unknown] => [
    "start",
    value,
  ]),
  ...(["xml", "toString", 1] as const).map((value): [string, unknown] => ["format", value]),
  ["compress", "brotli"],
  ["seed", 2 ** 60],
  ["line", 5],
])("%s: %j is refused with a hint", (name, value) => {
  let caught: unknown;
  try {
    resolveOptions({ [name]: value });
  } catch (error) {
    caught = error;
  }
  expect(caught).toBeInstanceOf(UsageError);
  expect((caught as UsageError).code).toBe("ERR_BAD_OPTION");
  expect((caught as UsageError).hint).toBeTruthy();
});

test("a header needs columns; names follow format and compression", () => {
  expect(() => resolveOptions({ format: "ndjson", header: true })).toThrow(/header/);
  const name = (options: GenerateOptions, file: number) => fileName(resolveOptions(options), file);
  expect([
    name({}, 0),
    name({ format: "tsv", compress: "gzip" }, 12),
    name({ format: "combined", compress: "zstd" }, 1234),
  ]).toEqual([...["events-0000.csv", "events-0012.tsv.gz", "events-1234.log.zst"]]);
});
