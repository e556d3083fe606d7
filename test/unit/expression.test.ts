/** The parser of the query language and its type check: what the words mean, and that errors point at the text. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { UsageError } from "../../src/base/errors.ts";
import { EXPRESSION_DEPTH_MAX } from "../../src/base/limits.ts";
import { editDistance } from "../../src/base/suggest.ts";
import { aggregateFromCall } from "../../src/job/aggregate-call.ts";
import { resolveExpression, resolvePredicate, type TypedColumn, typeOf } from "../../src/job/check.ts";
import type { Expression } from "../../src/job/expression.ts";
import { parseAggregates, parseExpression, parseKeys, parseSort } from "../../src/job/parse.ts";

const columns: TypedColumn[] = [
  { name: "url", type: "text" },
  { name: "status", type: "int" },
  { name: "size", type: "bigint" },
  { name: "ttfb", type: "float" },
  { name: "ok", type: "bool" },
  { name: "ts", type: "timestamp" },
  { name: "odd name", type: "text" },
];

/** Fully parenthesised, to show what binds to what. */
function show(expression: Expression): string {
  if (expression.kind === "column") return expression.name;
  if (expression.kind === "literal") return JSON.stringify(expression.value);
  return `${expression.name}(${expression.args.map(show).join(" ")})`;
}

function failure(act: () => unknown): UsageError {
  try {
    act();
  } catch (error) {
    expect(error).toBeInstanceOf(UsageError);
    return error as UsageError;
  }
  throw new Error("no error was thrown");
}

describe("parseExpression", () => {
  it.each([
    ["a or b and not c", "or(a and(b not(c)))"],
    ["a AND b And c", "and(a b c)"],
    ["not not a", "not(not(a))"],
    ["not a = b", "not(=(a b))"],
    ["1 + 2 * 3 - 4 % 5", "-(+(1 *(2 3)) %(4 5))"],
    ["(1 + 2) * 3", "*(+(1 2) 3)"],
    ["-a * -2", "*(negate(a) -2)"],
    ["- -2", "2"],
    ["a || 'x' || b", '||(||(a "x") b)'],
    ["a == 1 or a <> 2", "or(=(a 1) !=(a 2))"],
    ["a in (1, 2) and b not in ('x')", 'and(in(a 1 2) not(in(b "x")))'],
    ["a between 1 and 2 and b", "and(between(a 1 2) b)"],
    ["a not between 1 and 2", "not(between(a 1 2))"],
    ["a is null or b is not null", "or(is_null(a) not(is_null(b)))"],
    ["url contains \"cart\" and url not like '%x'", 'and(contains(url "cart") not(like(url "%x")))'],
    ["url starts_with 'a' or contains(url, 'b')", 'or(starts_with(url "a") contains(url "b"))'],
    ["user.address.0.`odd key`", "user.address.0.odd key"],
    ["`is` = 'it''s' ", '=(is "it\'s")'],
    ["9007199254740993", '"9007199254740993"'],
    ["1e3 + .5 + 1_000", "+(+(1000 0.5) 1000)"],
    ["case when a then 1 when b then 2 else 3 end", "if(a 1 if(b 2 3))"],
    ["true and null", "and(true null)"],
    ["größe > 1", ">(größe 1)"],
  ])("%s", (text, expected) => {
    expect(show(parseExpression(text))).toBe(expected);
  });

  it.each([
    ["", 1, "the end"],
    ["status >= ", 11, "the end"],
    ["status >= 500 and", 18, "the end"],
    ["(a", 3, '")"'],
    ["a)", 2, "no ("],
    ["a = 'x", 5, "never ends"],
    ["a & b", 3, '"&"'],
    ["a = b = c", 7, "chain"],
    ["12abc", 1, "no number"],
    ["f(1,)", 5, "value"],
    ["a is 5", 6, '"null"'],
    ["a between 1 or 2", 13, '"and"'],
    ["and", 1, "value"],
    ["a b", 3, "unexpected"],
  ])("error in %j at column %i", (text, column, part) => {
    const error = failure(() => parseExpression(text));
    expect(error.code).toBe("ERR_EXPRESSION");
    expect(error.message).toContain(`at column ${column}`);
    expect(error.message).toContain(part);
    const caret = error.message.split("\n")[2];
    expect(caret.indexOf("^")).toBe(column - 1 + 2);
  });

  it("bounds what it accepts", () => {
    const deep = EXPRESSION_DEPTH_MAX + 1;
    for (const text of ["(".repeat(deep), "- ".repeat(deep) + "a", "a".padEnd(70_000, "a"), "1" + "+1".repeat(deep)]) {
      expect(failure(() => parseExpression(text)).code).toBe("ERR_EXPRESSION");
    }
    expect(show(parseExpression("a" + " or a".repeat(5000)))).toContain("or(");
  });

  it("never fails in another way than with a UsageError", () => {
    const piece = fc.constantFrom(
      "a",
      "1",
      "'x'",
      "(",
      ")",
      ",",
      "and",
      "or",
      "not",
      "in",
      "is",
      "null",
      "=",
      "<",
      "-",
      "*",
      "`",
      "case",
      "when",
      "\u{1F926}",
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(piece).map((pieces) => pieces.join(" ")),
        ),
        (text) => {
          try {
            parseExpression(text);
          } catch (error) {
            expect(error).toBeInstanceOf(UsageError);
          }
        },
      ),
    );
  });
});

