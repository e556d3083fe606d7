/** ClickHouse in a process: the npm package chdb, whose engine is an optional package of some platforms. */
import { fileURLToPath } from "node:url";
import type { Data } from "../data/data.ts";
import { ofQueries, type Peer } from "./peer.ts";

const eventColumns =
  "id String, ts DateTime64(3, \\'UTC\\'), url String, user String, country String, browser String, os String, status Int32, ttfb Float64";

/** Compression is told by the files' names. */
function tableOf({ name, files }: Data): string {
  const format = name === "ndjson" ? "JSONEachRow" : "CSV";
  const pattern = files.length === 1 ? files[0] : files[0].replace(/\d+(?=\.[a-z.]+$)/, "*");
  const columns = name === "stations" ? "station String, temperature Float64" : eventColumns;
  return `file('${pattern}', '${format}', '${columns}')`;
}

export const chdbPeer: Peer = {
  name: "chdb",
  answers: true,
  async version() {
    const { query } = await import("chdb");
    return `ClickHouse ${String(query("select version()", "TSV")).trim()}`;
  },
  formulations({ question, mode }, data, threads) {
    const script = fileURLToPath(new URL("../run-chdb.ts", import.meta.url));
    const dialect = data.name === "stations" ? "format_csv_delimiter = ';'" : "date_time_input_format = 'best_effort'";
    return ofQueries(question.chdb, mode === "warm", (query) => [
      process.execPath,
      script,
      `max_threads = ${threads}, ${dialect}`,
      query.replace("EVENTS", tableOf(data)),
    ]);
  },
};
