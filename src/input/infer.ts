/**
 * From what the user asked for and a sample of the input to the format and schema of a run. The command line and
 * `from()` both go through `resolveSchema`, so that the same request means the same everywhere.
 */
import { UsageError } from "../base/errors.ts";
import { SNIFF_BYTES } from "../base/limits.ts";
import { suggest } from "../base/suggest.ts";
import type { Column, Format, Schema } from "./batch.ts";
import { applyByName, applyColumns, type ColumnRequest, inferTypes } from "./column-type.ts";
import { decodeSample, sampleLines } from "./fields.ts";
import { sampleJson } from "./json-sample.ts";
import { linePattern, logFormats, sniff } from "./sniff.ts";

export interface SchemaRequest {
  format?: "csv" | "tsv" | "ndjson" | "common" | "combined" | "log" | "text";
  /** One byte; "\\t" and "tab" are understood. */
  delimiter?: string;
  /** One byte, or "" for none. */
  quote?: string;
  header?: boolean;
  columns?: readonly ColumnRequest[];
  /** Text: a regular expression with named groups. */
  pattern?: string;
  /** Its flags, without g and y. */
  flags?: string;
  /** Log: an Apache LogFormat or nginx log_format string. */
  logFormat?: string;
  /** The columns that a LogFormat string yields (the kernel's `logColumns`). Needed as soon as the input may be a log. */
  logColumns?: (logFormat: string) => Column[];
  /** The sample is the whole input. Default: it is shorter than SNIFF_BYTES. */
  isWhole?: boolean;
}

export interface ResolvedSchema {
  format: Format;
  schema: Schema;
  /** One line on what was found, where it was guessed. */
  notice?: string;
}

/**
 * Decides format and schema. With neither a format nor columns nor header the input is sniffed and `notice` says what was
 * found; a csv with neither columns nor header is sniffed likewise. Columns without `header` mean that there is no header
 * line. With a header and columns whose names stand in it, the columns give types by name; where none does they name the
 * fields by position, with a notice. Throws UsageError (codes ERR_FORMAT, ERR_DELIMITER, ERR_PATTERN, ERR_LOG_FORMAT, ERR_HEADER, and those of applyColumns).
 */
export function resolveSchema(request: SchemaRequest, sample: Uint8Array): ResolvedSchema {
  const isWhole = request.isWhole ?? sample.length < SNIFF_BYTES;
  switch (request.format ?? impliedFormat(request)) {
    case "csv":
      return resolveCsv(request, sample, isWhole);
    case "tsv":
      return resolveCsv({ ...request, delimiter: request.delimiter ?? "\t" }, sample, isWhole);
    case "ndjson": {
      const columns = sampleJson(sampleLines(decodeSample(sample), isWhole));
      return { format: { kind: "ndjson" }, schema: named(applyByName(request.columns ?? [], columns)) };
    }
    case "common":
    case "combined":
      return resolveLog(request, logFormats[request.format as "common" | "combined"]);
    case "log":
      return resolveLog(request, request.logFormat);
    case "text":
      return resolveText(request, sample, isWhole);
    case undefined:
      return resolveSniffed(request, sample, isWhole);
    default:
      throw new UsageError("ERR_FORMAT", `there is no input format ${JSON.stringify(request.format)}`, {
        hint: "the formats are csv, tsv, ndjson, common, combined, log and text",
      });
  }
}

/** Options that only make sense for one format name it. */
function impliedFormat(request: SchemaRequest): SchemaRequest["format"] {
  if (request.logFormat !== undefined) return "log";
  if (request.pattern !== undefined) return "text";
  const { delimiter, quote, header, columns } = request;
  return [delimiter, quote, header, columns].some((option) => option !== undefined) ? "csv" : undefined;
}

function resolveSniffed(request: SchemaRequest, sample: Uint8Array, isWhole: boolean): ResolvedSchema {
  const sniffed = sniff(sample, { isWhole });
  const notice = sample.length === 0 ? "the input is empty" : `read as ${sniffed.found}`;
  if (sniffed.format.kind === "log") return { ...resolveLog(request, sniffed.format.logFormat), notice };
  const isCsv = sniffed.format.kind === "csv";
  return { format: sniffed.format, schema: isCsv ? positional(sniffed.columns) : named(sniffed.columns), notice };
}

