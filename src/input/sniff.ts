/**
 * Looks at the beginning of a file and says what it is: NDJSON, an access log, CSV with which delimiter, or lines of text.
 * Not for: what the user asked for (infer.ts puts both together).
 */
import { SNIFF_BYTES } from "../base/limits.ts";
import type { Column, Format } from "./batch.ts";
import { fitsType, inferTypes, uniqueNames } from "./column-type.ts";
import { decodeSample, type Field, sampleLines, splitFields } from "./fields.ts";
import { sampleJson } from "./json-sample.ts";
import type { Dialect } from "./quotes.ts";
import type { Sample } from "./sample.ts";

/** LogFormat strings of the two log formats that nearly all servers write. */
export const logFormats: { common: string; combined: string } = {
  common: '%h %l %u %t "%r" %>s %b',
  combined: '%h %l %u %t "%r" %>s %b "%{Referer}i" "%{User-agent}i"',
};

/** A text file without a known format: each line is one field. */
export const linePattern: string = "^(?<line>.*)$";

const commonLine = /^\S+ \S+ .*?\[\d{2}\/\w{3}\/\d{4}:[^\]]+\] "(\\.|[^"\\])*" \d{3} (\d+|-)( "|\s*$)/;
const combinedLine = /" \d{3} (\d+|-) "(\\.|[^"\\])*" "(\\.|[^"\\])*"\s*$/;
const delimiters = [",", "\t", ";", "|"];
const delimiterNames: Record<string, string> = { "\t": "tab", " ": "space" };
/** Lines that decide about the format. */
const LOOKED_LINES = 100;
/** Share of the looked lines that must agree. */
const AGREE_SHARE = 0.9;
/** Share of rows with as many fields as the first that makes a text CSV. */
const SPLIT_SHARE = 0.5;

/** The delimiter is told by this much of the sample: each candidate costs a pass. */
const DIALECT_CHARS = 32 * 1024;

export interface SniffHint {
  /** What is known; the rest is found out. */
  delimiter?: string;
  quote?: string;
  header?: boolean;
  /** It is CSV: do not look for another format. */
  isCsv?: boolean;
  /** The sample is the whole input. Default: it is shorter than SNIFF_BYTES. */
  isWhole?: boolean;
  /** CSV: places of columns whose types are declared; what comes back for them is of no use. */
  declared?: ReadonlySet<number>;
}

export interface Sniffed {
  format: Format;
  /** CSV: rows of the sample. */
  rows: number;
  /** All columns; none for logs, whose columns follow from the LogFormat. */
  columns: Column[];
  /** In words, for a notice. */
  found: string;
}

/** Finds format, columns and types of a (decompressed) sample. */
export function sniff(sample: Uint8Array, hint: SniffHint = {}): Sniffed {
  const isWhole = hint.isWhole ?? sample.length < SNIFF_BYTES;
  const text = decodeSample(sample);
  if (!hint.isCsv) {
    const lines = sampleLines(text, isWhole);
    const looked = lines.slice(0, LOOKED_LINES);
    if (looked.length > 0 && looked.every((line) => line.trimStart().startsWith("{"))) {
      const columns = sampleJson(lines);
      if (columns.length > 0)
        return { format: { kind: "ndjson" }, rows: 0, columns, found: `ndjson, ${describe(columns)}` };
    }
    const log = sniffLog(looked);
    if (log)
      return { format: { kind: "log", logFormat: logFormats[log] }, rows: 0, columns: [], found: `${log} access log` };
  }
  return sniffCsv(text, isWhole, hint);
}

/**
 * Whether a sample may be of the format that was found for another file. Doubts are settled in its favour: bad lines are
 * for the parser to reject, and irregular CSV looks like text.
 */
export function resembles({ bytes, isWhole }: Sample, format: Format): boolean {
  const lines = sampleLines(decodeSample(bytes), isWhole).slice(0, LOOKED_LINES);
  if (lines.length === 0) return true;
  if (format.kind === "ndjson") return lines.some((line) => line.trimStart().startsWith("{"));
  if (format.kind === "log") return lines.some((line) => commonLine.test(line));
  const isJson = lines.every((line) => line.trimStart().startsWith("{")) && sampleJson(lines).length > 0;
  return !isJson && sniffLog(lines) === undefined;
}

