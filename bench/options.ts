/** The bench's command line. */
import { parseArgs } from "node:util";

export interface BenchOptions {
  /** Lines of the main job's data; that of the others follows from it. */
  lines: number;
  /** Measured runs per engine and job; one more, not counted, warms the caches and gives the answer that is compared. */
  runs: number;
  /** Threads of every engine that has a choice. */
  threads: number;
  /** Names of jobs; undefined: all. */
  only: string[] | undefined;
  /** Measures only these engines (and ourselves); undefined: all. */
  peers: string[] | undefined;
  /** Makes the data, and nothing else. */
  dataOnly: boolean;
  /** Writes bench/record/<machine>/<date>.json. */
  record: boolean;
}

export const usage: string = `npm run bench -- [options]

  --quick         200,000 lines, 1 run, no record: is everything in order?
  --lines <n>     lines of the main job's data (default 10,000,000, or what the disk allows)
  --runs <n>      measured runs of each engine (default 5)
  --threads <n>   threads of each engine (default 2)
  --only <jobs>   some jobs: main,warm,high,predicate,stations,ndjson,gzip,zstd,quoted,scaling
  --peers <names> some engines beside ourselves: duckdb,chdb,mawk,wc
  --data          make the data only
  --no-record     print only`;

/** @throws Error with a message for people */
export function readOptions(argv: string[]): BenchOptions | "help" {
  const { values } = parseArgs({
    args: argv,
    options: {
      quick: { type: "boolean", default: false },
      lines: { type: "string" },
      runs: { type: "string" },
      threads: { type: "string", default: "2" },
      only: { type: "string" },
      peers: { type: "string" },
      data: { type: "boolean", default: false },
      "no-record": { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return "help";
  const { quick } = values;
  return {
    lines: positive("--lines", values.lines ?? (quick ? "200000" : "10000000")),
    runs: positive("--runs", values.runs ?? (quick ? "1" : "5")),
    threads: positive("--threads", values.threads),
    only: values.only?.split(","),
    peers: values.peers?.split(","),
    dataOnly: values.data,
    // What is looked at in part is no record.
    record: !quick && !values["no-record"] && values.only === undefined && values.peers === undefined,
  };
}

function positive(flag: string, text: string): number {
  const value = Number(text.replaceAll(/[_,]/g, ""));
  if (!Number.isSafeInteger(value) || value < 1) throw new Error(`${flag} needs a whole number above 0, not ${text}`);
  return value;
}
