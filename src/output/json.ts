/**
 * JSON: one array of objects, one row a line, streamed; and NDJSON: the same objects without the array. Integers of any
 * size are written digit by digit, NaN and Infinity are null, timestamps ISO 8601 text.
 */
import type { LinePiece, Result } from "./output.ts";
import { jsonStyle, lineWriter } from "./row-style.ts";
import type { Sink } from "./sink.ts";

export interface JsonOptions {
  timeZone: string;
  /** True: one object a line and nothing around them. */
  lines: boolean;
}

/** Writes the result; returns the number of rows. */
export async function writeJson(result: Result, sink: Sink, options: JsonOptions): Promise<number> {
  const style = jsonStyle(result.columns, options.lines, options.timeZone);
  const rows = result.lines
    ? await copyLines(result.lines(style), sink, options)
    : await writeRows(result, sink, options, lineWriter(style, result.columns));
  if (!options.lines) await sink.text(rows === 0 ? "[]\n" : "\n]\n");
  return rows;
}

async function writeRows(
  { batches }: Result,
  sink: Sink,
  options: JsonOptions,
  line: ReturnType<typeof lineWriter>,
): Promise<number> {
  let rows = 0;
  for await (const batch of batches) {
    for (let row = 0; row < batch.rows; row++) {
      const text = line(batch.columns, row);
      const full = sink.text(options.lines || rows + row > 0 ? text : `[${text.slice(1)}`);
      if (full !== undefined) await full;
    }
    rows += batch.rows;
  }
  return rows;
}

async function copyLines(lines: AsyncIterable<LinePiece>, sink: Sink, options: JsonOptions): Promise<number> {
  let rows = 0;
  for await (const piece of lines) {
    for (const [i, bytes] of piece.bytes.entries()) {
      const isFirst = !options.lines && rows === 0 && i === 0;
      // The first object follows a bracket, where the others follow a comma.
      if (isFirst) await sink.text("[");
      await sink.raw(isFirst ? bytes.subarray(1) : bytes);
    }
    rows += piece.rows;
  }
  return rows;
}
