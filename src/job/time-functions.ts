/** Functions of times: truncation to a unit, calendar parts, time as a number. Time zones are zone.ts's. */
import type { BoundFunction } from "./node.ts";
import { NumberOutput, timesOf } from "./vectors.ts";
import { fixedStep, parter, type TimePart, type TimeUnit, truncater } from "./zone.ts";

/** A function of times. Neighbouring rows often hold the same time: the last answer is kept. */
function ofTime(kind: "timestamp" | "int", bind: (zone: string) => (micros: number) => number): BoundFunction {
  return ([time, zone], context) => {
    const compute = bind((zone?.constant?.value as string | undefined) ?? context.timeZone);
    const output = new NumberOutput(kind);
    const view = new NumberOutput("timestamp");
    let lastMicros = Number.NaN;
    let last = 0;
    return (frame) => {
      const { values, nulls } = timesOf(time.evaluate(frame), frame.n, view);
      const out = output.take(frame.n);
      for (let i = 0; i < frame.n; i++) {
        if (values[i] !== lastMicros) last = compute((lastMicros = values[i]));
        out.values[i] = last;
      }
      out.nulls = nulls;
      return out;
    };
  };
}

/** Truncation to a unit. Where its length is fixed, the times of one unit, which come in runs, cost two comparisons each. */
function ofUnit(unit: TimeUnit): BoundFunction {
  const slow = ofTime("timestamp", (zone) => truncater(unit, zone));
  return ([time, zone], context) => {
    const step = fixedStep(unit, (zone?.constant?.value as string | undefined) ?? context.timeZone);
    if (step === undefined) return slow(zone ? [time, zone] : [time], context);
    const output = new NumberOutput("timestamp");
    const view = new NumberOutput("timestamp");
    let start = Number.NaN;
    let end = Number.NaN;
    return (frame) => {
      const { values, nulls } = timesOf(time.evaluate(frame), frame.n, view);
      const out = output.take(frame.n);
      const truncated = out.values;
      for (let i = 0; i < frame.n; i++) {
        const value = values[i];
        if (!(value >= start && value < end)) {
          start = Math.floor(value / step) * step;
          end = start + step;
        }
        truncated[i] = start;
      }
      out.nulls = nulls;
      return out;
    };
  };
}

const units: TimeUnit[] = ["minute", "hour", "day", "week", "month", "year"];
const parts: TimePart[] = ["hour_of_day", "day_of_week", "day_of_month", "month_of_year"];

/** Time since 1970 as a number, in units of so many microseconds. */
function sinceEpoch(unitMicros: number): BoundFunction {
  return ([time]) => {
    const output = new NumberOutput("float");
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
  ...Object.fromEntries(units.map((unit) => [unit, ofUnit(unit)])),
  ...Object.fromEntries(parts.map((part) => [part, ofTime("int", (zone) => parter(part, zone))])),
};
