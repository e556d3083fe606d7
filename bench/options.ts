/** The bench's command line. */
import { parseArgs } from "node:util";

export interface BenchOptions {
  /** Lines of the CSV data; the NDJSON and gzip jobs take a fifth. */
  lines: number;
  /** Measured runs per peer and job; one more, not counted, warms the caches and gives the answer that is compared. */
  runs: number;
  /** Threads of every engine that has a choice. */
  threads: number;
  only: string | undefined;
  /** Writes bench/record/<machine>/<date>.json. */
  record: boolean;
}

export const usage: string = `npm run bench -- [options]

  --quick         200,000 lines, 3 runs, no record: is everything in order?
  --lines <n>     lines of data (default 10,000,000, or what the disk allows)
  --runs <n>      measured runs of each peer (default 5)
  --threads <n>   threads of each engine (default 2)
  --only <job>    one job: main, predicate, ndjson or gzip
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
      "no-record": { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return "help";
  const { quick } = values;
  return {
    lines: positive("--lines", values.lines ?? (quick ? "200000" : "10000000")),
    runs: positive("--runs", values.runs ?? (quick ? "3" : "5")),
    threads: positive("--threads", values.threads),
    only: values.only,
    record: !quick && !values["no-record"],
  };
}

function positive(flag: string, text: string): number {
  const value = Number(text.replaceAll(/[_,]/g, ""));
  if (!Number.isSafeInteger(value) || value < 1) throw new Error(`${flag} needs a whole number above 0, not ${text}`);
  return value;
}
