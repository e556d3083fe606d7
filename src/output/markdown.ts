/** A Markdown table (the GitHub form): numbers aligned right, every cell on one line, nothing in it read as markup. */
import { cellText, isNumeric } from "./cell.ts";
import type { Result } from "./output.ts";
import type { Sink } from "./sink.ts";
import { visible } from "./width.ts";

/** Writes the result; returns the number of rows. */
export async function writeMarkdown(result: Result, sink: Sink, options: { timeZone: string }): Promise<number> {
  const { columns } = result;
  let rows = 0;
  await sink.text(`| ${columns.map((column) => escapeMarkdown(column.name)).join(" | ")} |\n`);
  await sink.text(`| ${columns.map((column) => (isNumeric(column.type) ? "---:" : "---")).join(" | ")} |\n`);
  for await (const batch of result.batches) {
    for (let row = 0; row < batch.rows; row++) {
      const cells = columns.map((column, c) =>
        escapeMarkdown(cellText(batch.columns[c][row], column.type, options.timeZone) ?? ""),
      );
      const full = sink.text(`| ${cells.join(" | ")} |\n`);
      if (full !== undefined) await full;
    }
    rows += batch.rows;
  }
  return rows;
}

/** Line ends become <br>; whatever Markdown or HTML would interpret is escaped, other controls are shown. */
function escapeMarkdown(text: string): string {
  if (/^[\w .,:/-]*$/.test(text) && !/__|:\/\/|\b_|_\b|www\./.test(text)) return text;
  const lines = text.split(/\r\n|\n|\r/).map((line) => {
    const shown = visible(line).replace(/[\\`*_[\]|~]/g, "\\$&");
    return shown.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  });
  return lines.join("<br>");
}
