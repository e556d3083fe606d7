/** Axis ticks at round values and short labels for numbers and times. Pure. */
import { DAY_MICROS, formatTimestamp, HOUR_MICROS, MINUTE_MICROS, SECOND_MICROS } from "../base/calendar.ts";

/** About `count` round ticks that cover low to high; the first and last enclose the data. */
export function ticks(low: number, high: number, count: number): number[] {
  const span = high - low || Math.abs(high) || 1;
  const rough = span / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 2.5, 5, 10].find((factor) => factor * power >= rough) ?? 10);
  const first = Math.floor(low / step);
  const last = Math.max(first + 1, Math.ceil(high / step));
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

const steps = [
  ...[1, 5, 15, 30].map((n) => n * SECOND_MICROS),
  ...[1, 5, 15, 30].map((n) => n * MINUTE_MICROS),
  ...[1, 2, 3, 6, 12].map((n) => n * HOUR_MICROS),
  ...[1, 2, 7, 14, 30, 91, 182, 365, 730, 1826, 3652].map((n) => n * DAY_MICROS),
];

/** Ticks inside low…high (microseconds) at round times, about `count`, with labels as short as the step allows. */
export function timeTicks(low: number, high: number, count: number, timeZone: string): { at: number; label: string }[] {
  const rough = (high - low) / count;
  const step = steps.find((candidate) => candidate >= rough) ?? Math.ceil(rough / DAY_MICROS) * DAY_MICROS;
  const found: { at: number; label: string }[] = [];
  for (let at = Math.ceil(low / step) * step; at <= high; at += step) {
    const text = formatTimestamp(at, timeZone);
    const clock = text.slice(11, step < MINUTE_MICROS ? 19 : 16);
    const newDay = found.length === 0 || clock === "00:00" || clock === "00:00:00";
    const label = step >= DAY_MICROS ? text.slice(0, 10) : newDay ? `${text.slice(5, 10)} ${clock}` : clock;
    found.push({ at, label });
  }
  return found;
}

/** `1734` → `1,734`, `1234567` → `1.235M`, beyond that `1.2e+22`; small numbers keep their decimals. */
export function shortNumber(value: number): string {
  const size = Math.abs(value);
  if (size >= 1e15 || (size > 0 && size < 1e-4)) return String(Number(value.toPrecision(3)));
  if (size < 1e5) return value.toLocaleString("en-US", { maximumSignificantDigits: 5 });
  return new Intl.NumberFormat("en-US", { notation: "compact", maximumSignificantDigits: 4 }).format(value);
}

/** Text safe in HTML and SVG, content and attributes alike. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (found) => `&#${found.charCodeAt(0)};`);
}
