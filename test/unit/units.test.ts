import fc from "fast-check";
import { expect, test } from "vitest";
import { UsageError } from "../../src/base/errors.ts";
import { createLog } from "../../src/base/log.ts";
import { formatBytes, formatCount, formatDuration, formatRate, parseBytes } from "../../src/base/units.ts";

test.each([
  ["0", 0],
  ["1000", 1000],
  ["1_000", 1000],
  ["12B", 12],
  ["64k", 65_536],
  ["64 KiB", 65_536],
  ["512MB", 512_000_000],
  ["512mb", 512_000_000],
  ["1.5GiB", 1_610_612_736],
  [" 2T ", 2_199_023_255_552],
])("parseBytes(%j)", (text, bytes) => expect(parseBytes(text)).toBe(bytes));

test.each(["", "MB", "-1", "1 XB", "1e3", "0x10", "1..5", "99999PB", "_1"])("%j is no size", (text) => {
  expect(() => parseBytes(text)).toThrow(UsageError);
});

test("sizes", () => {
  expect([0, 999, 1000, 1500, 104_857_600, 999_960, 1e15].map((n) => formatBytes(n))).toEqual([
    ...["0 B", "999 B", "1.0 KB", "1.5 KB", "105 MB", "1.0 MB", "1.0 PB"],
  ]);
  expect([1023, 1024, 2 ** 20, 1024 ** 2 - 1].map((n) => formatBytes(n, "binary"))).toEqual([
    "1023 B",
    "1.0 KiB",
    "1.0 MiB",
    "1.0 MiB",
  ]);
  expect([formatBytes(-1500), formatBytes(Number.NaN)]).toEqual(["-1.5 KB", "unknown"]);
});

test("a printed size reads back within its precision", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 50 }), (bytes) => {
      expect(Math.abs(parseBytes(formatBytes(bytes)) - bytes)).toBeLessThanOrEqual(bytes * 0.06);
      expect(Math.abs(parseBytes(formatBytes(bytes, "binary")) - bytes)).toBeLessThanOrEqual(bytes * 0.06);
    }),
  );
});

test("counts", () => {
  expect([0, 999, 1000, 1_234_567, -1234, 1234.5, 12_345_678_901_234_567_890n].map(formatCount)).toEqual([
    ...["0", "999", "1,000", "1,234,567", "-1,234", "1,234.5", "12,345,678,901,234,567,890"],
  ]);
  expect(formatCount(Number.NaN)).toBe("NaN");
});

test.each([
  [0, "0 ms"],
  [0.44, "0.4 ms"],
  [9.96, "10 ms"],
  [850, "850 ms"],
  [999.6, "1.00 s"],
  [3210, "3.21 s"],
  [9996, "10.0 s"],
  [59_949, "59.9 s"],
  [59_960, "1 min 00 s"],
  [245_000, "4 min 05 s"],
  [3_599_600, "1 h 00 min"],
  [7_380_000, "2 h 03 min"],
  [86_399_999, "1 d 00 h"],
  [-1500, "-1.50 s"],
  [Number.POSITIVE_INFINITY, "unknown"],
])("formatDuration(%d)", (ms, text) => expect(formatDuration(ms)).toBe(text));

test("rates", () => {
  expect(formatRate(5e8, 1000)).toBe("500 MB/s");
  expect(formatRate(12_345, 1000, "rows")).toBe("12.3 k rows/s");
  expect(formatRate(12, 1000, "rows")).toBe("12 rows/s");
  expect(formatRate(5, 0)).toBe("unknown");
});

function sink(isTTY: boolean) {
  const lines: string[] = [];
  return { isTTY, lines, write: (text: string) => lines.push(text) };
}
const now = () => new Date(0);

test("the log writes JSON lines where there is no terminal", () => {
  const to = sink(false);
  const log = createLog({ sink: to, now, level: "info" }).with({ worker: "tm-a-1" });
  log.debug("not shown");
  log.warn("slow", { ms: 12, count: 5n });
  expect(to.lines).toEqual([
    '{"time":"1970-01-01T00:00:00.000Z","level":"warn","message":"slow","worker":"tm-a-1","ms":12,"count":"5"}\n',
  ]);
  log.error("failed", { cause: new UsageError("ERR_X", "wrong") });
  expect(JSON.parse(to.lines[1]).cause).toMatchObject({ name: "UsageError", code: "ERR_X", message: "wrong" });
});

test("the log is text on a terminal, with and without colour, and never throws", () => {
  const to = sink(true);
  createLog({ sink: to, colour: false, level: "debug" }).debug("hello", { a: "b c", n: 1 });
  createLog({ sink: to, colour: true, level: "info" }).error("bad");
  const cycle: Record<string, unknown> = {};
  cycle.self = cycle;
  createLog({ sink: to, format: "json", level: "info", now }).info("cycle", { cycle });
  createLog({ sink: to, level: "silent" }).error("not shown");
  expect(to.lines).toEqual([
    "debug hello a=b c n=1\n",
    "\u001b[31merror\u001b[39m bad\n",
    '{"time":"1970-01-01T00:00:00.000Z","level":"info","message":"cycle","facts":"unprintable"}\n',
  ]);
});
