/** Random tables as random CSV, asked random questions of a small grammar, through both engines; cut anywhere, on 0 to 3 workers. */
import fc from "fast-check";
import { test } from "vitest";
import { tries } from "../support/cases.ts";
import { quoted } from "../support/duckdb.ts";
import { useOracle } from "../support/oracle.ts";

const oracle = useOracle([0, 1, 2, 3]);

type Kind = "text" | "int" | "float" | "bool" | "timestamp";
const sqlTypes: Record<Kind, string> = {
  text: "VARCHAR",
  int: "BIGINT",
  float: "DOUBLE",
  bool: "BOOLEAN",
  timestamp: "TIMESTAMP",
};

const texts = fc.oneof(
  fc.constantFrom("a", "b", "ab", "ü", "x,y", 'q"q', "\n", "a\r\nb", "\r\n1,2,3\r\n", "'", "日本🦀", " ", "0"),
  fc.string({ unit: fc.constantFrom("a", "b", ",", '"', "\n", "é", "🦀", " "), maxLength: 8 }),
);
const values: Record<Kind, fc.Arbitrary<string>> = {
  text: texts,
  int: fc.oneof(fc.integer({ min: -5, max: 5 }), fc.maxSafeInteger()).map(String),
  float: fc
    .oneof(
      fc.integer({ min: -20, max: 20 }).map((i) => i / 8),
      fc.double({ noNaN: true, min: -1e9, max: 1e9 }),
    )
    .map(decimal),
  bool: fc.constantFrom("true", "false"),
  timestamp: fc
    .date({ min: new Date("1960-01-01"), max: new Date("2040-01-01"), noInvalidDate: true })
    .map((date) => date.toISOString()),
};

/** DuckDB's reader of doubles takes what String gives. */
function decimal(value: number): string {
  return String(value + 0);
}

interface Data {
  kinds: Kind[];
  rows: string[][];
  eol: string;
  bom: boolean;
  lastEol: boolean;
  quoteAll: boolean;
}

const data: fc.Arbitrary<Data> = fc
  .array(fc.constantFrom<Kind>("text", "int", "float", "bool", "timestamp"), { minLength: 1, maxLength: 4 })
  .map((kinds): Kind[] => ["text", "int", ...kinds])
  .chain((kinds) =>
    fc.record({
      kinds: fc.constant(kinds),
      rows: fc.array(
        fc.tuple(
          ...kinds.map((kind) =>
            fc.oneof({ weight: 1, arbitrary: fc.constant("") }, { weight: 5, arbitrary: values[kind] }),
          ),
        ),
        {
          minLength: 1,
          maxLength: 60,
        },
      ),
      eol: fc.constantFrom("\n", "\r\n"),
      bom: fc.boolean(),
      lastEol: fc.boolean(),
      quoteAll: fc.boolean(),
    }),
  );

function csvOf({ kinds, rows, eol, bom, lastEol, quoteAll }: Data): string {
  const header = kinds.map((_, i) => `c${i}`).join(",");
  const cell = (text: string) =>
    /[",\r\n]/.test(text) || (quoteAll && text !== "") ? `"${text.replaceAll('"', '""')}"` : text;
  const lines = [header, ...rows.map((row) => row.map(cell).join(","))];
  return (bom ? "\uFEFF" : "") + lines.join(eol) + (lastEol ? eol : "");
}

/** Ours and SQL. */
type Pair = [ours: string, sql: string];

function predicateOf(kinds: Kind[]): fc.Arbitrary<Pair> {
  const atoms = kinds.flatMap((kind, i) => {
    const c = `c${i}`;
    const list = [`${c} is null`, `${c} is not null`];
    if (kind === "text")
      list.push(`${c} > 'a'`, `contains(${c}, 'a')`, `${c} like '%b'`, `${c} in ('a', 'ab', 'ü')`, `length(${c}) < 3`);
    if (kind === "int")
      list.push(`${c} >= 0`, `${c} between -2 and 3`, `${c} in (1, 2, null)`, `${c} % 2 = 1`, `not ${c} < 1`);
    if (kind === "float") list.push(`${c} < 0.5`, `${c} * 2 > c1`, `${c} / 0 > 0`, `abs(${c}) <= 1`);
    if (kind === "bool") list.push(c, `not ${c}`, `${c} = false`);
    if (kind === "timestamp") list.push(`${c} >= '1999-12-31T23:00:00Z'`, `year(${c}) < '2000-01-01'`);
    return list;
  });
  const sqlOf = (text: string) => text.replace(/year\((c\d)\)/, "date_trunc('year', $1)");
  const { predicate } = fc.letrec<{ predicate: string }>((tie) => ({
    predicate: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      fc.constantFrom(...atoms),
      fc.tuple(tie("predicate"), tie("predicate")).map(([a, b]) => `(${a} and ${b})`),
      fc.tuple(tie("predicate"), tie("predicate")).map(([a, b]) => `(${a} or ${b})`),
      tie("predicate").map((a) => `not (${a})`),
    ),
  }));
  return predicate.map((text): Pair => [text, text.replaceAll(/year\(c\d\)/g, sqlOf)]);
}

