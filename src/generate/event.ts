/**
 * The events themselves: what line n of file f says, as numbers. A pure function of seed, file and line, so that any
 * worker can make any line, and a line can be delivered twice without remembering it. Text is encode.ts's.
 */
import { keyOf, mix } from "../base/prng.ts";
import type { EventOptions } from "./options.ts";
import { type AliasTable, weightedSlots, zipfTable } from "./pick.ts";

const WORD = 2 ** 32;
const HOUR_MS = 3_600_000;
/** Servers write a line when the answer is sent, not when the request came: times are out of order by up to this. */
const DISORDER_MS = 2000;
/** A second delivery follows within this many lines. */
const REDELIVERY_LINES = 1000;

const share = (text: string): [string[], number[]] => {
  const pairs = text.split(" ").map((pair) => pair.split(":"));
  return [pairs.map(([name]) => name), pairs.map(([, weight]) => Number(weight))];
};

const [countryNames, countryWeights] = share(
  "US:90 IN:80 CN:60 BR:44 DE:42 GB:40 FR:38 JP:36 ID:30 MX:28 RU:26 IT:24 ES:24 CA:24 TR:20 KR:20 PL:18 NL:18 AU:16 " +
    "AR:14 VN:14 TH:12 PH:12 NG:12 ZA:12 EG:10 UA:10 CO:10 SE:10 CH:10 BE:9 AT:9 PK:9 BD:9 MY:8 CZ:8 RO:8 PT:8 CL:8 " +
    "PE:7 GR:7 HU:7 IL:7 SA:7 AE:7 DK:6 NO:6 FI:6 IE:6 SG:6 HK:6 TW:6 NZ:5 KE:5 MA:5 DZ:4 EC:4 VE:4 BG:4 RS:4 SK:4 HR:3 " +
    "LT:3 SI:2 LV:2 EE:2 EH:1 IS:1 LU:1 MT:1 CY:1 BO:2 UY:2 PY:2 CR:2 PA:2 DO:2 GT:2 CU:1 JM:1 TN:2 GH:2 ET:2 TZ:2 UG:2 " +
    "SN:1 CI:1 CM:1 AO:1 MZ:1 ZM:1 ZW:1 NP:2 LK:2 MM:1 KH:1 LA:1 MN:1 KZ:2 UZ:2 GE:1 AM:1 AZ:1 IQ:2 IR:3 JO:1 LB:1 QA:1",
);
const [browserNames, browserWeights] = share("Chrome:60 Safari:25 Edge:14 Firefox:12 Samsung:8 Opera:6 Brave:3");
const [osNames, osWeights] = share("Windows:42 Android:36 iOS:22 macOS:18 Linux:8 ChromeOS:2");
const [statusNames, statusWeights] = share(
  "200:196 304:20 302:8 301:6 204:4 206:2 404:8 403:2 401:2 400:2 429:1 500:2 501:1 502:1 503:1",
);

export const names: { country: string[]; browser: string[]; os: string[]; status: string[] } = {
  ...{ country: countryNames, browser: browserNames, os: osNames, status: statusNames },
};

const countries = weightedSlots(countryWeights, 1024);
const browsers = weightedSlots(browserWeights, 256);
const systems = weightedSlots(osWeights, 128);
const statuses = weightedSlots(statusWeights, 256);

/** Where the numbers of an event stand in `EventSource.fields`. */
export const FIELD = { id: 0, url: 4, user: 5, country: 6, browser: 7, os: 8, status: 9, ttfb: 10, size: 11 } as const;

/** Draws one event after the other into `fields` and `time`: nothing is allocated per line. */
export class EventSource {
  /** See {@link FIELD}. id: 4 words; the rest: indexes, ttfb in units of 0.0001 s, size in bytes. */
  readonly fields: Int32Array = new Int32Array(12);
  /** [0]: milliseconds since 1970. */
  readonly time: Float64Array = new Float64Array(1);
  private readonly options: EventOptions;
  private readonly urls: AliasTable | undefined;
  private readonly users: AliasTable | undefined;
  private readonly idKeys: Int32Array;
  private readonly duplicatesBelow: number;
  private file = 0;
  private startKey = 0;
  private gammaKey = 0;
  private copyKey = 0;

