/** What expressions compute, over each kind of vector that a column may come as. Expected values are DuckDB's where it has the function. */
import { describe, expect, it } from "vitest";
import { UsageError } from "../../src/base/errors.ts";
import { resolveExpression, type TypedColumn } from "../../src/job/check.ts";
import { compileExpression, evaluatePredicate, type Frame } from "../../src/job/evaluate.ts";
import { functions } from "../../src/job/functions.ts";
import { parseExpression } from "../../src/job/parse.ts";
import { functionSignatures, operatorSignatures } from "../../src/job/signatures.ts";
import { compareText, valueAt } from "../../src/job/vectors.ts";
import type { Vector } from "../../src/kernel/vector.ts";

function textVector(texts: (string | null)[]): Vector {
  const bytes = Buffer.from(texts.join(""));
  const [starts, ends] = [new Int32Array(texts.length), new Int32Array(texts.length)];
  let at = 0;
  texts.forEach((text, i) => {
    starts[i] = at;
    at += Buffer.byteLength(text ?? "");
    ends[i] = text === null ? -1 : at;
  });
  return { kind: "text", bytes, starts, ends };
}

function numberVector(kind: "int" | "float" | "bool" | "timestamp", values: (number | null)[]): Vector {
  const nulls = values.includes(null) ? Uint8Array.from(values, (value) => (value === null ? 1 : 0)) : undefined;
  return { kind, values: Float64Array.from(values, (value) => value ?? 0), nulls };
}

const time = Date.parse("2019-09-14T23:56:58.560Z") * 1000;
const columns: TypedColumn[] = [
  { name: "url", type: "text" },
  { name: "part", type: "text" },
  { name: "n", type: "int" },
  { name: "m", type: "int" },
  { name: "f", type: "float" },
  { name: "b", type: "bool" },
  { name: "big", type: "bigint" },
  { name: "ts", type: "timestamp" },
];
const data: Record<string, Vector> = {
  url: textVector(["http://Example.com:80/a/b?url=081&q=a%20b+c#x", "é🤦x", null, ""]),
  part: textVector(["a", "🤦", "x", null]),
  n: numberVector("int", [7, -7, null, 0]),
  m: numberVector("int", [2, 0, 1, 5]),
  f: numberVector("float", [2.5, -2.5, Number.NaN, 0.3]),
  b: numberVector("bool", [1, 0, null, 1]),
  big: { kind: "bigint", values: BigInt64Array.of(9007199254740993n, 2n, 0n, -1n), nulls: Uint8Array.of(0, 0, 1, 0) },
  ts: numberVector("timestamp", [time, 0, null, -1]),
};

/** The same columns as user functions would make them. */
const objects: Record<string, Vector> = Object.fromEntries(
  Object.entries(data).map(([name, vector]) => {
    const values = Array.from({ length: 4 }, (_, i) => {
      const value = valueAt(vector, i);
      return name === "ts" && value !== null ? new Date((value as number) / 1000) : value;
    });
    return [name, { kind: "values", values }];
  }),
);

function frame(vectors: Record<string, Vector>): Frame {
  return { n: 4, column: (name) => vectors[name] };
}

function values(text: string, timeZone = "UTC"): unknown[] {
  const { expression } = resolveExpression(parseExpression(text), columns, { timeZone });
  const vector = compileExpression(expression, columns, { timeZone }).evaluate(frame(data));
  return [0, 1, 2, 3].map((i) => valueAt(vector, i));
}

function valuesOfObjects(text: string): unknown[] {
  const { expression } = resolveExpression(parseExpression(text), undefined);
  const vector = compileExpression(expression, undefined).evaluate(frame(objects));
  return [0, 1, 2, 3].map((i) => valueAt(vector, i));
}

