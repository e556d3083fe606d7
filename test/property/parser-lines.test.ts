/** NDJSON and access logs as chains of splits: lines that are mostly right, cut anywhere, against the naive reader. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { tries } from "../support/cases.ts";
import { expectAsNaive, optionsOf, type Target, targets } from "../support/hostile.ts";
import { naiveParse } from "../support/naive-parser.ts";

const word = fc.oneof(
  { weight: 3, arbitrary: fc.string({ unit: "grapheme", maxLength: 8 }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom("", "-", "a b", 'say "no"', "\\", "tab\t", "é日😀", "\u2028", "x".repeat(60)),
  },
);

/** Lines, some of them damaged, put together and cut. */
function document(line: fc.Arbitrary<string>): fc.Arbitrary<{ source: Buffer; cuts: number[]; ends: number[] }> {
  const damaged = fc
    .tuple(line, fc.nat(80), fc.constantFrom("", "\0", '"', "}", " ", "\\", "\r"))
    .map(([text, at, what]) => {
      return text.slice(0, at) + what + text.slice(at + 1);
    });
  const any = fc.oneof(
    { weight: 9, arbitrary: line },
    { weight: 2, arbitrary: damaged },
    { weight: 1, arbitrary: fc.constantFrom("", " ", "\r") },
  );
  return fc
    .tuple(fc.array(any, { maxLength: 12 }), fc.constantFrom("\n", "\r\n"), fc.boolean(), fc.boolean())
    .map(([lines, eol, isEnded, hasBom]) =>
      Buffer.from((hasBom ? "\ufeff" : "") + lines.join(eol) + (isEnded ? eol : "")),
    )
    .chain((source) => {
      const places = fc.array(fc.nat({ max: source.length }), { maxLength: 10 });
      return fc.record({ source: fc.constant(source), cuts: places, ends: places });
    });
}

function check(target: Target, line: fc.Arbitrary<string>): void {
  let rows = 0;
  fc.assert(
    fc.property(document(line), fc.boolean(), fc.constantFrom(50, 1 << 20), (given, inPlace, lineBytesMax) => {
      expectAsNaive(target, { ...given, inPlace, lineBytesMax });
      rows += naiveParse(given.source, optionsOf(target, lineBytesMax)).rows.length;
    }),
    tries(150),
  );
  // The property says nothing where hardly a line is right.
  expect(rows).toBeGreaterThan(100);
}

const named = (name: string): Target => targets.find((target) => target.name === name)!;

const json = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    word,
    fc.constantFrom(0, -1, 1.5, 1e21, 5e-324, 2 ** 53, true, false, null),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom("a", "b", "c", "d", "__proto__"), tie("value"), { maxKeys: 4 }),
  ),
})).value;

test("ndjson", () => {
  const object = fc.dictionary(fc.constantFrom("a", "b", "c", "é", 'q"', "constructor"), json, { maxKeys: 5 });
  const asUnicode = (c: string): string => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`;
  const line = fc
    .tuple(object, fc.boolean(), fc.constantFrom(undefined, " ", "\t"))
    .map(([value, isEscaped, space]) => {
      const text = JSON.stringify(value, null, space).replaceAll("\n", " ");
      return isEscaped ? text.replace(/[\u0080-\uffff]/g, asUnicode) : text;
    });
  check(named("ndjson"), line);
});

/** As servers write a value: quotes, backslashes and what is no ASCII escaped. */
function logged(text: string): string {
  const bytes = [...Buffer.from(text)].map((byte) => {
    if (byte === 34 || byte === 92) return `\\${String.fromCharCode(byte)}`;
    return byte < 32 || byte > 126 ? `\\x${byte.toString(16).padStart(2, "0")}` : String.fromCharCode(byte);
  });
  return bytes.join("") || "-";
}

const value = word.map(logged);
const token = value.map((text) => text.replaceAll(" ", "_"));
const time = fc.constantFrom("[10/Oct/2000:13:55:36 -0700]", "[01/Jan/1970:00:00:00 +0000]", "[-]", "[]");
const request = fc
  .tuple(fc.constantFrom("GET", "POST", "-"), value, fc.constantFrom(" HTTP/1.1", " HTTP/2.0", "", " ", " FTP/1"))
  .map((parts) => `${parts[0]} ${parts[1]}${parts[2]}`);
const number = fc.constantFrom("200", "404", "0", "-", "");
const commonLine = fc.tuple(token, token, token, time, request, number, number).map((parts) => {
  const [host, identity, user, at, asked, status, bytes] = parts;
  return `${host} ${identity} ${user} ${at} "${asked}" ${status} ${bytes}`;
});
const tail = fc.tuple(value, value);

test("common log", () => check(named("common log"), commonLine));

test("combined log", () => {
  check(
    named("combined log"),
    fc.tuple(commonLine, tail).map(([start, [referer, agent]]) => `${start} "${referer}" "${agent}"`),
  );
});

test("nginx log", () => {
  const line = fc.tuple(token, value, time, request, number, number, value, value).map((parts) => {
    const [host, user, at, asked, status, bytes, referer, agent] = parts;
    return `${host} - ${user} ${at} "${asked}" ${status} ${bytes} "${referer}" ${agent}`;
  });
  check(named("nginx log"), line);
});
