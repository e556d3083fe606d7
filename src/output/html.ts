/**
 * One self-contained page: heading, facts, chart and a table that sorts by a click. It loads nothing from anywhere (its
 * own policy forbids it), follows the reader's light or dark setting, and carries data only as escaped text, never in a script.
 */
import { HTML_CHART_ROWS_MAX, HTML_ROWS_MAX } from "../base/limits.ts";
import { cellText, isNumeric } from "./cell.ts";
import { type Chart, chartColumns, drawChart, type Point, pointOf } from "./chart.ts";
import { escapeHtml } from "./chart-scale.ts";
import { pageScript, pageStyle } from "./html-assets.ts";
import type { Result, ResultColumn } from "./output.ts";
import type { Sink } from "./sink.ts";
import { visible } from "./width.ts";

export interface HtmlOptions {
  timeZone: string;
  title?: string;
  description?: string;
  meta?: Record<string, string>;
}

/** Writes the page; returns the number of rows of the result (the page shows HTML_ROWS_MAX of them). */
export async function writeHtml(result: Result, sink: Sink, options: HtmlOptions): Promise<number> {
  const { columns } = result;
  const use = chartColumns(columns);
  const points: Point[] = [];
  const lines: string[] = [];
  let rows = 0;
  for await (const batch of result.batches) {
    for (let row = 0; row < batch.rows; row++, rows++) {
      if (rows >= HTML_CHART_ROWS_MAX) continue;
      const values = columns.map((_, c) => batch.columns[c][row]);
      const point = use && pointOf(values, columns, use, options.timeZone);
      if (point !== undefined) points.push(point);
      if (rows < HTML_ROWS_MAX) lines.push(rowMarkup(values, columns, options.timeZone));
    }
  }
  const chart = use && drawChart(points, columns, use, options.timeZone);
  await sink.text(headMarkup(options));
  if (chart !== undefined) await sink.text(chartMarkup(chart, rows));
  await sink.text(tableHead(columns, rows));
  for (const line of lines) await sink.text(line);
  await sink.text(`</tbody></table></div></section></main><script>${pageScript}</script></body></html>\n`);
  return rows;
}

function headMarkup(options: HtmlOptions): string {
  const title = escapeHtml(visible(options.title ?? "Threadmill result"));
  const description = options.description ? `<p>${escapeHtml(visible(options.description))}</p>` : "";
  const facts = Object.entries(options.meta ?? {}).map(
    ([name, value]) => `<div><dt>${escapeHtml(visible(name))}</dt><dd>${escapeHtml(visible(value))}</dd></div>`,
  );
  const policy = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'";
  return (
    `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${policy}">` +
    `<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">` +
    `<title>${title}</title><style>${pageStyle}</style></head><body><main><header><h1>${title}</h1>${description}` +
    `${facts.length > 0 ? `<dl>${facts.join("")}</dl>` : ""}</header>\n`
  );
}

function chartMarkup(chart: Chart, rows: number): string {
  const legend = chart.legend.map(
    ({ name, color }) =>
      `<li><i class="k${color}"></i><span title="${escapeHtml(name)}">${escapeHtml(name)}</span></li>`,
  );
  const cut =
    rows > HTML_CHART_ROWS_MAX ? ` Drawn from the first ${HTML_CHART_ROWS_MAX.toLocaleString("en-US")} rows.` : "";
  const note = chart.note + cut;
  return (
    `<section><h2>${escapeHtml(visible(chart.title))}</h2>${note === "" ? "" : `<p class="note">${note.trim()}</p>`}${chart.svg}` +
    `${legend.length > 0 ? `<ul class="legend">${legend.join("")}</ul>` : ""}</section>\n`
  );
}

function tableHead(columns: ResultColumn[], rows: number): string {
  const count = `${rows.toLocaleString("en-US")} row${rows === 1 ? "" : "s"}`;
  const cut = rows > HTML_ROWS_MAX ? `, the first ${HTML_ROWS_MAX.toLocaleString("en-US")} shown here` : "";
  const heads = columns.map(
    (column) =>
      `<th scope="col"${isNumeric(column.type) ? ' class="n"' : ""}><button>${escapeHtml(visible(column.name))}</button></th>`,
  );
  return `<section><h2>${count}${cut}</h2><div class="scroll"><table><thead><tr>${heads.join("")}</tr></thead><tbody>\n`;
}

function rowMarkup(values: unknown[], columns: ResultColumn[], timeZone: string): string {
  const cells = columns.map((column, c) => {
    const text = cellText(values[c], column.type, timeZone);
    const align = isNumeric(column.type) ? "n" : column.type === "timestamp" ? "t" : "";
    if (text === null) return `<td class="${`${align} null`.trim()}">null</td>`;
    return `<td${align === "" ? "" : ` class="${align}"`}>${escapeHtml(visible(text))}</td>`;
  });
  return `<tr>${cells.join("")}</tr>\n`;
}
