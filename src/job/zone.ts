/**
 * Truncation of timestamps to minute … year and their calendar parts, in any time zone, right across daylight saving:
 * an hour that happens twice stays two hours; a day that has no midnight begins at its first instant.
 * All times are microseconds since the epoch.
 */
import { civilFromDays, DAY_MICROS, daysFromCivil, HOUR_MICROS, MINUTE_MICROS } from "../base/calendar.ts";
import { isUtc, zoneOffsetMicros } from "../base/zone.ts";

export type TimeUnit = "minute" | "hour" | "day" | "week" | "month" | "year";
export type TimePart = "hour_of_day" | "day_of_week" | "day_of_month" | "month_of_year";

/** The instant at which a local time happens in a zone. Twice: the earlier. Never (a gap): the instant of the jump. */
export function instantOfLocal(zone: string, localMicros: number): number {
  if (isUtc(zone)) return localMicros;
  // Zones are at most a day away from UTC: the two offsets around are those that may apply.
  const before = zoneOffsetMicros(zone, localMicros - DAY_MICROS);
  const after = zoneOffsetMicros(zone, localMicros + DAY_MICROS);
  const early = localMicros - Math.max(before, after);
  const late = localMicros - Math.min(before, after);
  if (zoneOffsetMicros(zone, early) === localMicros - early) return early;
  if (zoneOffsetMicros(zone, late) === localMicros - late) return late;
  return jumpBetween(zone, early, late);
}

/** The first instant in (low, high] whose offset is that of high. */
function jumpBetween(zone: string, low: number, high: number): number {
  const target = zoneOffsetMicros(zone, high);
  let [left, right] = [low, high];
  while (right - left > 1) {
    const middle = Math.floor((left + right) / 2);
    if (zoneOffsetMicros(zone, middle) === target) right = middle;
    else left = middle;
  }
  return right;
}

/** Microseconds of a unit that is the same length all year round and begins at a multiple of it; undefined: it depends. */
export function fixedStep(unit: TimeUnit, zone: string): number | undefined {
  if (!isUtc(zone)) return undefined;
  return { minute: MINUTE_MICROS, hour: HOUR_MICROS, day: DAY_MICROS }[unit as "minute" | "hour" | "day"];
}

/** Returns the function that truncates microseconds to the unit in the zone. Weeks begin on Monday (ISO 8601). */
export function truncater(unit: TimeUnit, zone: string): (micros: number) => number {
  const utc = isUtc(zone);
  if (unit === "minute" || unit === "hour") {
    const step = unit === "minute" ? MINUTE_MICROS : HOUR_MICROS;
    if (utc) return (micros) => Math.floor(micros / step) * step;
    // The offset of the instant itself keeps the two hours of an autumn night apart.
    return (micros) => {
      const offset = zoneOffsetMicros(zone, micros);
      const start = Math.floor((micros + offset) / step) * step - offset;
      // Where clocks jump by half an hour, an hour can begin at the jump.
      return zoneOffsetMicros(zone, start) === offset ? start : jumpBetween(zone, start, micros);
    };
  }
  const startDay = dayStarts[unit];
  if (utc) return (micros) => startDay(Math.floor(micros / DAY_MICROS)) * DAY_MICROS;
  return (micros) => {
    const day = Math.floor((micros + zoneOffsetMicros(zone, micros)) / DAY_MICROS);
    return instantOfLocal(zone, startDay(day) * DAY_MICROS);
  };
}

const dayStarts: Record<"day" | "week" | "month" | "year", (day: number) => number> = {
  day: (day) => day,
  // 1970-01-01 was a Thursday: day -3 a Monday.
  week: (day) => Math.floor((day + 3) / 7) * 7 - 3,
  month(day) {
    const { year, month } = civilFromDays(day);
    return daysFromCivil(year, month, 1);
  },
  year: (day) => daysFromCivil(civilFromDays(day).year, 1, 1),
};

/** Returns the function that takes a calendar part: hour 0–23, ISO day of week 1 (Monday) – 7, day of month 1–31, month 1–12. */
export function parter(part: TimePart, zone: string): (micros: number) => number {
  const offset = isUtc(zone) ? () => 0 : (micros: number) => zoneOffsetMicros(zone, micros);
  if (part === "hour_of_day") {
    return (micros) => {
      const local = micros + offset(micros);
      return Math.floor((local - Math.floor(local / DAY_MICROS) * DAY_MICROS) / HOUR_MICROS);
    };
  }
  const pick = {
    day_of_week: (day: number) => day + 3 - Math.floor((day + 3) / 7) * 7 + 1,
    day_of_month: (day: number) => civilFromDays(day).day,
    month_of_year: (day: number) => civilFromDays(day).month,
  }[part];
  return (micros) => pick(Math.floor((micros + offset(micros)) / DAY_MICROS));
}
