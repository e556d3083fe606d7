/** Widths, harmless text, fitting columns, charts and the progress line: pure functions. */
import { stripVTControlCharacters } from "node:util";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { jsonText } from "../../src/output/cell.ts";
import { chartColumns, drawChart, pointOf } from "../../src/output/chart.ts";
import { shortNumber, ticks } from "../../src/output/chart-scale.ts";
import type { ResultColumn } from "../../src/output/output.ts";
import { ProgressLine, renderProgress } from "../../src/output/progress.ts";
import { fitColumns } from "../../src/output/table-fit.ts";
import { cutToWidth, padToWidth, textWidth, visible } from "../../src/output/width.ts";

test.each([
  ["abc", 3],
  ["é", 1],
  ["e\u0301", 1],
  ["漢字", 4],
  ["한국", 4],
  ["ﾊﾝ", 2],
  ["👩‍👩‍👧", 2],
  ["🇨🇭", 2],
  ["❤️", 2],
  ["❤", 1],
  ["1", 1],
  ["─…", 2],
])("width of %s is %i", (text, width) => expect(textWidth(text)).toBe(width));

test("cutting never makes it wider than asked, padding makes it exactly so", () => {
  const text = fc.oneof(fc.string({ unit: "grapheme" }), fc.string());
  fc.assert(
    fc.property(text, fc.integer({ min: 1, max: 30 }), fc.boolean(), (raw, width, right) => {
      const cut = cutToWidth(visible(raw), width);
      expect(textWidth(cut)).toBeLessThanOrEqual(width);
      expect(textWidth(padToWidth(cut, width, right))).toBe(width);
    }),
  );
});

test("what is shown cannot drive a terminal", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (raw) => {
      const shown = visible(raw);
      expect(stripVTControlCharacters(shown)).toBe(shown);
      expect(shown).not.toMatch(/[\p{Cc}\u202a-\u202e\u2066-\u2069\p{Cs}]/u);
    }),
  );
  expect(visible("\x1b]0;t\x07\u009b\u202e\ud800")).toBe("\\x1b]0;t\\x07\\x9b\\u{202e}\\u{d800}");
});

test("columns fit the terminal, the first stays, numbers are whole or gone", () => {
  const column = fc.record({ width: fc.integer({ min: 1, max: 100 }), rigid: fc.boolean() });
  fc.assert(
    fc.property(fc.array(column, { minLength: 1, maxLength: 20 }), fc.integer({ min: 12, max: 200 }), (all, width) => {
      const places = fitColumns(
        all.map((c) => c.width),
        all.map((c) => c.rigid),
        width,
        2,
      );
      const used = places.reduce((sum, place) => sum + (place === "cut" ? 1 : place.width), 2 * (places.length - 1));
      const kept = places.filter((place) => place !== "cut");
      expect(kept[0].column).toBe(0);
      if (kept.length > 1) {
        expect(used).toBeLessThanOrEqual(width);
        for (const { column, width: given } of kept) if (all[column].rigid) expect(given).toBe(all[column].width);
      } else expect(kept[0].width).toBeLessThanOrEqual(width);
      expect(places.filter((place) => place === "cut").length).toBe(kept.length < all.length ? 1 : 0);
    }),
  );
});

test("JSON of odd values; a cycle is an error", () => {
  const json = (value: unknown) => jsonText(value, "any", "UTC");
  expect(json([new Date(0), new Set([1]), undefined, 10n ** 30n, Number.NaN, "\ud800"])).toBe(
    '["1970-01-01T00:00:00Z",[1],null,1000000000000000000000000000000,null,"\\ud800"]',
  );
  expect(json({ a: undefined, "b\n": new Float64Array([1.5]) })).toBe('{"b\\n":[1.5]}');
  const cycle: unknown[] = [];
  cycle.push(cycle);
  expect(() => json(cycle)).toThrow(expect.objectContaining({ code: "ERR_JSON_DEPTH" }));
});

test("axis ticks are round, few, and enclose the data", () => {
  expect(ticks(0, 97, 5)).toEqual([0, 20, 40, 60, 80, 100]);
  const value = fc.double({ min: -1e12, max: 1e12, noNaN: true });
  fc.assert(
    fc.property(value, value, (a, b) => {
      const [low, high] = [Math.min(a, b), Math.max(a, b)];
      fc.pre(high - low > 1e-6 * Math.max(1, Math.abs(low), Math.abs(high)));
      const marks = ticks(low, high, 5);
      expect(marks.length).toBeLessThanOrEqual(8);
      expect(marks[0]).toBeLessThanOrEqual(low + 1e-9 * (high - low) + 1e-9 * Math.abs(low));
      expect(marks.at(-1)).toBeGreaterThanOrEqual(high - 1e-9 * (high - low) - 1e-9 * Math.abs(high));
    }),
  );
  expect([1734, 1234567, 1.2345e22, 0.25, 0].map(shortNumber)).toEqual(["1,734", "1.235M", "1.23e+22", "0.25", "0"]);
});

