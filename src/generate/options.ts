/** What kind of event logs to write: the options, their defaults and their bounds. */
import { UsageError } from "../base/errors.ts";

export type EventFormat = "csv" | "tsv" | "ndjson" | "combined";

export interface GenerateOptions {
  /** Default 4. */
  files?: number;
  /** Lines per file, without the header. Default 250,000. */
  lines?: number;
  /** Any safe integer. Default 1. */
  seed?: number;
  /** How many different URLs. Default 100. */
  urls?: number;
  /** How many different users. Default 100. */
  users?: number;
  /** How many hours each file spans; all files span the same. Default 24. */
  hours?: number;
  /** First moment, ISO 8601 (UTC where it names no zone). Default "2019-09-14T00:00:00Z". */
  start?: string;
  /** Zipf exponent of URLs and users: number k is 1/k^skew as frequent as the first. Default 0: all alike. */
  skew?: number;
  /** Share of the lines that are a second delivery of a line shortly before them, id and all: 0 (default) to 0.9. */
  duplicates?: number;
  /** Default csv. combined is the access log of Apache and nginx: it has no id, and whole seconds. */
  format?: EventFormat;
  /** A first line with the columns' names (csv and tsv only). Default false. */
  header?: boolean;
  /** Default: not compressed. */
  compress?: "gzip" | "zstd";
}

/** The options with nothing left open: plain data, travels to workers. */
export interface EventOptions extends Required<Omit<GenerateOptions, "start" | "compress">> {
  /** Milliseconds since 1970. */
  startMs: number;
  compress: "gzip" | "zstd" | undefined;
}

export const columns: readonly string[] = "id,ts,url,user,country,browser,os,status,ttfb".split(",");

/** Lines that are made in one piece: the unit of work, and of compression. About 1.6 MB of text. */
export const BLOCK_LINES: number = 16_384;

const extensions: Record<EventFormat, string> = { csv: "csv", tsv: "tsv", ndjson: "ndjson", combined: "log" };
const HOUR_MS = 3_600_000;
/** ISO 8601 text has four digits for the year. */
const END_MS = Date.UTC(10_000, 0);

/** [least, most, integer?] of each number. Files: four digits in the name. Lines: a line's number is a 32-bit word. */
const bounds: Record<string, [number, number, boolean]> = {
  files: [1, 10_000, true],
  lines: [0, 2 ** 32 - 1, true],
  seed: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER, true],
  urls: [1, 10_000_000, true],
  users: [1, 10_000_000, true],
  hours: [1, 1_000_000, true],
  skew: [0, 10, false],
  duplicates: [0, 0.9, false],
};

function reject(option: string, value: unknown, hint: string): never {
  const shown = typeof value === "string" ? JSON.stringify(value) : String(value);
  throw new UsageError("ERR_BAD_OPTION", `generate: ${option} cannot be ${shown}`, { hint });
}

function parseStart(text: string): number {
  const ms = /\d[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?$/.test(text) ? Date.parse(`${text}Z`) : Date.parse(text);
  if (/^\d{4}-\d\d/.test(text) && ms >= Date.UTC(1, 0)) return ms;
  return reject("start", text, "Write a time such as 2019-09-14 or 2019-09-14T00:00:00Z.");
}

/**
 * Fills in the defaults and checks everything.
 * @throws UsageError ERR_BAD_OPTION
 */
export function resolveOptions(options: GenerateOptions = {}): EventOptions {
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  const defaults = {
    ...{ files: 4, lines: 250_000, seed: 1, urls: 100, users: 100, hours: 24, start: "2019-09-14T00:00:00Z" },
    ...{ skew: 0, duplicates: 0, format: "csv" as EventFormat, header: false, compress: undefined },
  };
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(defaults, name))
      reject(`the option ${name}`, given[name], `The options: ${Object.keys(defaults).join(", ")}.`);
  }
  const all = { ...defaults, ...(given as GenerateOptions) };
  for (const [name, [least, most, integer]] of Object.entries(bounds)) {
    const value = all[name as keyof typeof all];
    const fits = typeof value === "number" && value >= least && value <= most && (!integer || Number.isInteger(value));
    if (!fits) reject(name, value, `Give ${integer ? "an integer" : "a number"} from ${least} to ${most}.`);
  }
  if (!Object.hasOwn(extensions, all.format))
    reject("format", all.format, `One of ${Object.keys(extensions).join(", ")}.`);
  if (all.compress !== undefined && all.compress !== "gzip" && all.compress !== "zstd") {
    reject("compress", all.compress, "gzip or zstd; leave it out for plain text.");
  }
  if (all.header && all.format !== "csv" && all.format !== "tsv") {
    reject("header", all.header, `Only csv and tsv have a header line, ${all.format} has none.`);
  }
  const { start, ...rest } = all;
  const startMs = parseStart(String(start));
  if (startMs + all.hours * HOUR_MS > END_MS) reject("hours", all.hours, "The log would end after the year 9999.");
  return { ...rest, startMs };
}

/** `events-0000.csv`, with `.gz` or `.zst` where it is compressed. */
export function fileName(options: EventOptions, file: number): string {
  const packed = options.compress === undefined ? "" : options.compress === "gzip" ? ".gz" : ".zst";
  return `events-${String(file).padStart(4, "0")}.${extensions[options.format]}${packed}`;
}

/** Blocks of one file: at least one, which holds the header of a file without lines. */
export function blockCount(options: EventOptions): number {
  return Math.max(1, Math.ceil(options.lines / BLOCK_LINES));
}