function resolveCsv(request: SchemaRequest, sample: Uint8Array, isWhole: boolean): ResolvedSchema {
  const delimiter = request.delimiter === undefined ? undefined : checkByte("delimiter", request.delimiter);
  const quote = request.quote === undefined || request.quote === "" ? request.quote : checkByte("quote", request.quote);
  const columns = request.columns ?? [];
  const isGuessed = request.header === undefined && columns.length === 0;
  const header = request.header ?? (columns.length > 0 ? false : undefined);
  const declared = header === false ? declaredPlaces(columns) : undefined;
  const sniffed = sniff(sample, { isCsv: true, delimiter, quote, header, isWhole, declared });
  const format = sniffed.format as Format & { kind: "csv" };
  const isEmpty = sniffed.rows === 0;
  // Nothing to look at: what was declared is all that is known.
  const inferred = isEmpty ? columns.map(({ name }): Column => ({ name, type: "text" })) : sniffed.columns;
  const isByName = format.header && isNamedIn(columns, inferred);
  const all = isByName ? applyByName(columns, inferred) : applyColumns(columns, inferred);
  if (!isGuessed) {
    const renamed = format.header && !isByName && !isEmpty;
    return { format, schema: positional(all), ...(renamed && { notice: renameNotice(columns, inferred) }) };
  }
  return {
    format,
    schema: positional(all),
    notice: isEmpty ? "the input is empty" : `read as ${sniffed.found}`,
  };
}

/** Places of the columns whose type is given, where columns are meant by position. */
function declaredPlaces(columns: readonly ColumnRequest[]): Set<number> {
  return new Set(columns.keys().filter((place) => columns[place].type !== undefined));
}

/** Whether the columns are declared by the names in the header. A mistyped name must not rename the others by position. */
function isNamedIn(columns: readonly ColumnRequest[], header: readonly Column[]): boolean {
  const names = header.map(({ name }) => name);
  const unknown = columns.filter(({ name }) => !names.includes(name));
  if (unknown.length === 0 || unknown.length === columns.length) return unknown.length === 0;
  throw new UsageError("ERR_HEADER", `the header has no column ${JSON.stringify(unknown[0].name)}`, {
    hint: `${suggest(unknown[0].name, names, "columns of the header")} Columns are declared by the names in the header, or all by position.`,
  });
}

function renameNotice(columns: readonly ColumnRequest[], header: readonly Column[]): string {
  const pairs = columns.slice(0, 12).map(({ name }, i) => `${header[i].name} → ${name}`);
  if (columns.length > pairs.length) pairs.push("…");
  return `no declared column stands in the header: the columns are renamed by position (${pairs.join(", ")})`;
}

function resolveLog(request: SchemaRequest, logFormat: string | undefined): ResolvedSchema {
  if (!logFormat) {
    throw new UsageError("ERR_LOG_FORMAT", "the log format needs a LogFormat string", {
      hint: `for example ${logFormats.common}, or use the formats common and combined`,
    });
  }
  const columns = request.logColumns?.(logFormat) ?? [];
  return { format: { kind: "log", logFormat }, schema: named(applyByName(request.columns ?? [], columns)) };
}

function resolveText(request: SchemaRequest, sample: Uint8Array, isWhole: boolean): ResolvedSchema {
  const pattern = request.pattern ?? linePattern;
  const flags = (request.flags ?? "").replace(/[gy]/g, "");
  const names = groupNames(pattern, flags);
  const expression = new RegExp(pattern, flags);
  const matches = sampleLines(decodeSample(sample), isWhole).map((line) => expression.exec(line)?.groups);
  const rows = matches
    .filter((groups) => groups !== undefined)
    .map((groups) => names.map((name) => groups[name] || null));
  const types = inferTypes(rows);
  const inferred = names.map((name, i): Column => ({ name, type: types[i] ?? "text" }));
  const unknown = request.columns?.find(({ name }) => !names.includes(name));
  if (unknown) {
    throw new UsageError("ERR_PATTERN", `the pattern has no group named ${JSON.stringify(unknown.name)}`, {
      hint: `its groups are ${names.join(", ")}`,
    });
  }
  const schema = named(applyByName(request.columns ?? [], inferred));
  return { format: { kind: "text", pattern, flags }, schema };
}

function groupNames(pattern: string, flags: string): string[] {
  let names: string[];
  try {
    // With an empty alternative the expression matches anything, and the match lists all groups.
    names = Object.keys(new RegExp(`${pattern}|`, flags).exec("")?.groups ?? {});
  } catch (cause) {
    const hint = "write a JavaScript regular expression with named groups, as in ^(?<level>\\w+) (?<message>.*)$";
    throw new UsageError("ERR_PATTERN", `the pattern does not parse: ${(cause as Error).message}`, { hint, cause });
  }
  if (names.length === 0) {
    throw new UsageError("ERR_PATTERN", "the pattern has no named group, so there is no column", {
      hint: "name what you want to keep: (?<name>…)",
    });
  }
  return names;
}

function checkByte(what: "delimiter" | "quote", given: string): string {
  const value = given === "\\t" || given === "tab" ? "\t" : given;
  if (value.length === 1 && value.charCodeAt(0) < 128 && !"\r\n\0".includes(value)) return value;
  throw new UsageError("ERR_DELIMITER", `the ${what} ${JSON.stringify(given)} is not one byte`, {
    hint: `give one ASCII character${what === "quote" ? ", or nothing for no quotes" : ", for example ; or \\t"}`,
  });
}

function positional(columns: Column[]): Schema {
  return { columns, fields: columns.length };
}

function named(columns: Column[]): Schema {
  return { columns, fields: 0 };
}