const cases: [string, unknown[]][] = [
  ["n > 0", [true, false, null, false]],
  ["0 < n", [true, false, null, false]],
  ["n != 7", [false, true, null, true]],
  ["n >= m", [true, false, null, false]],
  ["n > 0 and b", [true, false, null, false]],
  ["n > 0 or b", [true, false, null, true]],
  ["not b", [false, true, null, false]],
  ["n is null", [false, false, true, false]],
  ["n in (7, 0)", [true, false, null, true]],
  ["n in (7, null)", [true, null, null, null]],
  ["n not in (7, 0)", [false, true, null, false]],
  ["n between -10 and m", [false, true, null, true]],
  ["n + m", [9, -7, null, 5]],
  ["n * m - 1", [13, -1, null, -1]],
  ["n / m", [3.5, Number.NEGATIVE_INFINITY, null, 0]],
  ["-n", [-7, 7, null, 0]],
  ["f + n", [9.5, -9.5, null, 0.3]],
  ["f > 5", [false, false, true, false]],
  ["f = f", [true, true, true, true]],
  ["round(f)", [3, -3, Number.NaN, 0]],
  ["floor(f)", [2, -3, Number.NaN, 0]],
  ["ceil(f)", [3, -2, Number.NaN, 1]],
  ["abs(n)", [7, 7, null, 0]],
  ["bucket(n, 5)", [5, -10, null, 0]],
  ["bucket(f, 0.1)", [2.5, -2.5, Number.NaN, 0.2]],
  ["url = 'é🤦x'", [false, true, null, false]],
  ["url != ''", [true, true, null, false]],
  ["url > 'h'", [true, true, null, false]],
  ["url in ('', 'x', 'é🤦x')", [false, true, null, true]],
  ["url contains '🤦'", [false, true, null, false]],
  ["contains(url, part)", [true, true, null, null]],
  ["starts_with(url, 'http')", [true, false, null, false]],
  ["url ends_with 'x'", [true, true, null, false]],
  ["url contains ''", [true, true, null, true]],
  ["matches(url, '^.{3}$')", [false, true, null, false]],
  ["url like 'é_x'", [false, true, null, false]],
  ["url like '%url=%'", [true, false, null, false]],
  ["length(url)", [45, 3, null, 0]],
  ["substr(url, 2, 2)", ["tt", "🤦x", null, ""]],
  ["substr(url, -1)", ["x", "x", null, ""]],
  ["substr('hello', 0, 2)", ["h", "h", "h", "h"]],
  ["substr('hello', -10, 7)", ["he", "he", "he", "he"]],
  ["upper(part)", ["A", "🤦", "X", null]],
  ["replace(url, 'x', '$&')", ["http://E$&ample.com:80/a/b?url=081&q=a%20b+c#$&", "é🤦$&", null, ""]],
  ["concat(part, n, '!')", ["a7!", "🤦-7!", "x!", "0!"]],
  ["part || n", ["a7", "🤦-7", null, null]],
  ["coalesce(n, m)", [7, -7, 1, 0]],
  ["if(b, part, 'no')", ["a", "no", "no", null]],
  ["case when n > 0 then 'up' when n < 0 then 'down' end", ["up", "down", null, null]],
  ["host(url)", ["example.com", null, null, null]],
  ["path(url)", ["/a/b", null, null, null]],
  ["param(url, 'q')", ["a b c", null, null, null]],
  ["int('12') + n", [19, 5, null, 12]],
  ["int(f)", [3, -3, null, 0]],
  ["float('1e3')", [1000, 1000, 1000, 1000]],
  ["text(n)", ["7", "-7", null, "0"]],
  ["hour_of_day(ts)", [23, 0, null, 23]],
  ["dayOfWeek(ts)", [6, 4, null, 3]],
  ["ts > '2019-01-01'", [true, false, null, false]],
  ["ts = '2019-09-14T23:56:58.56Z'", [true, false, null, false]],
];

describe("functions over columns", () => {
  it.each([
    ...cases,
    ["hour(ts)", [time - 3418560000, 0, null, -3600e6]],
    ["text(ts)", ["2019-09-14T23:56:58.560Z", "1970-01-01T00:00:00Z", null, "1969-12-31T23:59:59.999999Z"]],
    ["n % m", [1, null, null, 0]],
    ["epoch(ts)", [time / 1e6, 0, null, -1e-6]],
    ["big + 1", [9007199254740994n, 3n, null, 0n]],
    ["big > n", [true, true, null, false]],
    ["big = 9007199254740993", [true, false, null, false]],
    ["coalesce(big, n)", [9007199254740993n, 2n, null, -1n]],
  ] as [string, unknown[]][])("%s", (text, expected) => {
    expect(values(text)).toEqual(expected);
  });

  it("the zone of the job", () => {
    expect(values("day(ts)", "Europe/Berlin")[0]).toBe(Date.parse("2019-09-14T22:00:00Z") * 1000);
    expect(values("day(ts, 'UTC')", "Europe/Berlin")[0]).toBe(Date.parse("2019-09-14T00:00:00Z") * 1000);
    expect(values("hourOfDay(ts)", "Asia/Kolkata")[1]).toBe(5);
  });
});

