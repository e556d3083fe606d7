/** The calendar and time zones, against Date and Intl: every truncation, across daylight saving and odd offsets. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { civilFromDays, daysFromCivil, formatTimestamp, parseIsoTime } from "../../src/base/calendar.ts";
import { UsageError } from "../../src/base/errors.ts";
import { checkZone, zoneOffsetMicros } from "../../src/base/zone.ts";
import { instantOfLocal, parter, truncater } from "../../src/job/zone.ts";
import { tries } from "../support/cases.ts";

const zones = [
  "UTC",
  "Europe/Berlin",
  "America/New_York",
  "Asia/Kolkata",
  "Australia/Lord_Howe",
  "America/Sao_Paulo",
  "Pacific/Apia",
  "America/Havana",
  "+05:45",
];
const micros = (iso: string) => Date.parse(iso) * 1000;
const iso = (value: number) => formatTimestamp(value);
const times = fc.integer({ min: Date.UTC(1900, 0, 1), max: Date.UTC(2037, 11, 31) }).map((ms) => ms * 1000);

describe("calendar", () => {
  it("agrees with Date", () => {
    fc.assert(
      fc.property(fc.integer({ min: -8e7, max: 8e7 }), (days) => {
        const date = new Date(days * 86400e3);
        const civil = civilFromDays(days);
        expect(civil).toEqual({ year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() });
        expect(daysFromCivil(civil.year, civil.month, civil.day)).toBe(days);
      }),
    );
  });

  it("formats", () => {
    expect(formatTimestamp(micros("2019-09-14T23:00:00Z"))).toBe("2019-09-14T23:00:00Z");
    expect(formatTimestamp(micros("2019-09-14T23:00:00.120Z"))).toBe("2019-09-14T23:00:00.120Z");
    expect(formatTimestamp(micros("2019-09-14T23:00:00Z") + 1)).toBe("2019-09-14T23:00:00.000001Z");
    expect(formatTimestamp(micros("2019-09-14T23:00:00Z"), "Europe/Berlin")).toBe("2019-09-15T01:00:00+02:00");
    expect(formatTimestamp(micros("2019-09-14T23:00:00Z"), "America/St_Johns")).toBe("2019-09-14T20:30:00-02:30");
    expect(formatTimestamp(-1)).toBe("1969-12-31T23:59:59.999999Z");
    expect(formatTimestamp(micros("-000001-01-01T00:00:00Z"))).toBe("-000001-01-01T00:00:00Z");
  });

  it("reads what it formats", () => {
    fc.assert(
      fc.property(times, fc.integer({ min: 0, max: 999 }), fc.constantFrom(...zones), (time, extra, zone) => {
        const text = formatTimestamp(time + extra, zone);
        // Local mean time has seconds in its offset, which ISO 8601 does not.
        if (!/[+-]\d\d:\d\d:\d\d$/.test(text))
          expect(parseIsoTime(text)).toEqual({ micros: time + extra, local: false });
      }),
    );
  });

  it.each([
    ["2024-02-30", undefined],
    ["2024-13-01", undefined],
    ["2024-01-01T25:00", undefined],
    ["yesterday", undefined],
    ["2024-01", { micros: micros("2024-01-01T00:00:00Z"), local: true }],
    ["2024-01-01 12:30", { micros: micros("2024-01-01T12:30:00Z"), local: true }],
    ["2024-01-01T24:00:00Z", { micros: micros("2024-01-02T00:00:00Z"), local: false }],
    ["2024-01-01T00:00:00.1234567+0200", { micros: micros("2023-12-31T22:00:00Z") + 123456, local: false }],
  ])("parses %s", (text, expected) => {
    expect(parseIsoTime(text)).toEqual(expected);
  });
});

/** Offset by another way than the code's: the runtime's own long name of the offset. */
function intlOffset(zone: string, time: number): number {
  const format = new Intl.DateTimeFormat("en-US", { timeZone: zone, timeZoneName: "longOffset" });
  const name = format.formatToParts(time / 1000).find((part) => part.type === "timeZoneName")!.value;
  const match = /GMT(?:([+-])(\d\d):(\d\d)(?::(\d\d))?)?/.exec(name)!;
  const seconds = Number(match[2] ?? 0) * 3600 + Number(match[3] ?? 0) * 60 + Number(match[4] ?? 0);
  return (match[1] === "-" ? -seconds : seconds) * 1e6;
}