  constructor(options: EventOptions) {
    this.options = options;
    this.urls = options.skew > 0 ? zipfTable(options.urls, options.skew) : undefined;
    this.users = options.skew > 0 ? zipfTable(options.users, options.skew) : undefined;
    this.idKeys = Int32Array.from([1, 2, 3, 4], (round) => keyOf(options.seed, 0, round));
    this.duplicatesBelow = options.duplicates * WORD;
  }

  /** Turns to a file. */
  open(file: number): void {
    this.file = file;
    this.startKey = keyOf(this.options.seed, 1, file);
    this.gammaKey = keyOf(this.options.seed, 2, file);
    this.copyKey = keyOf(this.options.seed, 3, file);
  }

  /** The line whose event stands in this line: itself, or, for a second delivery, one shortly before. Line 0 is never a copy. */
  originOf(line: number): number {
    let origin = line;
    while (origin > 0 && mix(origin ^ this.copyKey) >>> 0 < this.duplicatesBelow) {
      const reach = Math.min(origin, REDELIVERY_LINES);
      origin -= 1 + ((mix(origin + this.gammaKey) >>> 0) % reach);
    }
    return origin;
  }

  draw(line: number): void {
    const { fields, options } = this;
    const event = this.duplicatesBelow > 0 ? this.originOf(line) : line;
    // A SplitMix stream per event (see base/prng.ts), written out: this runs once per line.
    const gamma = mix(event + this.gammaKey) | 1;
    let state = mix(event ^ this.startKey);
    this.drawId(event, mix((state = (state + gamma) | 0)), mix((state = (state + gamma) | 0)));
    fields[FIELD.url] = pick(this.urls, options.urls, mix((state = (state + gamma) | 0)), state);
    fields[FIELD.user] = pick(this.users, options.users, mix((state = (state + gamma) | 0)), state);
    const traits = mix((state = (state + gamma) | 0));
    fields[FIELD.country] = countries[traits & 1023];
    fields[FIELD.browser] = browsers[(traits >>> 10) & 255];
    fields[FIELD.os] = systems[(traits >>> 18) & 127];
    const answer = mix((state = (state + gamma) | 0));
    fields[FIELD.status] = statuses[answer & 255];
    // Most answers are quick; one in 128 is eight times as slow. The integers stay below 2^53: exact everywhere.
    const quick = answer >>> 16;
    const ttfb = 150 + Math.floor((quick * quick) / 0x7_0000);
    fields[FIELD.ttfb] = ((answer >>> 8) & 127) === 0 ? ttfb * 8 : ttfb;
    const moment = mix((state = (state + gamma) | 0)) >>> 0;
    fields[FIELD.size] = 180 + (Math.imul(moment, 0x2c1b3c6d) >>> 16);
    this.drawTime(event, moment);
  }

  /**
   * A version 4 UUID without hyphens. Words 0 and 3 are a Feistel network of (file, line), a bijection: ids are unique
   * by construction, over all files of a seed.
   */
  private drawId(line: number, random1: number, random2: number): void {
    const { fields, idKeys } = this;
    let left = this.file | 0;
    let right = line | 0;
    left ^= mix(right + idKeys[0]);
    right ^= mix(left + idKeys[1]);
    left ^= mix(right + idKeys[2]);
    right ^= mix(left + idKeys[3]);
    fields[FIELD.id] = left;
    fields[FIELD.id + 1] = (random1 & 0xffff0fff) | 0x4000;
    fields[FIELD.id + 2] = (random2 & 0x3fffffff) | 0x80000000;
    fields[FIELD.id + 3] = right;
  }

  /** Time grows with the line number, as in a log, but for some disorder between neighbours. */
  private drawTime(line: number, moment: number): void {
    const { options, time } = this;
    const span = options.hours * HOUR_MS;
    const into = ((line + moment / WORD) / options.lines) * span + ((moment & 0xffff) / 0x8000 - 1) * DISORDER_MS;
    // Beyond the first and last moment it is reflected: cut off, many lines would say exactly midnight.
    const inside = Math.floor(into < 0 ? -into : into < span ? into : 2 * span - into);
    time[0] = options.startMs + (inside < span ? inside : span - 1);
  }
}

function pick(table: AliasTable | undefined, count: number, word: number, salt: number): number {
  const column = Math.floor(((word >>> 0) * count) / WORD);
  if (table === undefined) return column;
  return mix(salt ^ 0x5bd1e995) >>> 0 < table.thresholds[column] ? column : table.aliases[column];
}
