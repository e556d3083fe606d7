/**
 * CSV as RFC 4180 has it, with LF line ends and a header line; TSV by another delimiter. Null is an empty field, the
 * empty text is `""`; lists and objects are JSON text. A row of one null is `""`, since readers skip blank lines.
 */
import type { Result } from "./output.ts";
import { csvQuoter, csvStyle, lineWriter } from "./row-style.ts";
import type { Sink } from "./sink.ts";

export interface CsvOptions {
  timeZone: string;
  /** One character. Default ",". */
  delimiter?: string;
}

/** Writes the result; returns the number of rows. */
export async function writeCsv(result: Result, sink: Sink, options: CsvOptions): Promise<number> {
  const delimiter = options.delimiter ?? ",";
  const { columns } = result;
  const style = csvStyle(columns, delimiter, options.timeZone);
  const quote = csvQuoter(delimiter);
  await sink.text(`${columns.map((column) => quote(column.name)).join(delimiter)}\n`);
  let rows = 0;
  if (result.lines) {
    for await (const piece of result.lines(style)) {
      for (const bytes of piece.bytes) await sink.raw(bytes);
      rows += piece.rows;
    }
    return rows;
  }
  const line = lineWriter(style, columns);
  for await (const batch of result.batches) {
    for (let row = 0; row < batch.rows; row++) {
      const full = sink.text(line(batch.columns, row));
      if (full !== undefined) await full;
    }
    rows += batch.rows;
  }
  return rows;
}
