/**
 * Offsets of IANA time zones, from the runtime's own data (Intl), made fast. Intl takes microseconds of CPU per answer, so each
 * zone keeps the spans of constant offset that it has met: a day whose two ends agree is one span, a day with a
 * transition is cut at the transition, found by bisection. A lookup in the span of the lookup before costs two comparisons.
 */
import { UsageError } from "./errors.ts";

const DAY_MS = 86_400_000;
/** The range of Date: outside of it Intl has no answer, and the nearest one is used. */
const DATE_MS_MAX = 8.64e15;
/** A hostile range of days must not eat the memory; 1000 years of days fit. */
const DAYS_CACHED_MAX = 366_000;

interface Span {
  startMicros: number;
  endMicros: number;
  offsetMicros: number;
}

interface Zone {
  format: Intl.DateTimeFormat;
  days: Map<number, Span[]>;
  last: Span;
}

const zones = new Map<string, Zone>();
const nowhere: Span = { startMicros: 1, endMicros: 0, offsetMicros: 0 };

/** True for the names of UTC, for which no lookup is needed. */
export function isUtc(zone: string): boolean {
  return zone === "UTC" || zone === "Etc/UTC" || zone === "GMT" || zone === "Z" || zone === "utc";
}

/** Returns the name when the runtime knows the zone; throws UsageError ERR_TIME_ZONE otherwise. */
export function checkZone(zone: string): string {
  if (!isUtc(zone)) zoneOf(zone);
  return zone;
}

/** Local time minus UTC in `zone` at that instant, in microseconds. Throws UsageError ERR_TIME_ZONE for an unknown zone. */
export function zoneOffsetMicros(zone: string, micros: number): number {
  if (isUtc(zone)) return 0;
  const entry = zoneOf(zone);
  if (micros >= entry.last.startMicros && micros < entry.last.endMicros) return entry.last.offsetMicros;
  for (const span of spansOfDay(entry, Math.floor(micros / (DAY_MS * 1000)))) {
    if (micros >= span.startMicros && micros < span.endMicros) {
      entry.last = span;
      return span.offsetMicros;
    }
  }
  return 0;
}

function zoneOf(zone: string): Zone {
  let entry = zones.get(zone);
  if (entry) return entry;
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat("en-US", {
      timeZone: zone,
      calendar: "gregory",
      numberingSystem: "latn",
      hourCycle: "h23",
      era: "short",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
    });
  } catch (cause) {
    throw new UsageError("ERR_TIME_ZONE", `unknown time zone ${JSON.stringify(zone)}`, {
      hint: 'Use an IANA name such as "Europe/Berlin", "America/New_York" or "UTC".',
      cause,
    });
  }
  entry = { format, days: new Map(), last: nowhere };
  zones.set(zone, entry);
  return entry;
}

function spansOfDay(zone: Zone, day: number): Span[] {
  let spans = zone.days.get(day);
  if (!spans) {
    if (zone.days.size >= DAYS_CACHED_MAX) zone.days.clear();
    spans = findSpans(zone, day * DAY_MS, (day + 1) * DAY_MS);
    zone.days.set(day, spans);
  }
  return spans;
}

function findSpans(zone: Zone, startMs: number, endMs: number): Span[] {
  const first = offsetMs(zone, startMs);
  const last = offsetMs(zone, endMs - 1000);
  if (first === last) return [{ startMicros: startMs * 1000, endMicros: endMs * 1000, offsetMicros: first * 1000 }];
  let low = startMs;
  let high = endMs - 1000;
  while (high - low > 1000) {
    const middle = Math.floor((low + high) / 2000) * 1000;
    if (offsetMs(zone, middle) === first) low = middle;
    else high = middle;
  }
  // A day with two transitions is cut again in its second part.
  return [
    { startMicros: startMs * 1000, endMicros: high * 1000, offsetMicros: first * 1000 },
    ...findSpans(zone, high, endMs),
  ];
}

function offsetMs(zone: Zone, ms: number): number {
  const instant = Math.max(-DATE_MS_MAX, Math.min(DATE_MS_MAX, ms));
  const parts: Record<string, string> = {};
  for (const part of zone.format.formatToParts(instant)) parts[part.type] = part.value;
  const year = parts.era === "BC" ? 1 - Number(parts.year) : Number(parts.year);
  const local = new Date(0);
  local.setUTCFullYear(year, Number(parts.month) - 1, Number(parts.day));
  local.setUTCHours(Number(parts.hour), Number(parts.minute), Number(parts.second), 0);
  const offset = local.getTime() - Math.floor(instant / 1000) * 1000;
  return Number.isNaN(offset) ? 0 : offset;
}
