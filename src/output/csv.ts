/**
 * CSV as RFC 4180 has it, with LF line ends and a header line; TSV by another delimiter. Null is an empty field, the
 * empty text is `""`; lists and objects are JSON text. A row of one null is `""`, since readers skip blank lines.
 */
import { cellText } from "./cell.ts";
import type { Result } from "./output.ts";
import type { Sink } from "./sink.ts";

export interface CsvOptions {
  timeZone: string;
  /** One character. Default ",". */
  delimiter?: string;
}

/** Writes the result; returns the number of rows. */
export async function writeCsv(result: Result, sink: Sink, options: CsvOptions): Promise<number> {
  const delimiter = options.delimiter ?? ",";
  const special = new RegExp(`["\\n\\r${delimiter === "\t" ? "\\t" : delimiter}]`);
  const quote = (text: string): string =>
    text === "" || special.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  const { columns } = result;
  const blank = columns.length === 1 ? '""' : "";
  let rows = 0;
  await sink.text(`${columns.map((column) => quote(column.name)).join(delimiter)}\n`);
  for await (const batch of result.batches) {
    for (let row = 0; row < batch.rows; row++) {
      let line = "";
      for (let c = 0; c < columns.length; c++) {
        const text = cellText(batch.columns[c][row], columns[c].type, options.timeZone);
        line += (c === 0 ? "" : delimiter) + (text === null ? blank : quote(text));
      }
      const full = sink.text(`${line}\n`);
      if (full !== undefined) await full;
    }
    rows += batch.rows;
  }
  return rows;
}
