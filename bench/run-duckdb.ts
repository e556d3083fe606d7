/**
 * A process that asks DuckDB: `node run-duckdb.ts <threads> <query>` prints the rows as CSV and ends; with a third argument,
 * "serve", it writes them where it is told to, as often as it is.
 */
import { DuckDBInstance } from "@duckdb/node-api";
import { serve } from "./serve.ts";

const [threads, query, mode] = process.argv.slice(2);
// Row order is not asked for: without it DuckDB is faster.
const instance = await DuckDBInstance.create(":memory:", { threads, preserve_insertion_order: "false" });
const connection = await instance.connect();
const answer = (path: string) =>
  connection.run(`copy (${query}) to '${path}' (format csv, header false, use_tmp_file false)`);
if (mode === "serve") await serve(answer);
// /dev/stdout may be a file that DuckDB would put another in the place of.
else await answer("/proc/self/fd/1");
connection.closeSync();
instance.closeSync();
