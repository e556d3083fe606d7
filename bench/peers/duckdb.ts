/** DuckDB through its Node package, in a process of its own. The columns' types are given, so that it need not guess. */
import { fileURLToPath } from "node:url";
import type { Peer } from "./peer.ts";

const columns = `columns = {id: 'VARCHAR', ts: 'TIMESTAMP', url: 'VARCHAR', "user": 'VARCHAR', country: 'VARCHAR',
  browser: 'VARCHAR', os: 'VARCHAR', status: 'INTEGER', ttfb: 'DOUBLE'}`;

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
  command(job, { kind, files }, threads) {
    const list = `[${files.map((file) => `'${file}'`).join(", ")}]`;
    const table =
      kind === "ndjson"
        ? `read_json(${list}, format = 'newline_delimited', ${columns})`
        : `read_csv(${list}, header = false, auto_detect = false, delim = ',', quote = '"', escape = '"', ${columns})`;
    const sql = `copy (${job.duckdb.replace("EVENTS", table)}) to '/dev/stdout' (format csv, header false)`;
    return [process.execPath, fileURLToPath(new URL("../run-duckdb.ts", import.meta.url)), String(threads), sql];
  },
};
