/**
 * The naive reader: whole source in memory, one character at a time or by regular expression and JSON.parse, slow and
 * plain to see. It is what the fast parsers are compared with, and it shares no code with them.
 */
import type { Batch, Format, Parser, ParserOptions, RejectReason } from "../../src/input/batch.ts";
import { naiveLogLine } from "./naive-log.ts";

export interface PlainRow {
  offset: number;
  line: number;
  values: (string | null)[];
}

export interface PlainRejected {
  reason: RejectReason;
  offset: number;
  line: number;
  raw: string;
}

export interface PlainResult {
  rows: PlainRow[];
  rejected: PlainRejected[];
}

/** A record's bytes as a latin1 string (one character per byte), and its fields where they are text already. */
interface RawRecord {
  offset: number;
  line: number;
  /** Without the line end. */
  raw: string;
  fields: string[];
  reason: RejectReason | undefined;
}

/** All rows of a source, from its first byte to its last. */
export function naiveParse(source: Uint8Array, options: ParserOptions): PlainResult {
  const text = Buffer.from(source).toString("latin1");
  const start = text.startsWith("\u00ef\u00bb\u00bf") ? 3 : 0;
  const { format } = options;
  return format.kind === "csv" ? naiveCsv(text, start, options, format) : naiveLines(text, start, options);
}

function naiveCsv(text: string, start: number, options: ParserOptions, format: Format & { kind: "csv" }): PlainResult {
  const result: PlainResult = { rows: [], rejected: [] };
  let fields = options.schema.fields;
  let headerDue = format.header;
  for (const record of csvRecords(text, start, format)) {
    if (record.raw === "" && fields !== 1) continue;
    const broken =
      record.raw.length > options.lineBytesMax
        ? "line-too-long"
        : record.raw.includes("\0")
          ? "nul-byte"
          : record.reason;
    const count = record.fields.length;
    // The first whole record says how many fields there are, where nobody else did.
    if (fields === 0 && broken === undefined) fields = count;
    const isHeader = headerDue && broken !== "line-too-long" && record.reason !== "unterminated-quote";
    headerDue = false;
    if (isHeader) continue;
    const reason = broken ?? (count < fields ? "too-few-fields" : count > fields ? "too-many-fields" : undefined);
    const { offset, line, raw } = record;
    if (reason !== undefined) result.rejected.push({ reason, offset, line, raw });
    else {
      const values = options.wanted.map((i) => (record.fields[i] ? utf8(record.fields[i]) : null));
      result.rows.push({ offset, line, values });
    }
  }
  return result;
}

/** Records by a state machine over characters. */
function* csvRecords(text: string, start: number, format: Format & { kind: "csv" }): Generator<RawRecord> {
  let line = 0;
  let i = start;
  while (i < text.length) {
    const record: RawRecord = { offset: i, line, raw: "", fields: [], reason: undefined };
    let field = "";
    let atStart = true;
    let quoted = false;
    let afterQuote = false;
    for (; ; i++) {
      const c = text[i];
      if (c === undefined) {
        if (quoted) record.reason = "unterminated-quote";
        break;
      }
      if (quoted) {
        if (c === "\n") line++;
        if (c !== format.quote) field += c;
        else if (text[i + 1] === format.quote) {
          field += c;
          i++;
        } else {
          quoted = false;
          afterQuote = true;
        }
        continue;
      }
      if (c === "\n" || (c === "\r" && text[i + 1] === "\n")) break;
      if (c === format.delimiter) {
        record.fields.push(field);
        field = "";
        atStart = true;
        afterQuote = false;
        continue;
      }
      if (c === format.quote && atStart) quoted = true;
      else {
        if (afterQuote) record.reason ??= "text-after-quote";
        field += c;
      }
      atStart = false;
    }
    record.fields.push(field);
    record.raw = text.slice(record.offset, i);
    i += text[i] === "\r" ? 2 : 1;
    line++;
    yield record;
  }
}

function naiveLines(text: string, start: number, options: ParserOptions): PlainResult {
  const result: PlainResult = { rows: [], rejected: [] };
  const read = lineReader(options);
  let offset = start;
  text
    .slice(start)
    .split("\n")
    .forEach((whole, line, all) => {
      const isLast = line === all.length - 1;
      const raw = !isLast && whole.endsWith("\r") ? whole.slice(0, -1) : whole;
      const at = offset;
      offset += whole.length + 1;
      if (isLast && whole === "") return;
      const reason: RejectReason | undefined =
        raw.length > options.lineBytesMax ? "line-too-long" : raw.includes("\0") ? "nul-byte" : undefined;
      const outcome = reason ?? read(raw);
      if (typeof outcome === "string") result.rejected.push({ reason: outcome, offset: at, line, raw });
      else if (outcome !== undefined) result.rows.push({ offset: at, line, values: outcome });
    });
  return result;
}

