/**
 * The proleptic Gregorian calendar over plain numbers: days and microseconds since 1970-01-01T00:00:00Z. No Date objects,
 * so it is fast and covers every year. Not for time zones (base/zone.ts finds their offsets) or parsing of input columns.
 */
import { checkZone, isUtc, zoneOffsetMicros } from "./zone.ts";

export const SECOND_MICROS: number = 1e6;
export const MINUTE_MICROS: number = 60e6;
export const HOUR_MICROS: number = 3600e6;
export const DAY_MICROS: number = 86400e6;

/** Days since 1970-01-01 of a civil date; month 1–12. Algorithm: Howard Hinnant, "chrono-compatible low-level date algorithms". */
export function daysFromCivil(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146097 + dayOfEra - 719468;
}

export interface CivilDate {
  year: number;
  /** 1–12. */
  month: number;
  /** 1–31. */
  day: number;
}

/** The civil date of a day number: the inverse of daysFromCivil, same source. */
export function civilFromDays(days: number): CivilDate {
  const z = days + 719468;
  const era = Math.floor(z / 146097);
  const dayOfEra = z - era * 146097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36524) - Math.floor(dayOfEra / 146096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shifted = Math.floor((5 * dayOfYear + 2) / 153);
  const month = shifted < 10 ? shifted + 3 : shifted - 9;
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * shifted + 2) / 5) + 1,
  };
}

/** Days of a month, 1–12. */
export function daysInMonth(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/**
 * ISO 8601 of microseconds since the epoch: `2019-09-14T23:00:00Z`, or with the offset of `zone` (`2019-09-15T01:00:00+02:00`).
 * A fraction is printed only when it is not zero, with 3 digits, or 6 where microseconds need them.
 * Years outside 0–9999 have a sign and six digits. Throws UsageError ERR_TIME_ZONE for an unknown zone.
 */
export function formatTimestamp(micros: number, zone?: string): string {
  const offset = zone === undefined || isUtc(zone) ? 0 : zoneOffsetMicros(checkZone(zone), micros);
  const local = micros + offset;
  const days = Math.floor(local / DAY_MICROS);
  const { year, month, day } = civilFromDays(days);
  const rest = local - days * DAY_MICROS;
  const seconds = Math.floor(rest / SECOND_MICROS);
  const fraction = rest - seconds * SECOND_MICROS;
  const time = `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  const suffix = zone === undefined || isUtc(zone) ? "Z" : formatOffset(offset);
  return `${formatYear(year)}-${two(month)}-${two(day)}T${time}${formatFraction(fraction)}${suffix}`;
}

function two(n: number): string {
  return n < 10 ? `0${n}` : `${n}`;
}

function formatYear(year: number): string {
  if (year >= 0 && year <= 9999) return String(year).padStart(4, "0");
  return (year < 0 ? "-" : "+") + String(Math.abs(year)).padStart(6, "0");
}

function formatFraction(micros: number): string {
  if (micros === 0) return "";
  if (micros % 1000 === 0) return "." + String(micros / 1000).padStart(3, "0");
  return "." + String(micros).padStart(6, "0");
}

/** `+02:00`; offsets of local mean time, before standard time, have seconds: `-04:56:02`. */
function formatOffset(offset: number): string {
  const seconds = Math.abs(offset) / SECOND_MICROS;
  const rest = seconds % 60;
  const base = `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}`;
  return (offset < 0 ? "-" : "+") + base + (rest === 0 ? "" : ":" + two(rest));
}

const isoPattern =
  /^(\d{4}|[+-]\d{6})-(\d\d)(?:-(\d\d)(?:[T ](\d\d)(?::?(\d\d)(?::?(\d\d)(?:[.,](\d+))?)?)?\s*(Z|z|[+-]\d\d(?::?\d\d)?)?)?)?$/;

/** A parsed ISO 8601 time. `local`: it named no offset, so `micros` is a local time that some zone must interpret. */
export interface IsoTime {
  micros: number;
  local: boolean;
}

/** Reads `2024-01`, `2024-01-31`, `2024-01-31T12:00`, `2024-01-31 12:00:00.5+02:00`. Undefined: it is none. Digits past microseconds are cut. */
export function parseIsoTime(text: string): IsoTime | undefined {
  const match = isoPattern.exec(text.trim());
  if (!match) return undefined;
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3] ?? 1)];
  const [hour, minute, second] = [Number(match[4] ?? 0), Number(match[5] ?? 0), Number(match[6] ?? 0)];
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return undefined;
  const endOfDay = hour === 24 && minute === 0 && second === 0;
  if ((hour > 23 && !endOfDay) || minute > 59 || second > 59) return undefined;
  const fraction = Number((match[7] ?? "").slice(0, 6).padEnd(6, "0"));
  const seconds = hour * 3600 + minute * 60 + second;
  const local = daysFromCivil(year, month, day) * DAY_MICROS + seconds * SECOND_MICROS + fraction;
  const offset = match[8] === undefined ? 0 : parseOffset(match[8]);
  return { micros: local - offset, local: match[8] === undefined };
}

function parseOffset(text: string): number {
  if (text === "Z" || text === "z") return 0;
  const digits = text.slice(1).replace(":", "");
  const micros = Number(digits.slice(0, 2)) * HOUR_MICROS + Number(digits.slice(2, 4) || 0) * MINUTE_MICROS;
  return text[0] === "-" ? -micros : micros;
}
