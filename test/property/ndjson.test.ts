/**
 * NDJSON with what the kernel learns in mind: keys of every length, in one order for a while and then in another, more of
 * them than are learnt, nested deeper than they are, twice in a record, values of every kind, escapes, spaces, damage.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import type { ParserOptions } from "../../src/input/batch.ts";
import { tries } from "../support/cases.ts";
import { naiveParse, normalJson, type PlainResult, parseChunks } from "../support/naive-parser.ts";
import { parserKernels } from "../support/parsers.ts";

const longKey = "a key of more than sixteen bytes";
const hugeKey = "k".repeat(300);
const keys = [
  "a",
  "ab",
  "b",
  "c",
  "",
  "é",
  "日本",
  "sixteen bytes..",
  "fifteen bytes..x",
  longKey,
  `${longKey}!`,
  hugeKey,
];
const names = ["a", "b", "b.c", "b.c.a", longKey, hugeKey, "日本", "c.b", ""];

function optionsFor(wanted: string[], lineBytesMax = 1 << 20): ParserOptions {
  const columns = wanted.map((name) => ({ name, type: "text" as const }));
  return { format: { kind: "ndjson" }, schema: { columns, fields: 0 }, wanted: [...wanted.keys(), 0], lineBytesMax };
}

const whole = { start: 0, end: Number.POSITIVE_INFINITY, first: true };

function normal(result: PlainResult): PlainResult {
  for (const row of result.rows) row.values = row.values.map(normalJson);
  return result;
}

/** Every kernel gives what the first one does, and that what the naive reader does. */
function sameEverywhere(options: ParserOptions, source: Buffer, cuts: number[], isNaive = true): PlainResult {
  const all = parserKernels.map(({ createParser }) => parseChunks(createParser(options), source, whole, cuts, true));
  for (const each of all.slice(1)) expect(each).toEqual(all[0]);
  if (isNaive) expect(normal(all[0])).toEqual(normal(naiveParse(source, options)));
  return all[0];
}

const text = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 40 }),
  fc.constantFrom("", "x".repeat(15), "x".repeat(16), "y".repeat(17), 'say "no"\\', "\u0001\n", "😀é", "}{][,:"),
);
const number = fc.constantFrom(
  ..."0 -0 7 -12 1234567890123 12345678901234 123456789012345 1234567890123456 12345678901234567890 1.5".split(" "),
  ..."-0.25 1234567.1234567 12345678.12345678 0.12345678901234567 1e5 1E-7 1.5e+300 01 -01 00 1. .5 - 1e 1e+ +1".split(
    " ",
  ),
);
const lone = fc.constantFrom(
  '"\\ud83d"',
  '"\\ude00x"',
  '"\\u00e9\\/\\b"',
  '"\\ud83d\\ude00"',
  '"\\u12"',
  '"\\x"',
  '"\t"',
);
const spaced = fc.constantFrom("", "", "", " ", "\t", " \r ");

/** A value as text, mostly right. */
const value: fc.Arbitrary<string> = fc.letrec<{ value: string; object: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, depthIdentifier: "value" },
    { weight: 5, arbitrary: text.map((each) => JSON.stringify(each)) },
    { weight: 3, arbitrary: number },
    { weight: 1, arbitrary: lone },
    { weight: 2, arbitrary: fc.constantFrom("true", "false", "null", "nul", "nulll", "truefalse") },
    { weight: 2, arbitrary: fc.array(tie("value"), { maxLength: 3 }).map((each) => `[${each.join(", ")}]`) },
    { weight: 3, arbitrary: tie("object") },
  ),
  object: fc
    .tuple(fc.array(fc.tuple(fc.constantFrom(...keys), tie("value")), { maxLength: 4 }), spaced, spaced)
    .map(([fields, before, behind]) => {
      return `{${fields.map(([key, each]) => `${before}${JSON.stringify(key)}:${behind}${each}`).join(",")}${before}}`;
    }),
})).value;

/** A record's fields, how they are spaced, and how often it comes before it is turned around. */
const shape = fc.record({
  fields: fc.array(fc.tuple(fc.constantFrom(...keys), value), { maxLength: 7 }),
  before: spaced,
  behind: spaced,
  times: fc.integer({ min: 1, max: 4 }),
  isTurned: fc.boolean(),
});
const shapes = fc.array(shape, { minLength: 1, maxLength: 5 });

function records(given: (typeof shape extends fc.Arbitrary<infer T> ? T : never)[]): string[] {
  return given.flatMap(({ fields, before, behind, times, isTurned }) => {
    const parts = fields.map(([key, each]) => `${before}${JSON.stringify(key)}${before}:${behind}${each}${behind}`);
    const one = `${before}{${parts.join(",")}}`;
    const all = Array.from({ length: times }, () => one);
    return isTurned ? [...all, `{${parts.toReversed().join(",")}}`, `{${parts.slice(1).join(",")}}`, one] : all;
  });
}

