/** DuckDB through its Node package, in a process of its own. The columns' types are given, so that it need not guess. */
import { fileURLToPath } from "node:url";
import type { Data } from "../data/data.ts";
import { ofQueries, type Peer } from "./peer.ts";

const eventColumns = `{id: 'VARCHAR', ts: 'TIMESTAMP', url: 'VARCHAR', "user": 'VARCHAR', country: 'VARCHAR',
  browser: 'VARCHAR', os: 'VARCHAR', status: 'INTEGER', ttfb: 'DOUBLE'}`;
const stationColumns = "{station: 'VARCHAR', temperature: 'DOUBLE'}";

/** Compression is told by the files' names. */
function tableOf({ name, files }: Data): string {
  const list = `[${files.map((file) => `'${file}'`).join(", ")}]`;
  if (name === "ndjson") return `read_json(${list}, format = 'newline_delimited', columns = ${eventColumns})`;
  const [delimiter, columns] = name === "stations" ? [";", stationColumns] : [",", eventColumns];
  const dialect = `header = false, auto_detect = false, delim = '${delimiter}', quote = '"', escape = '"'`;
  return `read_csv(${list}, ${dialect}, columns = ${columns})`;
}

export const duckdbPeer: Peer = {
  name: "duckdb",
  answers: true,
  async version() {
    const { DuckDBInstance } = await import("@duckdb/node-api");
    const connection = await (await DuckDBInstance.create(":memory:")).connect();
    const rows = await (await connection.run("select version()")).getRows();
    connection.closeSync();
    return String(rows[0][0]);
  },
  formulations({ question, mode }, data, threads) {
    const script = fileURLToPath(new URL("../run-duckdb.ts", import.meta.url));
    return ofQueries(question.duckdb, mode === "warm", (query) => [
      process.execPath,
      script,
      String(threads),
      query.replace("EVENTS", tableOf(data)),
    ]);
  },
};
