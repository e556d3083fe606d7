/** Horizontal bars, one for a key: labels stay readable however long they are. Pure. */
import type { Chart, Point } from "./chart.ts";
import { escapeHtml, shortNumber, ticks } from "./chart-scale.ts";
import { cutToWidth, visible } from "./width.ts";

const width = 960;
const left = 260;
const right = 64;
const top = 8;
const barHeight = 22;

/** The largest `most` keys as bars, in the order of the result. Values of equal keys are added up. */
export function barChart(points: Point[], title: string, most: number): Chart | undefined {
  const sums = new Map<string, number>();
  for (const { key, value } of points) sums.set(key, (sums.get(key) ?? 0) + value);
  if (sums.size === 0) return undefined;
  const largest = [...sums].sort((a, b) => Math.abs(b[1]) - Math.abs(a[1])).slice(0, most);
  const chosen = new Set(largest.map(([key]) => key));
  const bars = [...sums].filter(([key]) => chosen.has(key));
  const values = bars.map(([, value]) => value);
  const marks = ticks(Math.min(0, ...values), Math.max(0, ...values), 5);
  const [low, high] = [marks[0], marks[marks.length - 1]];
  const x = (value: number): number => left + ((value - low) / (high - low)) * (width - left - right);
  const bottom = top + bars.length * barHeight;
  const grid = marks.map(
    (mark) =>
      `<line class="grid" x1="${round(x(mark))}" x2="${round(x(mark))}" y1="${top}" y2="${bottom}"/>` +
      `<text class="tick" x="${round(x(mark))}" y="${bottom + 18}" text-anchor="middle">${shortNumber(mark)}</text>`,
  );
  const drawn = bars.map(([key, value], i) => {
    const y = top + i * barHeight;
    const [from, to] = [x(Math.min(0, value)), x(Math.max(0, value))];
    const name = escapeHtml(visible(key));
    return (
      `<g><title>${name}: ${value.toLocaleString("en-US")}</title>` +
      `<text x="${left - 10}" y="${y + 15}" text-anchor="end">${escapeHtml(cutToWidth(visible(key), 36))}</text>` +
      `<rect class="bar" x="${round(from)}" y="${y + 3}" width="${round(Math.max(1, to - from))}" height="${barHeight - 6}" rx="2"/>` +
      `<text class="tick" x="${round(to + 6)}" y="${y + 15}">${shortNumber(value)}</text></g>`
    );
  });
  const svg = `<svg viewBox="0 0 ${width} ${bottom + 26}" role="img" aria-label="${escapeHtml(title)}">${grid.join("")}${drawn.join("")}</svg>`;
  const note = sums.size > bars.length ? `The ${bars.length} largest of ${sums.size.toLocaleString("en-US")}.` : "";
  return { title, note, svg, legend: [] };
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
