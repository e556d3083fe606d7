/**
 * The contract between bytes and rows. Frozen early: parsers, kernel and job follow from it.
 *
 * A parser does no I/O: chunks in, batches out. A record belongs to the split in which its first byte lies, so a
 * parser is told where its split ends and goes on past that until the record it is in is complete.
 *
 * Layout of a batch: `ranges` holds two numbers per row and wanted column, row-major:
 *
 *     ranges[(row * columns + column) * 2]      start of the field's content in `bytes`
 *     ranges[(row * columns + column) * 2 + 1]  its end (exclusive), or -1: the field is null
 *
 * Content means decoded: outer quotes are gone, doubled quotes and JSON or log escapes are resolved (the parser writes
 * such content to a scratch region of the same `bytes`). A batch is valid until the next push.
 */

export type ColumnType = "text" | "int" | "bigint" | "float" | "bool" | "timestamp";

/** One column of the source. */
export interface Column {
  name: string;
  type: ColumnType;
}

/** How the bytes of a source are to be read. Plain data: it travels in a plan. */
export type Format =
  | CsvFormat
  | { kind: "ndjson" }
  /** Apache LogFormat or nginx log_format string; `common` and `combined` are resolved to theirs before. */
  | { kind: "log"; logFormat: string }
  /** A regular expression with named groups, one record per line; flags without g and y. */
  | { kind: "text"; pattern: string; flags: string };

export interface CsvFormat {
  kind: "csv";
  /** One byte, as a one-character string. */
  delimiter: string;
  /** One byte, or "" where quotes mean nothing. */
  quote: string;
  header: boolean;
}

/** Which columns of the source a reader wants, in the order of `ranges`. */
export interface Schema {
  /** All columns of the source, in file order (CSV: by position; other formats: by name, NDJSON by path `a.b`). */
  columns: Column[];
  /** CSV: the number of fields that each row must have (0: whatever the first row has). Other formats: 0. */
  fields: number;
}

export type RejectReason =
  | "too-few-fields"
  | "too-many-fields"
  | "unterminated-quote"
  | "text-after-quote"
  | "line-too-long"
  | "nul-byte"
  | "invalid-utf8"
  | "bad-json"
  | "no-match"
  | "bad-int"
  | "bad-bigint"
  | "bad-float"
  | "bad-bool"
  | "bad-timestamp";

/** A row that was not accepted. `offset` is absolute in the (decompressed) source, `line` counts from the split's first line (0). */
export interface Rejected {
  reason: RejectReason;
  /** What is wrong with it, for people: names the column and the value where there is one. */
  message: string;
  offset: number;
  line: number;
  /** The record's bytes, verbatim, without the final line end (a copy; of a line that is too long at most 1 MiB). */
  raw: Uint8Array;
}

export interface Batch {
  rows: number;
  /** Wanted columns per row: the stride of `ranges`. */
  columns: number;
  bytes: Uint8Array;
  ranges: Int32Array;
  /** Per row: absolute offset of its first byte is `base + starts[row]`. */
  base: number;
  starts: Int32Array;
  /** Per row: end (exclusive, without the line end) of its raw bytes, relative like `starts`: bytes[starts[row]..ends[row]]. */
  ends: Int32Array;
  /** Per row: physical line number counted from the split's first line (0). */
  lines: Int32Array;
  rejected: Rejected[];
  /** True: no byte of the rows, decoded or not, is above 127, so that their text needs no check. Otherwise nobody looked, or one is. */
  ascii?: boolean;
}

export interface ParserOptions {
  format: Format;
  schema: Schema;
  /** Indexes into schema.columns that are wanted, in the order of `ranges`. Only these are located and decoded. */
  wanted: number[];
  lineBytesMax: number;
}

/** Where a parser starts and stops; offsets are absolute in the (decompressed) source. */
export interface ParserRange {
  start: number;
  /** Records whose first byte lies at or after `end` are not read. Infinity: to the end of the source. */
  end: number;
  /** The split is the beginning of the source: a BOM is skipped, and the header line where the format has one. */
  first: boolean;
}

export interface Parser {
  /** Starts a new range, dropping whatever is left of the one before. */
  begin(range: ParserRange): void;
  /** Room for the next chunk inside the parser's own buffer: fill a prefix and pass it to push, which then copies nothing. */
  reserve(bytes: number): Uint8Array;
  /** Parses one chunk. `last`: the source ends after it. Chunks after `done` are ignored. The batch may have no rows. */
  push(chunk: Uint8Array, last: boolean): Batch;
  /** True once a record at or after `end` was met, or the source ended. */
  readonly done: boolean;
  /** Absolute offset of the next record's first byte: the proof that the next split's start is right. */
  readonly position: number;
  /** Physical lines consumed since begin. */
  readonly lines: number;
}
