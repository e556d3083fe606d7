// Splits of every size over awkward data: they cover each byte once and start where a naive reader sees records start.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { type QuoteState, scanQuotes, scanQuotesFast } from "../../src/input/quotes.ts";
import { resolveSources } from "../../src/input/source.ts";
import { planSplits, type SplitOptions } from "../../src/input/split.ts";
import { type Block, cutStream } from "../../src/input/stream.ts";
import { tries } from "../support/cases.ts";

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

const folder = mkdtempSync(join(tmpdir(), "split-"));
afterAll(() => rmSync(folder, { recursive: true }));
let files = 0;

async function starts(bytes: Uint8Array, options: SplitOptions): Promise<number[]> {
  const path = join(folder, `${files++}`);
  writeFileSync(path, bytes);
  const sources = await resolveSources([path]);
  const splits = planSplits(sources, options);
  expect(splits.map((split) => split.id)).toEqual(splits.map((_, i) => i));
  // Each byte once: every split begins where the one before ended.
  let covered = 0;
  for (const split of splits) {
    expect(split.start).toBe(covered);
    expect(split.end).toBeGreaterThan(split.start);
    expect(split.first).toBe(split.start === 0);
    covered = split.end;
  }
  expect(covered).toBe(bytes.length);
  return splits.map((split) => split.start);
}

/** Record starts by the book, one character at a time; a byte order mark is no part of the first field. */
function naiveStarts(text: string, quote: string, delimiter: string): number[] {
  const found = text.length > 0 ? [0] : [];
  let atFieldStart = true;
  let inQuotes = false;
  for (let i = text.startsWith("\xef\xbb\xbf") ? 3 : 0; i < text.length; i++) {
    const char = text[i];
    if (inQuotes) {
      if (char === quote && text[i + 1] === quote) i++;
      else if (char === quote) inQuotes = false;
      continue;
    }
    if (char === quote && atFieldStart) inQuotes = true;
    atFieldStart = char === delimiter || char === "\n";
    if (char === "\n" && i + 1 < text.length) found.push(i + 1);
  }
  return found;
}

const cell = fc.oneof(
  fc.constantFrom("", "a", '""', '"x"', '"a\nb"', '"\n"', '"""\n"""', '",\n,"', "é", "日本", 'a"b', "'", '"\r\n"'),
  fc.string({ unit: fc.constantFrom("a", "1", " ", "é"), maxLength: 6 }),
);
const record = fc.array(cell, { minLength: 1, maxLength: 4 }).map((cells) => cells.join(","));
const document = fc
  .tuple(fc.array(record, { maxLength: 12 }), fc.constantFrom("\n", "\r\n"), fc.boolean(), fc.boolean())
  .map(([rows, end, hasFinal, hasBom]) => (hasBom ? "\ufeff" : "") + rows.join(end) + (hasFinal ? end : ""));

const latin = (text: string): string => Buffer.from(text).toString("latin1");
const csv = { quote: '"', delimiter: "," };

test("every split size from 1 byte to the whole file starts at records, and 1 byte finds them all", async () => {
  await fc.assert(
    fc.asyncProperty(document, async (text) => {
      const bytes = Buffer.from(text);
      const records = naiveStarts(latin(text), '"', ",");
      for (let splitBytes = 1; splitBytes <= bytes.length; splitBytes++) {
        const found = await starts(bytes, { splitBytes, dialect: csv });
        expect(records).toEqual(expect.arrayContaining(found));
        if (splitBytes === 1) expect(found).toEqual(records);
      }
    }),
    tries(40),
  );
});