describe("functions over values that users made", () => {
  it.each(cases)("%s", (text, expected) => {
    // A Date holds no microseconds: the last row's time is the epoch's last millisecond rounded.
    expect(valuesOfObjects(text).slice(0, 3)).toEqual(expected.slice(0, 3));
  });

  it("numbers are milliseconds where a time is wanted", () => {
    const expression = parseExpression("hour(at)");
    const vector: Vector = { kind: "values", values: [time / 1000, "2019-09-14T23:56:58Z", null, {}] };
    const result = compileExpression(expression, undefined).evaluate({ n: 4, column: () => vector });
    expect([0, 1, 2, 3].map((i) => valueAt(result, i))).toEqual([time - 3418560000, time - 3418560000, null, null]);
  });
});

describe("urls", () => {
  it.each([
    ["https://user:pw@Host.example:8080/p/a?x=1", "host.example", "/p/a"],
    ["//cdn.example/x.js", "cdn.example", "/x.js"],
    ["/only/path?host=//evil", null, "/only/path"],
    ["http://[::1]:80/", "[::1]", "/"],
    ["http://example.com", "example.com", "/"],
    ["http://example.com?x=a@b", "example.com", "/"],
    ["not a url", null, null],
    ["http:///x", null, null],
    ["mailto:a@b.c", null, null],
  ])("%s", (url, host, path) => {
    const literal = url.replaceAll("'", "''");
    expect(values(`host('${literal}')`)[0]).toBe(host);
    expect(values(`path('${literal}')`)[0]).toBe(path);
  });

  it.each([
    ["/?a=1&b=2", "b", "2"],
    ["/?a", "a", ""],
    ["/?ab=1", "a", null],
    ["/?%61=1", "a", "1"],
    ["/#?a=1", "a", null],
    ["/?a=%zz%41", "a", "%zzA"],
  ])("param of %s: %s", (url, name, expected) => {
    expect(values(`param('${url}', '${name}')`)[0]).toBe(expected);
  });
});

describe("compiling", () => {
  it("says which columns are read, and reuses nothing that is still needed", () => {
    const compiled = compileExpression(parseExpression("n > 1 or m > 1 or n < 0"), columns);
    expect(compiled.columns).toEqual(["n", "m"]);
    expect(compiled.type).toBe("bool");
    const small = compiled.evaluate({ n: 1, column: (name) => data[name] });
    expect(valueAt(small, 0)).toBe(true);
    expect(evaluatePredicate(compiled.evaluate(frame(data)), 4, new Int32Array(4))).toBe(3);
  });

  it("null is not selected", () => {
    const out = new Int32Array(4);
    const n = evaluatePredicate(compileExpression(parseExpression("b"), columns).evaluate(frame(data)), 4, out);
    expect([...out.subarray(0, n)]).toEqual([0, 3]);
  });

  it("a broken pattern points at its call", () => {
    const compile = () => compileExpression(parseExpression("n = 1 and matches(url, '(')"), columns);
    expect(compile).toThrow(UsageError);
    expect(compile).toThrow("at column 11");
  });

  it("sums beyond the range of int are errors", () => {
    expect(() => values("n * 9007199254740991")).toThrow("2^53");
  });

  it("every signature has a function and every function a signature", () => {
    const names = [...Object.keys(functionSignatures), ...Object.keys(operatorSignatures)];
    expect(Object.keys(functions).sort()).toEqual(names.filter((name) => name !== "between").sort());
  });

  it("texts are ordered by code points", () => {
    expect(compareText("\u{1F926}", "\uFFFD")).toBeGreaterThan(0);
    expect(Buffer.compare(Buffer.from("\u{1F926}"), Buffer.from("\uFFFD"))).toBeGreaterThan(0);
    expect(compareText("a", "ab")).toBeLessThan(0);
  });
});
