/**
 * A table for people: a bold header over a rule, numbers to the right, text cut with … where the terminal is narrow,
 * columns left out in the middle where even that does not help, and the number of rows at the end. Data cannot drive
 * the terminal: control characters are shown, not sent.
 */
import { styleText } from "node:util";
import { TABLE_ROWS_SHOWN, TABLE_WIDTH_ROWS } from "../base/limits.ts";
import { cellText, isNumeric } from "./cell.ts";
import type { Result } from "./output.ts";
import type { Sink } from "./sink.ts";
import { fitColumns } from "./table-fit.ts";
import { cutToWidth, padToWidth, textWidth, visible } from "./width.ts";

export interface TableOptions {
  timeZone: string;
  /** Terminal columns to fit into. Undefined: as wide as the data. */
  width?: number;
  /** Most rows shown: the first and last half of them. Default: TABLE_ROWS_SHOWN with `width`, else all. */
  rowsShown?: number;
  color?: boolean;
}

/** A null cell stays null until it is drawn, so that it can look different from the text NULL. */
type Cells = (string | null)[];

const nullText = "NULL";
const gap = "  ";

/** Writes the result; returns the number of rows. */
export async function writeTable(result: Result, sink: Sink, options: TableOptions): Promise<number> {
  const shown = options.rowsShown ?? (options.width === undefined ? Infinity : TABLE_ROWS_SHOWN);
  return shown === Infinity ? writeAll(result, sink, options) : writeEnds(result, sink, options, shown);
}

/** All rows; the widths come from the first TABLE_WIDTH_ROWS. */
async function writeAll(result: Result, sink: Sink, options: TableOptions): Promise<number> {
  let waiting: Cells[] | undefined = [];
  let draw: ((cells: Cells) => string) | undefined;
  let rows = 0;
  const start = async (): Promise<void> => {
    const layout = layOut(result, waiting!, options);
    draw = layout.row;
    await sink.text(layout.header);
    for (const cells of waiting!) await sink.text(draw(cells));
    waiting = undefined;
  };
  for await (const cells of rowsOf(result, options)) {
    rows++;
    if (draw !== undefined) await sink.text(draw(cells));
    else if (waiting!.push(cells) >= TABLE_WIDTH_ROWS) await start();
  }
  if (draw === undefined) await start();
  await sink.text(`${dim(countText(rows), options)}\n`);
  return rows;
}

/** The first and the last rows, in bounded memory; all where they are few enough. */
async function writeEnds(result: Result, sink: Sink, options: TableOptions, shown: number): Promise<number> {
  const headRows = Math.max(1, Math.ceil(shown / 2));
  const tailRows = Math.max(1, Math.floor(shown / 2));
  const head: Cells[] = [];
  const tail: Cells[] = [];
  let rows = 0;
  for await (const cells of rowsOf(result, options)) {
    if (rows < headRows) head.push(cells);
    else tail[(rows - headRows) % tailRows] = cells;
    rows++;
  }
  const hidden = rows - head.length - tail.length;
  const turn = hidden > 0 ? (rows - headRows) % tailRows : 0;
  const last = [...tail.slice(turn), ...tail.slice(0, turn)];
  const layout = layOut(result, [...head, ...last], options);
  await sink.text(layout.header);
  for (const cells of head) await sink.text(layout.row(cells));
  if (hidden > 0) await sink.text(layout.ellipsis);
  for (const cells of last) await sink.text(layout.row(cells));
  const note =
    hidden > 0 ? `${countText(rows)} (the first ${head.length} and last ${last.length} shown)` : countText(rows);
  const columns = layout.hidden > 0 ? `, ${result.columns.length} columns (${layout.shown} shown)` : "";
  await sink.text(`${dim(note + columns, options)}\n`);
  return rows;
}

async function* rowsOf(result: Result, options: TableOptions): AsyncGenerator<Cells> {
  // On a terminal nobody sees more of a cell than its width: the rest of a huge text need not be measured.
  const charsMax = options.width === undefined ? Infinity : options.width * 16;
  for await (const batch of result.batches) {
    for (let row = 0; row < batch.rows; row++) {
      yield result.columns.map((column, c) => {
        const text = cellText(batch.columns[c][row], column.type, options.timeZone);
        return text === null ? null : visible(text.length > charsMax ? text.slice(0, charsMax) : text);
      });
    }
  }
}

interface Layout {
  header: string;
  ellipsis: string;
  row(cells: Cells): string;
  shown: number;
  hidden: number;
}

function layOut(result: Result, rows: Cells[], options: TableOptions): Layout {
  const names = result.columns.map((column) => visible(column.name));
  const numeric = result.columns.map((column) => isNumeric(column.type));
  const natural = names.map((name, c) =>
    rows.reduce((most, cells) => Math.max(most, textWidth(cells[c] ?? nullText)), Math.max(1, textWidth(name))),
  );
  // Half a number or half a time misleads; half a text does not.
  const rigid = result.columns.map((column, c) => numeric[c] || column.type === "timestamp");
  const fit = fitColumns(natural, rigid, options.width, gap.length);
  const line = (cell: (c: number) => string, cut: string): string =>
    `${fit
      .map((place) => (place === "cut" ? cut : cell(place.column)))
      .join(gap)
      .trimEnd()}\n`;
  const width = new Map(fit.filter((place) => place !== "cut").map((place) => [place.column, place.width]));
  const draw = (text: string, c: number): string => {
    const most = width.get(c)!;
    return padToWidth(options.width === undefined ? text : cutToWidth(text, most), most, numeric[c]);
  };
  return {
    header:
      line((c) => bold(draw(names[c], c), options), bold("…", options)) +
      line((c) => dim("─".repeat(width.get(c)!), options), dim("─", options)),
    ellipsis: line((c) => dim(draw("⋮", c), options), " "),
    row: (cells) =>
      line((c) => {
        const text = cells[c];
        return text === null ? dim(draw(nullText, c), options) : draw(text, c);
      }, "…"),
    shown: width.size,
    hidden: names.length - width.size,
  };
}

function countText(rows: number): string {
  return `${rows.toLocaleString("en-US")} row${rows === 1 ? "" : "s"}`;
}

function bold(text: string, options: TableOptions): string {
  return options.color ? styleText("bold", text, { validateStream: false }) : text;
}

function dim(text: string, options: TableOptions): string {
  return options.color ? styleText("dim", text, { validateStream: false }) : text;
}
