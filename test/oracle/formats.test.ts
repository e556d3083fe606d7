/** Every format and compression that DuckDB can read too, and the two that it reads by regular expression. */
import { gzipSync, zstdCompressSync } from "node:zlib";
import { expect, test } from "vitest";
import { quoted } from "../support/duckdb.ts";
import { accessLog, eventColumns, makeEvents, textLines } from "../support/events.ts";
import { type Question, useOracle, type Way } from "../support/oracle.ts";

const oracle = useOracle([0, 2, 3]);
const ways: Way[] = [
  { workers: 0 },
  { workers: 0, splitBytes: 7 },
  { workers: 0, kernel: "scalar" },
  { workers: 0, splitBytes: 150, kernel: "scalar" },
  { workers: 3, splitBytes: 200 },
  { workers: 2 },
];

const cells = ["a", "b c", "", "ü", 'q"q', "x;y", "x,y", "x|y", "new\nline", "t\tt"];
const records = Array.from({ length: 80 }, (_, i) => ({
  k: cells[i % cells.length],
  n: i % 7 === 3 ? null : i * 1001 - 20_000,
  x: i % 5 === 1 ? null : i / 8,
  moment: `2024-0${1 + (i % 9)}-1${i % 10}T0${i % 10}:30:0${i % 6}.${100 + i}Z`,
}));

function delimited(delimiter: string, quote = '"'): string {
  const cell = (value: unknown): string => {
    const text = value === null ? "" : String(value);
    const isPlain = !text.includes(delimiter) && !text.includes(quote) && !text.includes("\n");
    return isPlain ? text : quote + text.replaceAll(quote, quote + quote) + quote;
  };
  return records.map((record) => `${Object.values(record).map(cell).join(delimiter)}\n`).join("");
}

const columns = "k:text,n:int,x:float,moment:timestamp";
const aggregate = "rows=count(), n=sum(n), x=mean(x), first=min(moment), ks=count(k)";
const sqlAggregate = "count(*), sum(n), avg(x), min(moment), count(k)";

const dialects: [name: string, question: Question, delimiter: string, quote: string][] = [
  ["csv", { columns }, ",", '"'],
  ["tsv", { format: "tsv", columns }, "\t", '"'],
  ["semicolons", { delimiter: ";", columns }, ";", '"'],
  ["bars and apostrophes", { delimiter: "|", quote: "'", columns }, "|", "'"],
];

test.each(dialects)("%s: plain, gzip, zstd, several members", async (name, question, delimiter, quote) => {
  const text = delimited(delimiter, quote);
  const file = oracle.write(`${name}.txt`, text);
  const half = text.indexOf("\n", text.length / 2) - 3;
  const gzip = oracle.write(`${name}.gz`, gzipSync(text));
  const members = oracle.write(
    `${name}.2.gz`,
    Buffer.concat([gzipSync(text.slice(0, half)), gzipSync(text.slice(half))]),
  );
  const zstd = oracle.write(`${name}.zst`, zstdCompressSync(text));
  const read = `read_csv(${quoted(file)}, header = false, auto_detect = false, delim = ${quoted(delimiter)},
    quote = ${quoted(quote)}, escape = ${quoted(quote)}, parallel = false, strict_mode = true,
    columns = {'k': 'VARCHAR', 'n': 'BIGINT', 'x': 'DOUBLE', 'moment': 'TIMESTAMP'})`;
  const sql = `select k, ${sqlAggregate} from ${read} group by k order by k`;
  for (const each of [file, gzip, members, zstd]) {
    await oracle.agree(each, { ...question, by: "k", aggregate }, sql, each === file ? ways : [{ workers: 2 }]);
  }
  await oracle.agree(
    [file, gzip, zstd],
    { ...question, aggregate },
    `select ${sqlAggregate} from (from ${read} union all from ${read} union all from ${read})`,
    ways,
  );
});

