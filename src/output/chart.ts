/**
 * The chart of an html page, drawn as SVG text: lines over time where the result has a timestamp (one line for each of the
 * largest few of the other key), bars otherwise. Pure: rows in, markup out, undefined where there is nothing to draw.
 */
import { cellText, isNumeric } from "./cell.ts";
import { barChart } from "./chart-bars.ts";
import { lineChart } from "./chart-lines.ts";
import type { ResultColumn } from "./output.ts";

export interface Chart {
  title: string;
  /** What was left out, for people; "" when nothing. */
  note: string;
  svg: string;
  /** Name and palette index of each line; empty for bars. */
  legend: { name: string; color: number }[];
}

/** Lines that a reader can still tell apart; the palette has as many colours. */
const linesMax = 6;
/** Bars that fit the page with readable labels. */
const barsMax = 24;

export interface ChartColumns {
  time: number | undefined;
  value: number;
  keys: number[];
}

/** Which columns make the chart; undefined: none does. Keys are what stands before the value; types are all there is to tell. */
export function chartColumns(columns: ResultColumn[]): ChartColumns | undefined {
  const find = (test: (column: ResultColumn) => boolean): number => columns.findIndex(test);
  const time = find((column) => column.type === "timestamp");
  let value = find((column) => isNumeric(column.type));
  let keys = columns.flatMap((column, c) => (column.type === "text" || column.type === "bool" ? [c] : []));
  if (time < 0 && keys.length === 0) {
    keys = value < 0 ? [] : [value];
    value = columns.findIndex((column, c) => c > value && isNumeric(column.type));
  }
  if (value < 0 || (time < 0 && keys.length === 0)) return undefined;
  return { time: time < 0 ? undefined : time, value, keys: keys.filter((c) => c !== value) };
}

/** One point: the joined keys, the time in microseconds, the value. */
export interface Point {
  key: string;
  time: number;
  value: number;
}

/** Reads a row as a point; undefined where time or value is missing or not finite. */
export function pointOf(
  row: unknown[],
  columns: ResultColumn[],
  use: ChartColumns,
  timeZone: string,
): Point | undefined {
  const raw = row[use.value];
  const value = typeof raw === "bigint" ? Number(raw) : raw;
  const time = use.time === undefined ? 0 : row[use.time];
  if (typeof value !== "number" || !Number.isFinite(value)) return undefined;
  if (typeof time !== "number" || !Number.isFinite(time)) return undefined;
  const key = use.keys.map((c) => cellText(row[c], columns[c].type, timeZone)?.slice(0, 200) ?? "NULL").join(" · ");
  return { key, time, value };
}

/** Draws the points; undefined where there are too few to see anything. */
export function drawChart(
  points: Point[],
  columns: ResultColumn[],
  use: ChartColumns,
  timeZone: string,
): Chart | undefined {
  const valueName = columns[use.value].name;
  const by = use.keys.map((c) => columns[c].name).join(", ");
  if (use.time === undefined) return barChart(points, `${valueName} by ${by}`, barsMax);
  const title = `${valueName} over ${columns[use.time].name}${by === "" ? "" : ` by ${by}`}`;
  return lineChart(points, title, valueName, timeZone, linesMax);
}
