/**
 * How many threads a command line will need, at a glance and before it is parsed. A wrong guess costs a thread that nobody
 * uses, or one that starts a little later; it never changes what is done.
 */
import { statSync } from "node:fs";
import { availableParallelism } from "node:os";
import { INLINE_BYTES_MAX, WARM_BYTES_PER_WORKER } from "../base/limits.ts";

/** Flags of these commands that no value follows; any other takes the argument behind it. */
const switches = /^--(header|json|explain|help|no-\w+)$|^-h$/;
const compressed = /\.(gz|zst|zstd)$/;

/** Threads to start ahead for `threadmill …argv`. */
export function threadsAhead(argv: readonly string[]): number {
  const [command, ...rest] = argv;
  if ((command !== "query" && command !== "run") || rest.some((each) => /^(-h|--help|--explain)$/.test(each))) return 0;
  const { workers, files } = glance(rest);
  const most = workers ?? availableParallelism();
  const sources = command === "run" ? files.slice(1) : files;
  const bytes = sources.reduce((sum, file) => sum + weightOf(file), 0);
  // What is in a job's module is not known: it has one split at least, and functions that want a thread.
  if (command === "query" && workers === undefined && bytes <= INLINE_BYTES_MAX) return 0;
  return Math.min(most, Math.max(1, Math.ceil(bytes / WARM_BYTES_PER_WORKER)));
}

function glance(args: readonly string[]): { workers: number | undefined; files: string[] } {
  let workers: number | undefined;
  const files: string[] = [];
  for (let at = 0; at < args.length; at++) {
    const [flag, value] = args[at].replace(/^-w(?=\d)/, "-w=").split("=", 2);
    if (!flag.startsWith("-") || flag === "-") {
      files.push(args[at]);
    } else if (flag === "-w" || flag === "--workers") {
      const count = Number(value ?? args[++at]);
      if (Number.isInteger(count) && count >= 0) workers = count;
    } else if (value === undefined && !switches.test(flag)) {
      at++;
    }
  }
  return { workers, files };
}

/** Bytes of a file; compressed ones, folders, globs and streams weigh as much as keeps any number of threads busy. */
function weightOf(file: string): number {
  try {
    const found = statSync(file, { throwIfNoEntry: false });
    if (found?.isFile() && !compressed.test(file)) return found.size;
    return found || file === "-" || /[*?[{@]/.test(file) ? Number.POSITIVE_INFINITY : 0;
  } catch {
    return 0;
  }
}