describe("lists", () => {
  it("keys with and without names", () => {
    const keys = parseKeys("url, hour=hour(ts), lower(`odd name`), (status = 200)");
    expect(keys.map(({ name, expression }) => [name, show(expression)])).toEqual([
      ["url", "url"],
      ["hour", "hour(ts)"],
      ["lower(`odd name`)", "lower(odd name)"],
      ["(status = 200)", "=(status 200)"],
    ]);
    expect(failure(() => parseKeys("url, url")).message).toContain('two columns are named "url"');
    expect(failure(() => parseKeys("url,")).message).toContain("at column 5");
  });

  it("aggregates", () => {
    const calls = parseAggregates(
      "clicks=count(), count(*), visitors=distinct(user), count(distinct url), p=quantile(ttfb, 0.5, 0.9)",
    );
    expect(calls.map(({ name, op, args }) => [name, op, ...args.map(show)])).toEqual([
      ["clicks", "count"],
      ["count(*)", "count"],
      ["visitors", "distinct", "user"],
      ["count(distinct url)", "distinct", "url"],
      ["p", "quantile", "ttfb", "0.5", "0.9"],
    ]);
    const made = aggregateFromCall(calls[4]);
    expect(made.spec).toEqual({ op: "quantile", options: { q: [0.5, 0.9], relativeError: 0.01 } });
    expect(failure(() => parseAggregates("n=url")).message).toContain("an aggregate is expected");
  });

  it.each([
    ["avg(ttfb)", "mean"],
    ["countDistinct(url)", "distinct"],
    ["count_distinct(url)", "distinct"],
    ["approxDistinct(url)", "approxDistinct"],
    ["std(ttfb)", "stddev"],
    ["p99(ttfb)", "quantile"],
    ["topK(url, 3)", "topK"],
    ["first(url, ts)", "first"],
  ])("aggregate %s", (text, op) => {
    expect(aggregateFromCall(parseAggregates(text)[0]).spec.op).toBe(op);
  });

  it.each([
    ["coutn()", 'Did you mean "count"?', 1],
    ["a=count(), quantil(ttfb, 1)", 'Did you mean "quantile"?', 12],
  ])("unknown aggregate %s", (text, hint, column) => {
    const error = failure(() => parseAggregates(text).map(aggregateFromCall));
    expect(error.message).toContain(`at column ${column}`);
    expect(error.hint).toBe(hint);
  });

  it.each(["sum()", "quantile(ttfb, 2)", "quantile(ttfb, 'x')", "top(url, 1.5)", "distinct(url, url)"])(
    "wrong arguments: %s",
    (text) => {
      expect(failure(() => aggregateFromCall(parseAggregates(text)[0])).message).toContain("at column");
    },
  );

  it("sort", () => {
    expect(parseSort("clicks desc, url, hour(ts) ASC, `odd name` desc")).toEqual([
      { column: "clicks", descending: true },
      { column: "url", descending: false },
      { column: "hour(ts)", descending: false },
      { column: "odd name", descending: true },
    ]);
  });
});