function sniffLog(lines: string[]): "common" | "combined" | undefined {
  const agree = (pattern: RegExp) => lines.filter((line) => pattern.test(line)).length >= lines.length * AGREE_SHARE;
  if (lines.length === 0 || !agree(commonLine)) return undefined;
  return agree(combinedLine) ? "combined" : "common";
}

function sniffCsv(text: string, isWhole: boolean, hint: SniffHint): Sniffed {
  const { dialect, rows, isRegular } = findDialect(text, isWhole, hint);
  if (!isRegular && !hint.isCsv) {
    const format: Format = { kind: "text", pattern: linePattern, flags: "" };
    return {
      format,
      rows: 0,
      columns: [{ name: "line", type: "text" }],
      found: "lines of text, one column (line text)",
    };
  }
  const header = hint.header ?? hasHeader(rows);
  const columns = csvColumns(rows, header, hint.declared);
  const delimiter = delimiterNames[dialect.delimiter] ?? JSON.stringify(dialect.delimiter);
  const found = `csv, delimiter ${delimiter}, ${header ? "a header line" : "no header line"}, ${describe(columns)}`;
  return { format: { kind: "csv", ...dialect, header }, rows: rows.length, columns, found };
}

/** Columns of rows whose first one may be the header; the first row fixes their number. */
function csvColumns(rows: Field[][], header: boolean, declared?: ReadonlySet<number>): Column[] {
  const types = inferTypes(header ? rows.slice(1) : rows, declared);
  const names = uniqueNames((rows[0] ?? []).map((name) => (header ? name : null)));
  return names.map((name, i) => ({ name, type: types[i] ?? "text" }));
}

/** As DuckDB: all text means that the first row names the columns; else it does if it does not fit the others' types. */
function hasHeader(rows: Field[][]): boolean {
  const [first, ...others] = rows;
  if (!first || first.every((value) => value === null)) return false;
  const types = inferTypes(others.length > 0 ? others : rows);
  if (types.every((type) => type === "text")) return true;
  return !first.every((value, i) => fitsType(value, types[i] ?? "text"));
}

type Found = { dialect: Dialect; rows: Field[][]; isRegular: boolean };

/**
 * The delimiter under which most rows have as many fields as the first; ties: more fields, then the order of the list.
 * Half of the rows are enough: the others are then rejected by name, rather than all taken for lines of text. One field
 * per row is regular where no candidate occurs at all.
 */
function findDialect(text: string, isWhole: boolean, hint: SniffHint): Found {
  const quote = hint.quote ?? findQuote(text);
  // Wide tables: two lines are needed, however long they are.
  const twoLines = text.indexOf("\n", text.indexOf("\n") + 1) + 1 || text.length;
  const chars = Math.max(DIALECT_CHARS, twoLines);
  const isShort = text.length <= chars;
  const part = isShort ? text : text.slice(0, chars);
  const candidates = (hint.delimiter === undefined ? delimiters : [hint.delimiter]).map((delimiter) => {
    const rows = splitFields(part, { delimiter, quote }, isWhole && isShort);
    const fields = rows[0]?.length ?? 0;
    const share = rows.filter((row) => row.length === fields).length / Math.max(1, rows.length);
    return { dialect: { delimiter, quote }, fields, share, isSingle: rows.every((row) => row.length === 1) };
  });
  const splitting = candidates.filter(({ fields, share }) => fields > 1 && share >= SPLIT_SHARE);
  splitting.sort((left, right) => right.share - left.share || right.fields - left.fields);
  const { dialect } = splitting[0] ?? candidates[0];
  const isRegular = splitting.length > 0 || candidates.every(({ isSingle }) => isSingle);
  return { dialect, rows: splitFields(text, dialect, isWhole), isRegular };
}

/** `"`, or `'` where it encloses fields throughout and `"` never occurs. */
function findQuote(text: string): string {
  if (text.includes('"')) return '"';
  const opened = text.match(/(^|[,\t;|])'/gm)?.length ?? 0;
  const closed = text.match(/(^|[,\t;|])'([^']|'')*'(?=[,\t;|\r\n]|$)/gm)?.length ?? 0;
  return opened > 0 && opened === closed ? "'" : '"';
}

/** `9 columns (id text, ts timestamp, …)`. */
function describe(columns: readonly Column[]): string {
  const shown = columns.slice(0, 12).map(({ name, type }) => `${name} ${type}`);
  if (columns.length > shown.length) shown.push("…");
  return `${columns.length} column${columns.length === 1 ? "" : "s"}${columns.length > 0 ? ` (${shown.join(", ")})` : ""}`;
}
