/** A process that runs one query in chDB and prints its rows, tab-separated: `node run-chdb.ts <sql>`. */
import { query } from "chdb";

process.stdout.write(String(query(process.argv[2], "TSV")));
