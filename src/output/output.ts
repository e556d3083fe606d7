/** The contract of results: named, typed columns and batches of rows, in final order. Writers follow from it. */
export type ResultType = "text" | "int" | "bigint" | "float" | "bool" | "timestamp" | "any";

export interface ResultColumn {
  name: string;
  type: ResultType;
}

/**
 * Batches, column-major: batch.columns[c][row]. text: string; int, float: number (an int may be a bigint beyond 2^53);
 * bool: boolean; timestamp: number of microseconds since the epoch; any: any JSON-like value (Map entries as [value, count] pairs); null everywhere.
 */
export interface Result {
  columns: ResultColumn[];
  batches: AsyncIterable<{ rows: number; columns: unknown[][] }>;
  /** The same rows as lines of text, where who makes them can do that at once; instead of the batches, not beside them. */
  lines?: (style: RowStyle) => AsyncIterable<LinePiece>;
}

/** Some rows, whole lines each. Valid until the next piece is asked for. */
export interface LinePiece {
  rows: number;
  bytes: Uint8Array[];
}

/** How a row becomes a line. Plain data. */
export interface RowStyle {
  quoting: "csv" | "json";
  /** CSV: one character. */
  delimiter: string;
  /** What precedes each column's cell: nothing or a delimiter, or the name in JSON. */
  before: string[];
  /** What stands for null. */
  nullText: string;
  /** What ends the line. */
  end: string;
  timeZone: string;
}

export type OutputFormat = "table" | "csv" | "json" | "ndjson" | "markdown" | "parquet" | "html";