test("ndjson with nested fields", async () => {
  const lines = records.map(({ k, n, x, moment }, i) => {
    const record = {
      id: i,
      user: { name: k, "tags é": [i, "x"], deep: { n } },
      ...(i % 4 > 0 && { x }),
      moment,
      flag: i % 3 === 0,
    };
    return i % 6 === 5 ? JSON.stringify(record, ["moment", "x", "user", "name", "deep", "n"]) : JSON.stringify(record);
  });
  const file = oracle.write("nested.ndjson", `${lines.join("\n")}\n`);
  const gzip = oracle.write("nested.ndjson.gz", gzipSync(lines.join("\r\n")));
  const read = `read_json(${quoted(file)}, format = 'newline_delimited', columns = {'id': 'BIGINT',
    'user': 'STRUCT(name VARCHAR, deep STRUCT(n BIGINT))', 'x': 'DOUBLE', 'moment': 'TIMESTAMP', 'flag': 'BOOLEAN'})`;
  const question = {
    format: "ndjson" as const,
    columns: "user.name:text,user.deep.n:int,x:float,moment:timestamp,flag:bool,id:int",
    by: "user.name, flag",
    aggregate: "rows=count(), n=sum(user.deep.n), x=mean(x), first=min(moment), ids=count(id)",
  };
  // An empty text of JSON is a text, not a null.
  const sql = `select "user".name, flag, count(*), sum("user".deep.n), avg(x), min(moment), count(id) from ${read}
    group by all order by all`;
  await oracle.agree(file, question, sql, ways);
  await oracle.agree(gzip, question, sql, [{ workers: 2 }]);
});

test("combined access logs", async () => {
  const file = oracle.write("access.log", records.map(accessLine).join(""));
  const read = accessLog(file);
  const rows = await oracle.duck.query(`select count(*) from ${read}`);
  expect(rows.rows).toEqual([[records.length]]);
  const question = {
    format: "combined" as const,
    by: "status, path",
    aggregate: "n=count(), users=distinct(user), bytes=sum(bytes), first=min(time), refs=count(referer)",
  };
  await oracle.agree(
    file,
    question,
    `select status, path, count(*), count(distinct "user"), sum(bytes), min("time"), count(referer) from ${read} group by all order by all`,
    ways,
  );
});

function accessLine(_: unknown, i: number): string {
  const time = `${10 + (i % 20)}/Oct/2023:13:${10 + (i % 50)}:36 ${i % 3 === 0 ? "-0700" : "+0000"}`;
  const user = i % 4 === 0 ? "-" : `user${i % 5}`;
  const bytes = i % 9 === 0 ? "-" : String(i * 100);
  const referer = i % 2 === 0 ? "-" : `http://example.com/${i % 3}`;
  return `10.0.0.${i % 8} - ${user} [${time}] "GET /p/${i % 6}?q=${i % 2} HTTP/1.1" ${200 + (i % 4) * 100} ${bytes} "${referer}" "Agent/${i % 3} (x; y)"\n`;
}

test("lines by a regular expression", async () => {
  const lines = records.map(
    ({ n }, i) => `[${["INFO", "WARN", "ERROR"][i % 3]}] took ${n ?? 0}ms: ${"é".repeat(i % 4)} step ${i % 7}`,
  );
  const file = oracle.write("app.txt", `${lines.join("\r\n")}\r\n`);
  const pattern = String.raw`^\[(?<level>\w+)\] took (?<ms>-?\d+)ms: (?<message>.*)$`;
  const sql = `select r.level, r.message, sum(r.ms::bigint), count(*) from
    (select regexp_extract(rtrim(line, chr(13)), ${quoted(pattern.replaceAll(/\?<\w+>/g, ""))}, ['level', 'ms', 'message']) r from
     ${textLines(file)})
    group by all order by all`;
  await oracle.agree(
    file,
    { pattern, columns: "ms:int", by: "level, message", aggregate: "ms=sum(ms), n=count()" },
    sql,
    ways,
  );
});

const generated: [format: "csv" | "tsv" | "ndjson" | "combined", compress: "gzip" | "zstd" | undefined][] = [
  ["csv", undefined],
  ["csv", "zstd"],
  ["tsv", "gzip"],
  ["ndjson", undefined],
  ["ndjson", "gzip"],
  ["combined", undefined],
  ["combined", "gzip"],
];

test.each(generated)("generated logs as %s, compression %s", async (format, compress) => {
  const files = await makeEvents(oracle, { format, compress, files: 2, lines: 400, hours: 2, urls: 5 });
  const isLog = format === "combined";
  const page = isLog ? "path" : "url";
  const time = isLog ? "time" : "ts";
  await oracle.agree(
    files,
    {
      format,
      ...(!isLog && { columns: eventColumns }),
      by: `${page}, hour=hour(${time}), status`,
      aggregate: `n=count(), users=distinct(user), first=min(${time})`,
    },
    `select ${page}, date_trunc('hour', ${time}) h, status, count(*), count(distinct "user"), min(${time})
     from events group by all order by all`,
    [{ workers: 0 }, { workers: 3, splitBytes: 5000 }],
  );
});
