/** Data that nobody here wrote: the CSV, TSV and JSON files of vega-datasets, and csv-spectrum. */
import { globSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { expect, test } from "vitest";
import { SNIFF_BYTES } from "../../src/base/limits.ts";
import type { CsvFormat, Format } from "../../src/input/batch.ts";
import { resolveSchema } from "../../src/input/infer.ts";
import { quoted } from "../support/duckdb.ts";
import { type Question, useOracle, type Way } from "../support/oracle.ts";

const oracle = useOracle([0, 2]);
const data = new URL("../../node_modules/vega-datasets/data/", import.meta.url);
const ways: Way[] = [{ workers: 2, splitBytes: 60_000 }];

const sqlTypes: Record<string, string> = {
  text: "VARCHAR",
  int: "BIGINT",
  bigint: "BIGINT",
  float: "DOUBLE",
  bool: "BOOLEAN",
  timestamp: "TIMESTAMP",
};
type Column = { name: string; type: string };

/** Counts, sums, least and greatest of every column, over groups by the first text column; then all rows. */
async function compare(
  file: string,
  columns: readonly Column[],
  reader: string,
  question: Question = {},
): Promise<void> {
  const key = columns.find(({ type }) => type === "text");
  const ours: string[] = ["rows=count()"];
  const sql: string[] = ["count(*)"];
  for (const { name, type } of columns) {
    for (const op of [
      "count",
      "min",
      "max",
      "distinct",
      ...(/int|float/.test(type) ? ["sum", "mean", "variance"] : []),
    ]) {
      ours.push(`a${ours.length}=${op}(\`${name}\`)`);
      sql.push(sqlOf(op, `"${name}"`, type));
    }
  }
  const by = key && `k=\`${key.name}\``;
  await oracle.agree(
    file,
    { ...question, by, aggregate: ours.join(", ") },
    `select ${key ? `"${key.name}" k, ` : ""}${sql.join(", ")} from ${reader}${key ? " group by k order by k" : ""}`,
    ways,
  );
  const names = columns.map(({ name }) => `"${name}"`);
  const select = columns.map(({ name }, i) => `c${i}=\`${name}\``).join(", ");
  await oracle.agree(
    file,
    { ...question, select, limit: 1000 },
    `select ${names} from ${reader} limit 1000`,
    ways.slice(1),
  );
}

function sqlOf(op: string, column: string, type: string): string {
  if (op === "distinct") return `count(distinct ${column})`;
  if (op === "mean") return type === "float" ? `favg(${column})` : `avg(${column})`;
  if (op === "variance") return `var_samp(${column})`;
  return op === "sum" && type === "float" ? `fsum(${column})` : `${op}(${column})`;
}

function schemaOf(file: string, format?: "ndjson"): { columns: Column[]; format: Format } {
  const { schema, format: found } = resolveSchema({ format }, readFileSync(file).subarray(0, SNIFF_BYTES));
  return { columns: schema.columns, format: found };
}

function csvReader(file: string, columns: readonly Column[], { delimiter, header }: CsvFormat): string {
  const types = columns.map(({ name, type }) => `${quoted(name)}: ${quoted(sqlTypes[type])}`);
  return `read_csv(${quoted(file)}, header = ${header}, auto_detect = false, parallel = false, delim = ${quoted(delimiter)},
    quote = '"', escape = '"', columns = {${types}})`;
}

const tables = globSync("*.{csv,tsv}", { cwd: data }).sort();

test("there is data", () => expect(tables.length).toBeGreaterThan(20));

test.each(tables)("%s", async (name) => {
  const file = new URL(name, data).pathname;
  const { columns, format } = schemaOf(file);
  await compare(file, columns, csvReader(file, columns, format as CsvFormat));
});

// Types that DuckDB's own sniffer finds: ours must hold the same values.
test.each(["airports.csv", "weather.csv", "species.csv", "zipcodes.csv", "us-employment.csv"])(
  "%s, sniffed by both",
  (name) => {
    const file = new URL(name, data).pathname;
    return oracle.agree(file, { aggregate: "n=count()" }, `select count(*) from read_csv(${quoted(file)})`);
  },
);

const arrays = globSync("*.json", { cwd: data })
  .sort()
  .flatMap((name) => {
    const value: unknown = JSON.parse(readFileSync(new URL(name, data), "utf8"));
    const isTable = Array.isArray(value) && value.length > 0 && value.every((each) => each?.constructor === Object);
    // One of the flights files is enough: they are cut from one another.
    return isTable && !/flights-(2k|5k|20k|200k)/.test(name) ? [[name, value] as [string, object[]]] : [];
  });

test.each(arrays)("%s as ndjson", async (name, records) => {
  const file = oracle.write(
    `${basename(name, ".json")}.ndjson`,
    records.map((record) => `${JSON.stringify(record)}\n`).join(""),
  );
  const { columns } = schemaOf(file, "ndjson");
  // Nested values and columns whose values are of several types are text in both: JSON has its own spelling for each.
  const flat = columns.filter(({ name: column, type }) => isFlat(records, column, type));
  expect(flat.length).toBeGreaterThan(0);
  const types = flat.map((column) => `${quoted(column.name)}: ${quoted(sqlTypes[column.type])}`);
  const reader = `read_json(${quoted(file)}, format = 'newline_delimited', columns = {${types}}, maximum_object_size = 100000000)`;
  await compare(file, flat, reader, { format: "ndjson" });
});

function isFlat(records: object[], name: string, type: string): boolean {
  const values = records.map((record) => (record as Record<string, unknown>)[name]).filter((value) => value != null);
  return (
    values.length > 0 &&
    values.every((value) => typeof value !== "object" && (type !== "text" || typeof value === "string"))
  );
}

const spectrum = globSync("*.csv", { cwd: new URL("../../node_modules/csv-spectrum/csvs/", import.meta.url) }).sort();

test.each(spectrum)("csv-spectrum: %s", async (name) => {
  const file = new URL(`../../node_modules/csv-spectrum/csvs/${name}`, import.meta.url).pathname;
  const [header] = readFileSync(file, "utf8").split(/\r?\n/, 1);
  const columns = header.split(",").map((column) => ({ name: column.trim(), type: "text" }));
  const question: Question = {
    header: true,
    delimiter: ",",
    columns: columns.map((column) => `${column.name}:text`).join(","),
  };
  const reader = csvReader(file, columns, { kind: "csv", delimiter: ",", quote: '"', header: true });
  const select = columns.map((column) => `\`${column.name}\``).join(", ");
  await oracle.agree(file, { ...question, select }, `from ${reader}`, [
    ...ways,
    { workers: 0, splitBytes: 1 },
    { workers: 2, splitBytes: 9 },
  ]);
});