describe("charts", () => {
  const column = (name: string, type: ResultColumn["type"]): ResultColumn => ({ name, type });
  const draw = (columns: ResultColumn[], rows: unknown[][]) => {
    const use = chartColumns(columns);
    if (use === undefined) return undefined;
    const points = rows.flatMap((row) => pointOf(row, columns, use, "UTC") ?? []);
    return drawChart(points, columns, use, "UTC");
  };

  test("bars for a key, the largest where there are many", () => {
    const columns = [column("url", "text"), column("clicks", "int")];
    const chart = draw(
      columns,
      Array.from({ length: 100 }, (_, i) => [`<u${i}>`, i]),
    )!;
    expect(chart.title).toBe("clicks by url");
    expect(chart.note).toBe("The 24 largest of 100.");
    expect(chart.svg.match(/class="bar"/g)?.length).toBe(24);
    expect(chart.svg).not.toContain("<u");
  });

  test("lines over time, the largest few keys", () => {
    const columns = [column("url", "text"), column("hour", "timestamp"), column("clicks", "int")];
    const rows = Array.from({ length: 100 }, (_, i) => [`u${i % 10}`, Math.floor(i / 10) * 3600e6, i % 10]);
    const chart = draw(columns, [...rows, ["u0", null, 1], ["u0", 0, null]])!;
    expect(chart.title).toBe("clicks over hour by url");
    expect(chart.legend.map((entry) => entry.name)).toEqual(["u9", "u8", "u7", "u6", "u5", "u4"]);
    expect(chart.svg.match(/<polyline/g)?.length).toBe(6);
    expect(chart.svg).not.toContain("NaN");
  });

  test("nothing to draw", () => {
    expect(draw([column("a", "text")], [["x"]])).toBeUndefined();
    expect(draw([column("n", "int")], [[1]])).toBeUndefined();
    expect(draw([column("a", "text"), column("n", "int")], [])).toBeUndefined();
    expect(draw([column("t", "timestamp"), column("n", "int")], [[0, 1]])).toBeUndefined();
  });

  test("two numbers: the first is the key; a hundred thousand points do not overflow", () => {
    expect(
      draw(
        [column("status", "int"), column("n", "int")],
        [
          [200, 5],
          [404, 1],
        ],
      )?.title,
    ).toBe("n by status");
    const many = Array.from({ length: 100_000 }, (_, i) => [i * 1e6, i]);
    expect(draw([column("t", "timestamp"), column("n", "int")], many)?.svg).toContain("<polyline");
  });
});

describe("progress", () => {
  const view = { bytesDone: 42e6, bytesTotal: 100e6, rows: 420_000, rejected: 0, seconds: 2, width: 100, color: false };

  test("says it all on a wide terminal", () => {
    expect(renderProgress(view)).toBe(
      "████████████▌░░░░░░░░░░░░░░░░░  42%  420K rows  210K rows/s  21.0 MB/s  ETA 0:03",
    );
    expect(renderProgress({ ...view, rejected: 3 })).toMatch(/ETA 0:03 {2}3 rejected$/);
  });

  test("without a total: bytes and rates only", () => {
    expect(renderProgress({ ...view, bytesTotal: undefined })).toBe("42.0 MB  420K rows  210K rows/s  21.0 MB/s");
  });

  test("never wider than the terminal, never above 100 %, whatever the numbers", () => {
    const size = fc.oneof(fc.nat(), fc.double({ min: 0, max: 1e15, noNaN: true }));
    const any = fc.record({
      bytesDone: size,
      bytesTotal: fc.option(size, { nil: undefined }),
      rows: size,
      rejected: fc.nat(),
      seconds: fc.double({ min: 0, max: 1e7, noNaN: true }),
      width: fc.integer({ min: 12, max: 250 }),
      color: fc.boolean(),
    });
    fc.assert(
      fc.property(any, (input) => {
        const text = stripVTControlCharacters(renderProgress(input));
        expect(textWidth(text)).toBeLessThan(input.width);
        expect(text).not.toMatch(/NaN|Infinity|undefined/);
        expect(Number(/(\d+)%/.exec(text)?.[1] ?? 0)).toBeLessThanOrEqual(100);
      }),
    );
  });

  test("draws at most ten times a second, and takes itself away", () => {
    const drawn: string[] = [];
    let time = 0;
    const stream = Object.assign(Object.create(process.stderr), {
      isTTY: true,
      columns: 80,
      write: (text: string) => drawn.push(text) > 0,
    });
    const line = new ProgressLine({ stream, now: () => time });
    for (; time < 1000; time += 10) line.update(view);
    expect(drawn.length).toBe(10);
    line.clear();
    line.clear();
    expect(drawn.length).toBe(11);
    expect(drawn.at(-1)).toBe("\r\x1b[K");
    line.update(view);
    expect(drawn.length).toBe(12);
    const silent = new ProgressLine({ stream: Object.assign(Object.create(stream), { isTTY: false }) });
    silent.update(view);
    silent.clear();
    expect(drawn.length).toBe(12);
  });
});
