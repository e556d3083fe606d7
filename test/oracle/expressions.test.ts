/** The expression language against SQL: null semantics, arithmetic, text, URLs, times; one column of answers each. */
import { beforeAll, test } from "vitest";
import { quoted } from "../support/duckdb.ts";
import { useOracle } from "../support/oracle.ts";

const oracle = useOracle([0, 2]);
const texts = [
  "",
  "a",
  "Ab",
  "äÖ",
  "a%b_c",
  "x.y*",
  "🦀🦀x",
  " pad ",
  "12",
  "-3.5",
  "1e3",
  "nope",
  "2024-02-29",
  '"q"',
  "a\nb",
];
const ints = ["", "0", "1", "-7", "3", "9007199254740991", "-2", "10"];
const floats = ["", "0", "0.5", "-0.5", "2.5", "-2.5", "1e300", "1e-300", "7"];
const flags = ["", "true", "false"];
const times = [
  "",
  "2024-03-31T00:59:59.999Z",
  "1969-12-31T23:59:59.5Z",
  "2024-12-30T12:00:00Z",
  "2000-02-29T00:00:00Z",
];
let file: string;

beforeAll(async () => {
  const lines = ["t,u,i,j,f,g,b,ts"];
  for (let row = 0; row < 240; row++) {
    const pick = (list: string[], step: number) => list[(row * step + Math.floor(row / 17)) % list.length];
    const cells = [pick(texts, 1), pick(texts, 4), pick(ints, 1), pick(ints, 3), pick(floats, 1), pick(floats, 5)];
    lines.push([...cells, pick(flags, 1), pick(times, 1)].map(csvCell).join(","));
  }
  file = oracle.write("values.csv", lines.join("\n"));
  await oracle.duck.run(`create table v as select row_number() over () r, * from read_csv(${quoted(file)}, header = true,
    auto_detect = false, parallel = false, quote = '"', escape = '"', columns = {'t': 'VARCHAR', 'u': 'VARCHAR', 'i': 'BIGINT',
    'j': 'BIGINT', 'f': 'DOUBLE', 'g': 'DOUBLE', 'b': 'BOOLEAN', 'ts': 'TIMESTAMP'})`);
});

function csvCell(text: string): string {
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

const columns = "t:text,u:text,i:int,j:int,f:float,g:float,b:bool,ts:timestamp";

/** Where both say the same, SQL is left out. */
const same = `
i = j | i != j | i < j | i <= j | i > j | i >= j | i = 3 | 3 < i | i <> -7 | i = 2.5 | f > i | t = u | t < u | t >= 'a' | t = '' | t != 'a'
f = g | f < g | f >= 0 | f != 0.5 | b = true | b | not b | b and i > 0 | b or i > 0 | not (b and f > 0) | b and null | b or null
i in (1, 3, null) | i in (1, 3) | i not in (1, 3) | i not in (1, null) | t in ('a', '12', 'x.y*', 'q') | t not in ('a', 'Ab', 'nope') | f in (0, 2.5)
i between 0 and 5 | i not between 0 and 5 | f between -0.5 and j | t between 'a' and 'b'
t is null | t is not null | (i = j) is null | b is null
contains(t, 'a') | contains(t, u) | starts_with(t, 'a') | ends_with(t, 'x') | t like 'a%' | t like '_b%' | t like '%.%' | t like 'a_b'
lower(t) | upper(t) | trim(t) | length(t) | replace(t, 'a', 'bb') | concat(t, '-', u) | t || u | substr(t, 2) | substr(t, 2, 2) | substr(t, -2) | substr(t, -2, 1) | substr(t, 0, 2)
coalesce(t, u, 'none') | coalesce(i, j) | coalesce(f, i, 0) | i - 3 | -i | abs(f) | abs(i - 3) | i / 0
i / 4 | f / 0 | f / g | f - g * 2 | (f + 1) * (g - 1) | floor(f) | ceil(f) | round(f) | f % 2 | -f
hour(ts) = ts | ts < '2024-03-31' | ts >= '2024-03-31T00:59:59.999Z' | ts = '2000-02-29' | ts between '1970-01-01' and '2024-06-01'
`
  .split(/\||\n/)
  .join("|")
  .replaceAll("||", "\0")
  .split("|")
  .map((text) => text.replaceAll("\0", "||").trim())
  .filter((text) => text !== "");

const different: [ours: string, sql: string][] = [
  ["t || u", "t || u"],
  ["matches(t, '^[a-z]')", "regexp_matches(t, '^[a-z]')"],
  ["t matches '[0-9]+$'", "regexp_matches(t, '[0-9]+$')"],
  ["matches(t, 'b|\\.')", "regexp_matches(t, 'b|\\.')"],
  ["t contains 'b'", "contains(t, 'b')"],
  ["t not contains 'b'", "not contains(t, 'b')"],
  ["(i % 1000) + (j % 1000) * 3", "(i % 1000) + (j % 1000) * 3"],
  ["(i - 1) % 3", "(i - 1) % 3"],
  ["7 % (i - 1)", "7 % (i - 1)"],
  ["(i - 4) / (j - 1)", "(i - 4) / (j - 1)"],
  ["if(b, t, u)", "if(b, t, u)"],
  ["if(i > 0, f, null)", "if(i > 0, f, null)"],
  ["if(b, i, f)", "if(b, i, f)::double"],
  ["int(t)", "try_cast(try_cast(t as double) as bigint)"],
  ["float(t)", "try_cast(t as double)"],
  ["float(i)", "i::double"],
  ["text(i)", "i::varchar"],
  ["text(b)", "b::varchar"],
  ["timestamp(t)", "try_cast(t as timestamp)"],
  ["epoch(ts)", "epoch(ts)"],
  ["round(f, 1)", "round(f, 1)"],
  ["bucket(f, 2)", "floor(f / 2) * 2"],
  ["bucket(i, 10)", "floor(i / 10) * 10"],
  ["minute(ts)", "date_trunc('minute', ts)"],
  ["hour(ts)", "date_trunc('hour', ts)"],
  ["day(ts)", "date_trunc('day', ts)::timestamp"],
  ["week(ts)", "date_trunc('week', ts)::timestamp"],
  ["month(ts)", "date_trunc('month', ts)::timestamp"],
  ["year(ts)", "date_trunc('year', ts)::timestamp"],
  ["hour_of_day(ts)", "hour(ts)"],
  ["day_of_week(ts)", "isodow(ts)"],
  ["day_of_month(ts)", "day(ts)"],
  ["month_of_year(ts)", "month(ts)"],
];

const plain = same.filter((text) => !/^(hour\(ts\) = ts)$/.test(text)).map((text): [string, string] => [text, text]);

test.each([...plain, ...different])("%s", async (ours, sql) => {
  await oracle.agree(file, { header: true, columns, select: `x=${ours}` }, `select ${sql} from v order by r`);
});

const predicates = plain.filter(([text]) => / (=|<|>|in|between|and|or|is|like|!=) |^(not|b$|contains)/.test(text));

test.each(predicates)("where %s: null is not true", (ours, sql) =>
  oracle.agree(
    file,
    { header: true, columns, where: [ours], aggregate: "n=count(), i=sum(i), t=min(t)" },
    `select count(*), sum(i), min(t) from v where ${sql}`,
    [{ workers: 0 }, { workers: 2, splitBytes: 333 }],
  ),
);
