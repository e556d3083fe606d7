/** A process that runs one statement in DuckDB: `node run-duckdb.ts <threads> <sql>`. */
import { DuckDBInstance } from "@duckdb/node-api";

const [threads, sql] = process.argv.slice(2);
// Row order is not asked for: without it DuckDB is faster.
const instance = await DuckDBInstance.create(":memory:", { threads, preserve_insertion_order: "false" });
const connection = await instance.connect();
await connection.run(sql);
connection.closeSync();
instance.closeSync();