describe("zones", () => {
  it("offsets agree with the runtime's", () => {
    fc.assert(
      fc.property(times, fc.constantFrom(...zones), (time, zone) => {
        expect(zoneOffsetMicros(zone, time)).toBe(intlOffset(zone, time));
      }),
      tries(200),
    );
  });

  it("offsets are exact at the jump", () => {
    const jump = micros("2024-03-31T01:00:00Z");
    expect(zoneOffsetMicros("Europe/Berlin", jump - 1)).toBe(3600e6);
    expect(zoneOffsetMicros("Europe/Berlin", jump)).toBe(7200e6);
  });

  it("unknown zones are usage errors", () => {
    expect(() => checkZone("Mars/Base")).toThrow(UsageError);
  });

  it("the hour that happens twice is two hours", () => {
    const hour = truncater("hour", "Europe/Berlin");
    expect(iso(hour(micros("2024-10-27T00:30:00Z")))).toBe("2024-10-27T00:00:00Z");
    expect(iso(hour(micros("2024-10-27T01:30:00Z")))).toBe("2024-10-27T01:00:00Z");
    expect(iso(truncater("hour", "Asia/Kolkata")(micros("2024-01-01T00:00:00Z")))).toBe("2023-12-31T23:30:00Z");
  });

  it.each([
    ["day", "Europe/Berlin", "2024-03-31T12:00:00Z", "2024-03-30T23:00:00Z"],
    ["day", "Europe/Berlin", "2024-10-27T23:30:00Z", "2024-10-27T23:00:00Z"],
    // No midnight: the day begins at 01:00.
    ["day", "America/Sao_Paulo", "2018-11-04T12:00:00Z", "2018-11-04T03:00:00Z"],
    // Midnight twice: the day begins at the first.
    ["day", "America/Havana", "2023-11-05T12:00:00Z", "2023-11-05T04:00:00Z"],
    // 30 December 2011 did not happen there.
    ["day", "Pacific/Apia", "2011-12-30T10:00:00Z", "2011-12-30T10:00:00Z"],
    ["week", "UTC", "2024-01-07T23:59:59Z", "2024-01-01T00:00:00Z"],
    ["week", "UTC", "1969-12-31T00:00:00Z", "1969-12-29T00:00:00Z"],
    ["month", "Europe/Berlin", "2024-04-15T00:00:00Z", "2024-03-31T22:00:00Z"],
    ["year", "America/New_York", "2024-01-01T04:59:59Z", "2023-01-01T05:00:00Z"],
    ["minute", "UTC", "1969-12-31T23:59:59.5Z", "1969-12-31T23:59:00Z"],
  ] as const)("%s in %s of %s", (unit, zone, time, expected) => {
    expect(iso(truncater(unit, zone)(micros(time)))).toBe(expected);
  });

  it("truncation is at or before the time, idempotent, and monotonic", () => {
    const units = fc.constantFrom("minute", "hour", "day", "week", "month", "year");
    fc.assert(
      fc.property(times, times, fc.constantFrom(...zones), units, (a, b, zone, unit) => {
        const truncate = truncater(unit, zone);
        const [low, high] = a < b ? [a, b] : [b, a];
        expect(truncate(a)).toBeLessThanOrEqual(a);
        expect(truncate(truncate(a))).toBe(truncate(a));
        expect(truncate(low)).toBeLessThanOrEqual(truncate(high));
      }),
      tries(300),
    );
  });

  it("local times that never happen move to the jump", () => {
    expect(iso(instantOfLocal("Europe/Berlin", micros("2024-03-31T02:30:00Z")))).toBe("2024-03-31T01:00:00Z");
    expect(iso(instantOfLocal("Europe/Berlin", micros("2024-10-27T02:30:00Z")))).toBe("2024-10-27T00:30:00Z");
  });

  it("parts", () => {
    const time = micros("2019-09-14T23:56:58Z");
    expect([parter("hour_of_day", "UTC")(time), parter("day_of_week", "UTC")(time)]).toEqual([23, 6]);
    expect([parter("hour_of_day", "Europe/Berlin")(time), parter("day_of_week", "Europe/Berlin")(time)]).toEqual([
      1, 7,
    ]);
    expect([parter("day_of_month", "UTC")(time), parter("month_of_year", "UTC")(time)]).toEqual([14, 9]);
    expect([parter("hour_of_day", "UTC")(-1), parter("day_of_week", "UTC")(-1)]).toEqual([23, 3]);
  });
});
