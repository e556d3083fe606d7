/** Generated event logs, and how DuckDB reads them: as a table `events` with a row number `i` in the order of the input. */
import { join } from "node:path";
import type { GenerateOptions } from "../../src/generate/options.ts";
import { generate } from "../../src/run/generate.ts";
import { quoted } from "./duckdb.ts";
import type { Oracle } from "./oracle.ts";

/** What the generator's csv and tsv hold, as `--columns` takes it. */
export const eventColumns = "id,ts:timestamp,url,user,country,browser,os,status:int,ttfb:float";
const sqlColumns = {
  id: "VARCHAR",
  ts: "TIMESTAMP",
  url: "VARCHAR",
  user: "VARCHAR",
  country: "VARCHAR",
  browser: "VARCHAR",
  os: "VARCHAR",
  status: "BIGINT",
  ttfb: "DOUBLE",
};

/** Makes the files and the table; returns the files' paths. */
export async function makeEvents(oracle: Oracle, options: GenerateOptions): Promise<string[]> {
  const folder = join(oracle.folder, `${options.format ?? "csv"}-${options.compress ?? "plain"}`);
  const { files } = await generate(folder, options, { executor: oracle.executors.get(0)! });
  const reads = files.map((file) => `from ${readerOf(file, options)}`);
  await oracle.duck.run(
    `create or replace table events as select row_number() over () i, * from (${reads.join(" union all ")})`,
  );
  return files;
}

function readerOf(file: string, { format = "csv", header = false }: GenerateOptions): string {
  const columns = Object.entries(sqlColumns).map(([name, type]) => `${quoted(name)}: ${quoted(type)}`);
  if (format === "ndjson") return `read_json(${quoted(file)}, format = 'newline_delimited', columns = {${columns}})`;
  if (format === "combined") return accessLog(file);
  const delimiter = format === "tsv" ? "\t" : ",";
  return `read_csv(${quoted(file)}, header = ${header}, auto_detect = false, delim = ${quoted(delimiter)},
    parallel = false, columns = {${columns}})`;
}

/** A combined access log, taken apart by a regular expression. Columns as Threadmill names them. */
export function accessLog(file: string): string {
  const pattern = String.raw`^(\S+) (\S+) (\S+) \[([^\]]+)\] "([^ "]*) ([^ "]*) ([^"]*)" (\d+) (\S+) "((?:[^"\\]|\\.)*)" "((?:[^"\\]|\\.)*)"$`;
  const names = ["host", "identity", "usr", "at", "method", "path", "protocol", "status", "bytes", "referer", "agent"];
  return `(select r.host host, nullif(r.usr, '-') "user", strptime(r.at, '%d/%b/%Y:%H:%M:%S %z')::timestamp "time",
    r.method "method", r.path path, r.status::int status, try_cast(r.bytes as bigint) bytes,
    nullif(r.referer, '-') referer, r.agent agent
    from (select regexp_extract(line, ${quoted(pattern)}, [${names.map(quoted)}]) r from ${textLines(file)}))`;
}

/** The lines of a file, one column `line`. */
export function textLines(file: string): string {
  return `read_csv(${quoted(file)}, header = false, auto_detect = false, delim = '\\0', quote = '', escape = '',
    parallel = false, columns = {'line': 'VARCHAR'})`;
}
