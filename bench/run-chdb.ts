/**
 * A process that asks ClickHouse: `node run-chdb.ts <settings> <query>` prints the rows as CSV and ends; with a third
 * argument, "serve", it writes them where it is told to, as often as it is. The engine writes by itself, which is faster
 * than handing its rows to JavaScript.
 */
import { resolve } from "node:path";
import { Session } from "chdb";
import { serve } from "./serve.ts";

const [settings, query, mode] = process.argv.slice(2);
const session = new Session();
const write = (path: string, more: string) =>
  session.query(`insert into function file('${path}', 'CSV') ${query} settings ${settings}${more}`);
if (mode === "serve") await serve((path) => write(resolve(path), ", engine_file_truncate_on_insert = 1"));
// /dev/stdout would be opened anew, at its beginning.
else write("/proc/self/fd/1", "");
session.cleanup();
