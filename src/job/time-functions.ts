/** Functions of times: truncation to a unit, calendar parts, time as a number. Time zones are zone.ts's. */
import { DAY_MICROS, MINUTE_MICROS } from "../base/calendar.ts";
import { isUtc, zoneOffsetMicros } from "../base/zone.ts";
import type { BoundFunction } from "./node.ts";
import { NumberOutput, timesOf } from "./vectors.ts";
import { fixedStep, parter, type TimePart, type TimeUnit, truncater } from "./zone.ts";

/** Clocks jump at full quarters of an hour (of UTC), as a rule; that they do is checked. */
const QUARTER_MICROS = 15 * MINUTE_MICROS;
/** Three years of quarters of an hour. */
const QUARTERS_MAX = 100_000;

/** A function of times whose answer is the same all through a unit: neighbouring rows, which are of one, cost two comparisons each. */
function ofUnit(
  unit: TimeUnit,
  kind: "timestamp" | "int",
  bind: (zone: string) => (micros: number) => number,
): BoundFunction {
  return ([time, zone], context) => {
    const name = (zone?.constant?.value as string | undefined) ?? context.timeZone;
    const around = isUtc(name) ? utcSpans(unit, bind(name)) : zoneSpans(unit, name, bind(name));
    const output = new NumberOutput(kind, context.arrays);
    const view = new NumberOutput("timestamp");
    let span = around(0);
    return (frame) => {
      const { values, nulls } = timesOf(time.evaluate(frame), frame.n, view);
      const out = output.take(frame.n);
      const answers = out.values;
      let { start, end, answer } = span;
      for (let i = 0; i < frame.n; i++) {
        const value = values[i];
        if (!(value >= start && value < end)) ({ start, end, answer } = span = around(value));
        answers[i] = answer;
      }
      out.nulls = nulls;
      return out;
    };
  };
}

/** The answer for all times from `start` to (not with) `end`. */
interface Span {
  start: number;
  end: number;
  answer: number;
}

function utcSpans(unit: TimeUnit, compute: (micros: number) => number): (micros: number) => Span {
  const width = fixedStep(unit, "UTC") ?? DAY_MICROS;
  return (micros) => {
    const start = Math.floor(micros / width) * width;
    return { start, end: start + width, answer: compute(micros) };
  };
}

/** In zones with their jumps: a quarter of an hour at a time, kept for times that come in no order. */
function zoneSpans(unit: TimeUnit, zone: string, compute: (micros: number) => number): (micros: number) => Span {
  const width = unit === "minute" ? MINUTE_MICROS : QUARTER_MICROS;
  const truncate = truncater(unit, zone);
  const spans = new Map<number, Span>();
  return (micros) => {
    const start = Math.floor(micros / width) * width;
    const known = spans.get(start);
    if (known) return known;
    const end = start + width;
    const isOne =
      truncate(start) === truncate(end - 1) && zoneOffsetMicros(zone, start) === zoneOffsetMicros(zone, end - 1);
    const answer = compute(micros);
    if (!isOne) return { start: micros, end: micros + 1, answer };
    if (spans.size >= QUARTERS_MAX) spans.clear();
    const span = { start, end, answer };
    spans.set(start, span);
    return span;
  };
}

const units: TimeUnit[] = ["minute", "hour", "day", "week", "month", "year"];
/** The parts of the calendar, and the unit in which each stays the same. */
const parts: [TimePart, TimeUnit][] = [
  ["hour_of_day", "hour"],
  ["day_of_week", "day"],
  ["day_of_month", "day"],
  ["month_of_year", "month"],
];

/** Time since 1970 as a number, in units of so many microseconds. */
function sinceEpoch(unitMicros: number): BoundFunction {
  return ([time], { arrays }) => {
    const output = new NumberOutput("float", arrays);
    const view = new NumberOutput("timestamp");
    return (frame) => {
      const { values, nulls } = timesOf(time.evaluate(frame), frame.n, view);
      const out = output.take(frame.n);
      for (let i = 0; i < frame.n; i++) out.values[i] = values[i] / unitMicros;
      out.nulls = nulls;
      return out;
    };
  };
}

/** By name; their types are in signatures.ts. */
export const timeFunctions: Readonly<Record<string, BoundFunction>> = {
  epoch: sinceEpoch(1e6),
  epoch_ms: sinceEpoch(1e3),
  ...Object.fromEntries(units.map((unit) => [unit, ofUnit(unit, "timestamp", (zone) => truncater(unit, zone))])),
  ...Object.fromEntries(parts.map(([part, unit]) => [part, ofUnit(unit, "int", (zone) => parter(part, zone))])),
};
