/** Lines over time, one for each of the largest few keys, with a legend. Pure. */

import { formatTimestamp } from "../base/calendar.ts";
import type { Chart, Point } from "./chart.ts";
import { escapeHtml, shortNumber, ticks, timeTicks } from "./chart-scale.ts";
import { visible } from "./width.ts";

const width = 960;
const height = 340;
const left = 64;
const right = 24;
const top = 12;
const bottom = 30;
/** Dots on the points help while they are few; beyond they are the line. */
const dotsMax = 200;

/** Lines of the `most` keys with the largest sums. Values of equal key and time are added up. */
export function lineChart(
  points: Point[],
  title: string,
  valueName: string,
  timeZone: string,
  most: number,
): Chart | undefined {
  const series = new Map<string, Map<number, number>>();
  for (const { key, time, value } of points) {
    const line = series.get(key) ?? series.set(key, new Map()).get(key)!;
    line.set(time, (line.get(time) ?? 0) + value);
  }
  const total = (line: Map<number, number>): number => line.values().reduce((sum, value) => sum + Math.abs(value), 0);
  const chosen = [...series].sort((a, b) => total(b[1]) - total(a[1])).slice(0, most);
  const times = chosen.flatMap(([, line]) => [...line.keys()]);
  if (new Set(times).size < 2) return undefined;
  const values = chosen.flatMap(([, line]) => [...line.values()]);
  const [start, end] = [least(times), -least(times.map((time) => -time))];
  const marks = ticks(Math.min(0, least(values)), Math.max(0, -least(values.map((value) => -value))), 5);
  const [low, high] = [marks[0], marks[marks.length - 1]];
  const x = (time: number): number => round(left + ((time - start) / (end - start)) * (width - left - right));
  const y = (value: number): number =>
    round(height - bottom - ((value - low) / (high - low)) * (height - top - bottom));
  const across = marks.map(
    (mark) =>
      `<line class="grid" x1="${left}" x2="${width - right}" y1="${y(mark)}" y2="${y(mark)}"/>` +
      `<text class="tick" x="${left - 8}" y="${y(mark) + 4}" text-anchor="end">${shortNumber(mark)}</text>`,
  );
  const along = timeTicks(start, end, 8, timeZone).map(
    ({ at, label }) =>
      `<line class="mark" x1="${x(at)}" x2="${x(at)}" y1="${height - bottom}" y2="${height - bottom + 5}"/>` +
      `<text class="tick" x="${x(at)}" y="${height - 8}" text-anchor="middle">${label}</text>`,
  );
  const lines = chosen.map(([key, line], i) => {
    const sorted = [...line].sort((a, b) => a[0] - b[0]);
    const name = escapeHtml(visible(key === "" ? valueName : key));
    const path = sorted.map(([time, value]) => `${x(time)},${y(value)}`).join(" ");
    const dots = times.length > dotsMax ? [] : sorted;
    const dot = ([time, value]: [number, number]): string =>
      `<circle class="c${i}" cx="${x(time)}" cy="${y(value)}" r="3"><title>${name}\n${formatTimestamp(time, timeZone)}: ${value.toLocaleString("en-US")}</title></circle>`;
    return `<polyline class="l${i}" points="${path}"><title>${name}</title></polyline>${dots.map(dot).join("")}`;
  });
  // The largest comes first in the legend and last in the drawing, so that it lies on top.
  const body = across.join("") + along.join("") + lines.reverse().join("");
  return {
    title,
    note: series.size > chosen.length ? `The ${chosen.length} largest of ${series.size.toLocaleString("en-US")}.` : "",
    svg: `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${escapeHtml(title)}">${body}</svg>`,
    legend: chosen.length < 2 ? [] : chosen.map(([key], color) => ({ name: visible(key), color })),
  };
}

/** Math.min over any number of values: spreading 100,000 arguments overflows the stack. */
function least(values: number[]): number {
  return values.reduce((found, value) => Math.min(found, value), Infinity);
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