test("without quotes a record starts after each newline", async () => {
  await fc.assert(
    fc.asyncProperty(
      document,
      fc.integer({ min: 1, max: 30 }),
      fc.integer({ min: 1, max: 40 }),
      async (text, splitBytes, windowBytes) => {
        const found = await starts(Buffer.from(text), {
          splitBytes,
          windowBytes,
          dialect: { quote: "", delimiter: "," },
        });
        const records = naiveStarts(latin(text), "none", ",");
        expect(records).toEqual(expect.arrayContaining(found));
        // Windows of any size find the same borders: the look goes on until a newline comes.
        const wanted = new Set([0]);
        for (let at = splitBytes; at < Buffer.byteLength(text); at += splitBytes) {
          const next = records.find((start) => start >= at);
          if (next !== undefined) wanted.add(next);
        }
        expect(found).toEqual([...wanted].filter((start) => records.includes(start)));
      },
    ),
  );
});

test("any window size covers each byte once, even where the guess is wrong", async () => {
  await fc.assert(
    fc.asyncProperty(
      document,
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 1, max: 20 }),
      async (text, splitBytes, windowBytes) => {
        await starts(Buffer.from(text), { splitBytes, windowBytes, dialect: csv });
      },
    ),
  );
});

describe("a window inside a larger file guesses right", () => {
  const row = (i: number) => `${i},"said ""no"",\nthen left\n\n(${i})",plain ${i},"${"x,".repeat(i % 9)}\n"\n`;
  const quoted = Array.from({ length: 400 }, (_, i) => row(i)).join("");
  const rare = Array.from({ length: 2000 }, (_, i) => (i % 50 === 0 ? `${i},"a\nb",c\n` : `${i},ab,c\n`)).join("");
  const prose = Array.from({ length: 300 }, (_, i) => `${i},"Dear all,\nit's, 5"" long\n1,2,3\n4,5,6\n"\n`).join("");

  test.each([
    ["quoted cells with everything in them", quoted, 4],
    ["rare quotes", rare, 3],
    ["cells that look like rows", prose, 2],
  ])("%s", async (_name, text, fields) => {
    const records = new Set(naiveStarts(text, '"', ","));
    for (const known of [fields, 0]) {
      const found = await starts(Buffer.from(text), {
        splitBytes: 101,
        windowBytes: 1000,
        fields: known,
        dialect: csv,
      });
      expect(found.length).toBeGreaterThan(text.length / 300);
      expect(found.filter((start) => !records.has(start))).toEqual([]);
    }
  });
});

async function blocks(bytes: Uint8Array, chunkBytes: number, blockBytes: number): Promise<Block[]> {
  async function* chunks() {
    for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes);
  }
  return await collect(cutStream(chunks(), { ...csv, blockBytes }));
}

test("blocks of a stream start at records, give all bytes back, and count lines", async () => {
  const sizes = fc.integer({ min: 1, max: 20 });
  await fc.assert(
    fc.asyncProperty(document, sizes, sizes, async (text, chunkBytes, blockBytes) => {
      const bytes = Buffer.from(text);
      const records = naiveStarts(latin(text), '"', ",");
      const cut = await blocks(bytes, chunkBytes, blockBytes);
      expect(Buffer.concat(cut.map((block) => block.bytes)).equals(bytes)).toBe(true);
      for (const [i, block] of cut.entries()) {
        expect(records).toContain(block.start);
        expect(block.first).toBe(i === 0);
        expect(block.lines).toBe(bytes.subarray(0, block.start).filter((byte) => byte === 10).length);
        expect(block.bytes.buffer.byteLength).toBe(block.bytes.length);
      }
    }),
    tries(300),
  );
});

test("the fast scan agrees with the plain one from every state", async () => {
  const text = fc.string({ unit: fc.constantFrom('"', ",", "\n", "a", "\r"), maxLength: 30 });
  fc.assert(
    fc.property(text, fc.integer({ min: 0, max: 3 }), fc.nat(5), (text, state, from) => {
      const bytes = Buffer.from(text);
      const plain = scanQuotes(bytes, from, bytes.length, state as QuoteState, csv);
      expect(scanQuotesFast(bytes, from, state as QuoteState, csv)).toEqual(plain);
    }),
    tries(2000),
  );
});