/** Takes the line's bytes as latin1. */
type LineReader = (line: string) => (string | null)[] | RejectReason | undefined;

function lineReader(options: ParserOptions): LineReader {
  const { format } = options;
  const names = options.wanted.map((i) => options.schema.columns[i].name);
  if (format.kind === "ndjson") return (line) => readJson(utf8(line), names);
  if (format.kind === "log") {
    return (line) => {
      if (/^[ \t\r]*$/.test(line)) return undefined;
      const found = naiveLogLine(line, format.logFormat);
      return found === undefined ? "no-match" : names.map((name) => (found.has(name) ? utf8(found.get(name)!) : null));
    };
  }
  if (format.kind !== "text") throw new Error(`no naive reader for ${format.kind}`);
  return (bytes) => {
    const line = utf8(bytes);
    const match = new RegExp(format.pattern, format.flags).exec(line);
    if (match === null) return line === "" ? undefined : "no-match";
    return names.map((name) => match.groups?.[name] ?? null);
  };
}

function readJson(line: string, names: string[]): (string | null)[] | RejectReason | undefined {
  if (/^[ \t\r]*$/.test(line)) return undefined;
  let value: unknown;
  try {
    value = parseJson(line);
  } catch {
    return "bad-json";
  }
  if (typeof value !== "object" || value === null || Array.isArray(value) || isRaw(value)) return "bad-json";
  return names.map((name) => {
    const found = own(value, name) ?? name.split(".").reduce<unknown>((at, key) => own(at, key), value);
    if (found === undefined || found === null) return null;
    return typeof found === "string" ? Buffer.from(found).toString() : JSON.stringify(found);
  });
}

// Not in TypeScript's library so far: what was written for a value, and numbers that keep it.
interface RawJson {
  rawJSON: string;
}
const { rawJSON, isRawJSON } = JSON as unknown as {
  rawJSON(text: string): RawJson;
  isRawJSON(value: unknown): value is RawJson;
};

/** JSON.parse, but numbers stay as they were written. (Beside some keys, such as "constructor", V8 gives no source.) */
function parseJson(text: string): unknown {
  const keep = (_key: string, value: unknown, context: { source?: string }): unknown =>
    typeof value === "number" ? rawJSON(context.source ?? String(value)) : value;
  return JSON.parse(text, keep as (key: string, value: unknown) => unknown);
}

function isRaw(value: unknown): boolean {
  return isRawJSON(value);
}

/** Objects and arrays come as written: the same text without spaces and escapes, to be compared. Other text as it is. */
export function normalJson(value: string | null): string | null {
  if (value === null || !/^[[{]/.test(value)) return value;
  try {
    return JSON.stringify(parseJson(value));
  } catch {
    return value;
  }
}

function own(value: unknown, key: string): unknown {
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  return isObject && Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : undefined;
}

function utf8(latin1: string): string {
  return Buffer.from(latin1, "latin1").toString("utf8");
}

/** A batch as plain rows. */
function plainBatch(batch: Batch): PlainResult {
  const rows = Array.from({ length: batch.rows }, (_, row) => ({
    offset: batch.base + batch.starts[row],
    line: batch.lines[row],
    values: Array.from({ length: batch.columns }, (_, column) => plainField(batch, row, column)),
  }));
  const rejected = batch.rejected.map(({ reason, offset, line, raw }) => ({
    reason,
    offset,
    line,
    raw: Buffer.from(raw).toString("latin1"),
  }));
  return { rows, rejected };
}

function plainField(batch: Batch, row: number, column: number): string | null {
  const at = (row * batch.columns + column) * 2;
  const end = batch.ranges[at + 1];
  return end < 0 ? null : Buffer.from(batch.bytes.subarray(batch.ranges[at], end)).toString();
}

/** Runs a real parser over source[start..], cut at the given offsets, until it is done. */
export function parseChunks(
  parser: Parser,
  source: Uint8Array,
  range: { start: number; end: number; first: boolean },
  cuts: number[],
  inPlace = false,
): PlainResult {
  const result: PlainResult = { rows: [], rejected: [] };
  parser.begin(range);
  const borders = [...new Set([range.start, ...cuts, source.length])]
    .filter((at) => at >= range.start)
    .sort((a, b) => a - b);
  for (let i = 1; i <= Math.max(1, borders.length - 1) && !parser.done; i++) {
    const end = borders[i] ?? source.length;
    const chunk = source.subarray(borders[i - 1], end);
    let given = chunk;
    if (inPlace) {
      given = parser.reserve(chunk.length + 7).subarray(0, chunk.length);
      given.set(chunk);
    }
    const { rows, rejected } = plainBatch(parser.push(given, end === source.length));
    result.rows.push(...rows);
    result.rejected.push(...rejected);
  }
  result.rejected.sort((a, b) => a.offset - b.offset);
  return result;
}