test("records of changing shapes, in all cuts", () => {
  fc.assert(
    fc.property(
      shapes,
      fc.constantFrom("\n", "\r\n", "\n\n"),
      fc.array(fc.nat(2000), { maxLength: 5 }),
      fc.constantFrom(120, 1 << 20),
      (given, eol, cuts, lineBytesMax) => {
        const source = Buffer.from(records(given).join(eol));
        sameEverywhere(optionsFor(names, lineBytesMax), source, cuts);
      },
    ),
    tries(400),
  );
});

test("names with dots in them, and paths: the kernels agree on which comes last", () => {
  const dotted = fc.constantFrom("a", "a.b", "a.b.c", "b", "c");
  const inner = fc.dictionary(dotted, fc.dictionary(dotted, fc.integer(), { maxKeys: 2 }), { maxKeys: 2 });
  const field = fc.tuple(dotted, fc.oneof(fc.integer(), inner, fc.constant(null)));
  fc.assert(
    fc.property(fc.array(fc.array(field, { maxLength: 5 }), { minLength: 1, maxLength: 6 }), (all) => {
      const lines = all.map((fields) => `{${fields.map(([k, v]) => `"${k}":${JSON.stringify(v)}`).join(",")}}`);
      sameEverywhere(optionsFor(["a.b", "a", "a.b.c", "b"]), Buffer.from(`${lines.join("\n")}\n`), [], false);
    }),
    tries(300),
  );
});

test("valid records with any byte changed, removed or added", () => {
  const good = fc.array(fc.tuple(fc.constantFrom(...keys.slice(0, 8)), text), { minLength: 1, maxLength: 5 });
  const damage = fc.record({ at: fc.nat(300), byte: fc.nat(255), kind: fc.constantFrom(0, 1, 2) });
  fc.assert(
    fc.property(good, fc.array(damage, { minLength: 1, maxLength: 3 }), fc.nat(400), (fields, damages, cut) => {
      const line = Buffer.from(`${JSON.stringify(Object.fromEntries(fields))}\n`);
      let broken = line;
      for (const { at, byte, kind } of damages) {
        const place = at % broken.length;
        const middle = kind === 1 ? [] : [byte];
        broken = Buffer.concat([
          broken.subarray(0, place),
          Buffer.from(middle),
          broken.subarray(place + (kind === 2 ? 0 : 1)),
        ]);
      }
      sameEverywhere(optionsFor(["a", "b", "é"]), Buffer.concat([line, line, broken, line]), [cut]);
    }),
    tries(600),
  );
});

test("more keys than are learnt, at the top and below", () => {
  const lines = Array.from(
    { length: 6000 },
    (_, i) => `{"id":${i},"k${i}":{"x":1},"map":{"m${i}":"v"},"b":{"n${i}":0,"c":"${i}"}}`,
  );
  const { rows } = sameEverywhere(optionsFor(["b.c", "id", "k5999", "map"]), Buffer.from(lines.join("\n")), [100_000]);
  expect(rows.at(-1)?.values).toEqual(["5999", "5999", '{"x":1}', '{"m5999":"v"}', "5999"]);
});

test("objects in objects: learnt, skipped, wanted far down", () => {
  for (const depth of [1, 15, 16, 17, 18, 59, 60, 61, 62, 70, 511, 512, 513]) {
    for (const [open, close] of [
      ['{"a":', "}"],
      ["[", "]"],
    ]) {
      const nested = open.repeat(depth) + "1" + close.repeat(depth);
      const line = `{"z":${nested},"b":"x"}\n`;
      const path = ["z", ...Array.from({ length: depth }, () => "a")].join(".");
      const isNaive = depth < 500;
      sameEverywhere(optionsFor(["b", path]), Buffer.from(line.repeat(3)), [], isNaive);
      sameEverywhere(optionsFor(["b"]), Buffer.from(line.repeat(3)), [], isNaive);
    }
  }
});

test("more decoded content than there is room for", () => {
  const lines = Array.from({ length: 300 }, (_, i) => `{"a":"${`\\u00e9\\n${i}`.repeat(1 + ((i * 37) % 400))}"}`);
  const { rows } = sameEverywhere(optionsFor(["a"]), Buffer.from(lines.join("\n")), [1000, 50_000]);
  expect(rows.length).toBe(300);
});

test("names that bytes cannot say", () => {
  const source = Buffer.from('{"\ufffd":1,"b":2}\n{"\\ud800":3}\n{"x":4}\n');
  source[source.indexOf("x")] = 0xff;
  sameEverywhere(optionsFor(["\ufffd", "b"]), source, []);
  sameEverywhere(optionsFor(["\ud800", "b"]), source, []);
});
