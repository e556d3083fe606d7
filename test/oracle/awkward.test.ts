/** Quotes, newlines and delimiters in fields, CRLF, a BOM, no last newline, UTF-8, nulls: cut anywhere, on any number of workers. */
import { beforeAll, describe, test } from "vitest";
import { quoted } from "../support/duckdb.ts";
import { useOracle, type Way } from "../support/oracle.ts";

const oracle = useOracle([0, 1, 2, 3]);

const texts = [
  "plain",
  "a,b",
  'say ""hi""',
  "two\nlines",
  "crlf\r\ninside",
  "",
  "Zürich",
  "日本",
  "🦀 crab",
  "'",
  " spaced ",
];
const numbers = ["0", "-1", "", "9007199254740991", "42", "-9007199254740991", "", "7", "1000000007"];
const floats = ["0.1", "-2.5", "1e300", "", "3", "-1e-300", "0.30000000000000004"];

/** Rows of text, int, float, text; some texts stand in quotes though they need none. */
function table(rows: number, eol: string): string {
  let csv = `name,n,x,tail${eol}`;
  for (let i = 0; i < rows; i++) {
    const text = texts[i % texts.length];
    const isQuoted = /[",\n\r]/.test(text) || (i % 3 === 0 && text !== "");
    const tail = i % 5 === 0 ? `"t,${i % 4}\n"` : i % 4 === 1 ? "" : `t${i % 4}`;
    csv += `${isQuoted ? `"${text}"` : text},${numbers[i % numbers.length]},${floats[i % floats.length]},${tail}${eol}`;
  }
  return csv;
}

const variants: Record<string, string> = {
  lf: table(60, "\n"),
  crlf: table(60, "\r\n"),
  bom: `\uFEFF${table(60, "\n")}`,
  "no last newline": table(61, "\n").replace(/\n$/, ""),
  "bom, crlf, no last newline": `\uFEFF${table(61, "\r\n")}`.replace(/\r\n$/, ""),
  "header alone": "name,n,x,tail\n",
};

const questions: [by: string, aggregate: string, sql: string][] = [
  [
    "name",
    "rows=count(), n=count(n), total=sum(n), least=min(x), most=max(tail), tails=distinct(tail)",
    "select name, count(*), count(n), sum(n), min(x), max(tail), count(distinct tail) from t group by all order by all",
  ],
  [
    "tail, name",
    "m=mean(n), first=first(x), last=last(name)",
    "select tail, name, avg(n), first(x order by i) filter (x is not null), last(name order by i) filter (name is not null) " +
      "from t group by all order by all",
  ],
];

describe.each(Object.keys(variants))("%s", (variant) => {
  let file: string;
  beforeAll(async () => {
    file = oracle.write(`${variant}.csv`, variants[variant]);
    const columns = "{'name': 'VARCHAR', 'n': 'BIGINT', 'x': 'DOUBLE', 'tail': 'VARCHAR'}";
    await oracle.duck.run(
      `create or replace table t as select row_number() over () i, * from read_csv(${quoted(file)}, header = true,
       auto_detect = false, quote = '"', escape = '"', delim = ',', strict_mode = true, parallel = false, columns = ${columns})`,
    );
  });

  const schema = { header: true, columns: "name:text,n:int,x:float,tail:text" };
  const sizes = [1, 2, 3, 5, 7, 16, 64, 1000, undefined];
  const ways: Way[] = sizes.map((splitBytes, i) => ({ workers: i % 4, splitBytes }));

  test.each(questions)("by %s: %s", (by, aggregate, sql) =>
    oracle.agree(file, { ...schema, by, aggregate }, sql, [{ workers: 0 }, ...ways]),
  );

  test("all rows in order", () =>
    oracle.agree(file, { ...schema, select: "name, n, x, tail" }, "select name, n, x, tail from t order by i", ways));

  test("in all, with the most frequent texts", () =>
    oracle.agree(
      file,
      { ...schema, aggregate: "rows=count(), sum=sum(x), v=variance(n), names=distinct(name), top=top(tail, 3)" },
      `select count(*), fsum(x), var_samp(n), count(distinct name), (select coalesce(list({'v': v, 'c': c} order by c desc, v), [])[1:3]
       from (select tail v, count(*) c from t where tail is not null group by v)) from t`,
      ways,
    ));
});
