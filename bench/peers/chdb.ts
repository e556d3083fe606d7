/** ClickHouse in a process: the npm package chdb, whose engine is an optional package of some platforms. */
import { fileURLToPath } from "node:url";
import type { Peer } from "./peer.ts";

const structure =
  "id String, ts DateTime64(6, \\'UTC\\'), url String, user String, country String, browser String, os String, status Int32, ttfb Float64";

export const chdbPeer: Peer = {
  name: "chdb",
  answers: true,
  async version() {
    const { query } = await import("chdb");
    return `ClickHouse ${String(query("select version()", "TSV")).trim()}`;
  },
  command(job, { kind, files }, threads) {
    const format = kind === "ndjson" ? "JSONEachRow" : "CSV";
    const pattern = files[0].replace(/\d+(?=\.[a-z.]+$)/, "*");
    const table = `file('${pattern}', '${format}', '${structure}')`;
    const settings = `settings max_threads = ${threads}, date_time_input_format = 'best_effort'`;
    const sql = `${job.chdb.replace("EVENTS", table)} ${settings}`;
    return [process.execPath, fileURLToPath(new URL("../run-chdb.ts", import.meta.url)), sql];
  },
};