describe("type check", () => {
  it.each([
    ["status + 1", "int"],
    ["status + ttfb", "float"],
    ["status + size", "bigint"],
    ["status / 2", "float"],
    ["hour(ts)", "timestamp"],
    ["hourOfDay(ts)", "int"],
    ["hour_of_day(ts, 'Europe/Berlin')", "int"],
    ["if(ok, status, 0.5)", "float"],
    ["coalesce(null, url)", "text"],
    ["url || status", "text"],
    ["LOWER(url) = 'x'", "bool"],
    ["round(status)", "int"],
    ["null", "null"],
  ])("%s is %s", (text, type) => {
    expect(typeOf(parseExpression(text), columns)).toBe(type);
  });

  it.each([
    ["statsu >= 500", 1, 'Did you mean "status"?'],
    ["status >= 500 and hots(url) = 'a'", 19, 'Did you mean "host"?'],
    ["url = 5", 7, "quotes"],
    ["url > ts", 7, undefined],
    ["hour(url)", 6, "timestamp"],
    ["ts > 'yesterday'", 6, "ISO 8601"],
    ["status = 'many'", 10, undefined],
    ["lower(url, url)", 1, undefined],
    ["contains(url)", 1, undefined],
    ["matches(url, url)", 14, undefined],
    ["not status", 5, undefined],
    ["status and ok", 1, undefined],
    ["url + 1", 1, "float"],
  ])("%s fails at column %i", (text, column, hint) => {
    const error = failure(() => typeOf(parseExpression(text), columns));
    expect(error.message).toContain(`at column ${column}\n`);
    if (hint) expect(error.hint).toContain(hint);
  });

  it("a condition must be boolean", () => {
    expect(failure(() => resolvePredicate(parseExpression("status + 1"), columns)).message).toContain("not int");
    expect(show(resolvePredicate(parseExpression("ok"), columns))).toBe("ok");
  });

  it("an unknown zone", () => {
    expect(failure(() => typeOf(parseExpression("hour(ts, 'Mars/Base')"), columns)).code).toBe("ERR_TIME_ZONE");
  });

  it("settles texts beside typed values", () => {
    const settled = (text: string, timeZone?: string) =>
      show(resolveExpression(parseExpression(text), columns, { timeZone }).expression);
    expect(settled("ts >= '2024-01-01'")).toBe(">=(ts 1704067200000000)");
    expect(settled("ts >= '2024-01-01'", "Europe/Berlin")).toBe(">=(ts 1704063600000000)");
    expect(settled("ts >= '2024-01-01T00:00:00Z'", "Europe/Berlin")).toBe(">=(ts 1704067200000000)");
    expect(settled("'2024-01-01' < ts")).toBe("<(1704067200000000 ts)");
    expect(settled("status in ('500', '503')")).toBe("in(status 500 503)");
    expect(settled("ok = 'true'")).toBe("=(ok true)");
    expect(settled("ts between '2024-01-01' and '2024-01-02'")).toBe(
      "and(>=(ts 1704067200000000) <=(ts 1704153600000000))",
    );
  });

  it("knows nothing of values that users made", () => {
    expect(typeOf(parseExpression("whatever + 1"), undefined)).toBe("any");
    expect(typeOf(parseExpression("lower(whatever) = 'x'"), undefined)).toBe("bool");
  });
});

it("edit distance counts swaps once", () => {
  expect(editDistance("statsu", "status")).toBe(1);
  expect(editDistance("", "abc")).toBe(3);
  expect(editDistance("kitten", "sitting")).toBe(3);
});
