/**
 * How a row becomes a line of CSV or JSON, as plain data: the writers here follow it, and so does whoever makes the
 * lines elsewhere (workers, where there are millions of rows). Not for: headers, and what stands around all rows.
 */
import { cellText, jsonText } from "./cell.ts";
import type { ResultColumn, RowStyle } from "./output.ts";

/** CSV: a row of one null is `""`, since readers skip blank lines. */
export function csvStyle(columns: ResultColumn[], delimiter: string, timeZone: string): RowStyle {
  return {
    quoting: "csv",
    delimiter,
    before: columns.map((_, c) => (c === 0 ? "" : delimiter)),
    nullText: columns.length === 1 ? '""' : "",
    end: "\n",
    timeZone,
  };
}

/** `lines`: one object a line; else an object of an array, with the comma of the one before it. */
export function jsonStyle(columns: ResultColumn[], lines: boolean, timeZone: string): RowStyle {
  const open = lines ? "{" : ",\n{";
  return {
    quoting: "json",
    delimiter: "",
    before: columns.map(({ name }, c) => `${c === 0 ? open : ","}${JSON.stringify(name)}:`),
    nullText: "null",
    end: lines ? "}\n" : "}",
    timeZone,
  };
}

/** Quotes a text where CSV asks for it. */
export function csvQuoter(delimiter: string): (text: string) => string {
  const special = new RegExp(`["\\n\\r${delimiter === "\t" ? "\\t" : delimiter}]`);
  return (text) => (text === "" || special.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
}

/** The text of a column's cells, ready to be written; null for null. */
export function cellWriter(
  { quoting, delimiter, timeZone }: RowStyle,
  { type }: ResultColumn,
): (value: unknown) => string | null {
  if (quoting === "json") return (value) => jsonText(value, type, timeZone);
  const quote = csvQuoter(delimiter);
  return (value) => {
    const text = cellText(value, type, timeZone);
    return text === null ? null : quote(text);
  };
}

/** The function that makes the line of a row. */
export function lineWriter(style: RowStyle, columns: ResultColumn[]): (cells: unknown[][], row: number) => string {
  const write = columns.map((column) => cellWriter(style, column));
  const { before, nullText, end } = style;
  return (cells, row) => {
    let line = "";
    for (let c = 0; c < write.length; c++) line += before[c] + (write[c](cells[c][row]) ?? nullText);
    return line + end;
  };
}