function keyOf(kinds: Kind[]): Pair[] {
  return kinds.flatMap((kind, i): Pair[] => {
    const c = `c${i}`;
    if (kind === "text")
      return [
        [c, c],
        [`lower(${c})`, `lower(${c})`],
        [`substr(${c}, 1, 1)`, `substr(${c}, 1, 1)`],
      ];
    if (kind === "int")
      return [
        [c, c],
        [`${c} % 3`, `${c} % 3`],
        [`bucket(${c}, 4)`, `floor(${c} / 4) * 4`],
      ];
    if (kind === "float")
      return [
        [c, c],
        [`floor(${c})`, `floor(${c})`],
        [`${c} > 0`, `${c} > 0`],
      ];
    if (kind === "bool")
      return [
        [c, c],
        [`${c} is null`, `${c} is null`],
      ];
    return ["hour", "day", "month", "year"].map(
      (unit): Pair => [`${unit}(${c})`, `date_trunc('${unit}', ${c})::timestamp`],
    );
  });
}

function aggregatesOf(kinds: Kind[]): Pair[] {
  const pairs: Pair[] = [["count()", "count(*)"]];
  kinds.forEach((kind, i) => {
    const c = `c${i}`;
    for (const op of ["count", "min", "max"]) pairs.push([`${op}(${c})`, `${op}(${c})`]);
    pairs.push([`distinct(${c})`, `count(distinct ${c})`]);
    pairs.push([`first(${c})`, `first(${c} order by r) filter (${c} is not null)`]);
    pairs.push([`collect(${c}, 3)`, `coalesce((list(${c} order by r) filter (${c} is not null))[1:3], [])`]);
    if (kind === "int") pairs.push([`sum(${c})`, `sum(${c})`]);
    if (kind === "float") pairs.push([`mean(${c} + 2e9)`, `favg(${c} + 2e9)`]);
  });
  return pairs;
}

const cases = data.chain((table) =>
  fc.record({
    table: fc.constant(table),
    where: fc.option(predicateOf(table.kinds)),
    keys: fc.subarray(keyOf(table.kinds), { maxLength: 2 }),
    aggregates: fc.subarray(aggregatesOf(table.kinds), { minLength: 1 }),
    splitBytes: fc.constantFrom(1, 2, 3, 5, 17, 64, 500, 1_000_000),
    workers: fc.constantFrom(0, 0, 1, 2, 3),
  }),
);

test("random questions about random tables", async () => {
  let number = 0;
  await fc.assert(
    fc.asyncProperty(cases, async ({ table, where, keys, aggregates, splitBytes, workers }) => {
      const file = oracle.write(`random-${number++}.csv`, csvOf(table));
      const types = table.kinds.map((kind, i) => `'c${i}': '${sqlTypes[kind]}'`);
      await oracle.duck.run(`create or replace table random as select row_number() over () r, * from read_csv(${quoted(file)},
        header = true, auto_detect = false, parallel = false, quote = '"', escape = '"', delim = ',', null_padding = false,
        columns = {${types}})`);
      const names = keys.map((_, i) => `k${i}`);
      const selected = [...keys.map(([, sql], i) => `${sql} k${i}`), ...aggregates.map(([, sql]) => sql)].join(", ");
      const groups = keys.length > 0 ? ` group by ${names} order by ${names}` : "";
      await oracle.agree(
        file,
        {
          header: true,
          columns: table.kinds.map((kind, i) => `c${i}:${kind}`).join(","),
          ...(where && { where: [where[0]] }),
          ...(keys.length > 0 && { by: keys.map(([ours], i) => `k${i}=(${ours})`).join(", ") }),
          aggregate: aggregates.map(([ours], i) => `a${i}=${ours}`).join(", "),
        },
        `select ${selected} from random${where ? ` where ${where[1]}` : ""}${groups}`,
        [{ workers: 0 }, { workers, splitBytes }],
      );
    }),
    tries(60),
  );
});
