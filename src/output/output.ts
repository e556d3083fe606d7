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
}

export type OutputFormat = "table" | "csv" | "json" | "ndjson" | "markdown" | "parquet" | "html";
