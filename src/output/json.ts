/**
 * JSON: one array of objects, one row a line, streamed; and NDJSON: the same objects without the array. Integers of any
 * size are written digit by digit, NaN and Infinity are null, timestamps ISO 8601 text.
 */
import { jsonText } from "./cell.ts";
import type { Result } from "./output.ts";
import type { Sink } from "./sink.ts";

export interface JsonOptions {
  timeZone: string;
  /** True: one object a line and nothing around them. */
  lines: boolean;
}

/** Writes the result; returns the number of rows. */
export async function writeJson(result: Result, sink: Sink, options: JsonOptions): Promise<number> {
  const names = result.columns.map((column) => JSON.stringify(column.name));
  let rows = 0;
  for await (const batch of result.batches) {
    for (let row = 0; row < batch.rows; row++) {
      let line = "";
      for (let c = 0; c < names.length; c++) {
        const text = jsonText(batch.columns[c][row], result.columns[c].type, options.timeZone);
        line += `${c === 0 ? "{" : ","}${names[c]}:${text}`;
      }
      const before = options.lines ? "" : rows + row === 0 ? "[\n" : ",\n";
      const full = sink.text(options.lines ? `${line}}\n` : `${before}${line}}`);
      if (full !== undefined) await full;
    }
    rows += batch.rows;
  }
  if (!options.lines) await sink.text(rows === 0 ? "[]\n" : "\n]\n");
  return rows;
}
