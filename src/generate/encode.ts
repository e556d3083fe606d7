/**
 * Events as text: bytes written straight into a buffer, no string per line. Every encoder takes the event that stands in
 * an EventSource and a position, and returns the position behind the line. Not for what events say: event.ts.
 */
import { put, putDigits, putNumber, putTwo, putWord, ZERO } from "./digits.ts";
import { type EventSource, FIELD, names } from "./event.ts";
import { columns, type EventFormat, type EventOptions } from "./options.ts";

export type Encoder = (out: Uint8Array, at: number) => number;

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const listOf = (texts: readonly string[]): Uint8Array[] => texts.map(bytesOf);
const HOUR_MS = 3_600_000;
const months = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");

/** Digits of the largest number of 0..count-1, at least three: `081`. */
function widthOf(count: number): number {
  return Math.max(3, String(count - 1).length);
}

/** Every browser, system and status with the literals around them, so that a line takes one copy for the three. */
function traitTexts(literals: readonly string[]): Uint8Array[] {
  const [beforeBrowser, beforeOs, beforeStatus, beforeTtfb] = literals.slice(5, 9);
  return listOf(
    names.browser.flatMap((browser) =>
      names.os.flatMap((os) =>
        names.status.map((status) => `${beforeBrowser}${browser}${beforeOs}${os}${beforeStatus}${status}${beforeTtfb}`),
      ),
    ),
  );
}

/**
 * The nine columns, each behind its own literal: a delimiter, or a JSON key. Up to the country all widths are fixed, so a
 * line starts as a copy of a template (with the current hour in it), and only digits are written into it.
 */
function columnsEncoder(source: EventSource, options: EventOptions, literals: readonly string[]): Encoder {
  const [beforeId, beforeTs, beforeUrl, beforeUser, beforeCountry] = literals;
  const [urlWidth, userWidth] = [widthOf(options.urls), widthOf(options.users)];
  const idAt = beforeId.length;
  const hourAt = idAt + 32 + beforeTs.length;
  const clockAt = hourAt + "2019-09-14T23:".length;
  const urlAt = clockAt + "56:58.560Z".length + beforeUrl.length;
  const userAt = urlAt + urlWidth + beforeUser.length;
  const digits = (count: number) => "0".repeat(count);
  const template = bytesOf(
    `${beforeId}${digits(32)}${beforeTs}2019-09-14T23:56:58.560Z${beforeUrl}${digits(urlWidth)}${beforeUser}` +
      `${digits(userWidth)}${beforeCountry}`,
  );
  const traits = traitTexts(literals);
  const countries = names.country.map((code) => code.charCodeAt(0) | (code.charCodeAt(1) << 8));
  const end = bytesOf(literals[9]);
  const [systems, statuses] = [names.os.length, names.status.length];
  const { fields, time } = source;
  let templateHour = Number.NaN;
  return (out, at) => {
    const hour = Math.floor(time[0] / HOUR_MS);
    if (hour !== templateHour) {
      templateHour = hour;
      template.set(bytesOf(new Date(hour * HOUR_MS).toISOString().slice(0, 14)), hourAt);
    }
    out.set(template, at);
    let p = putWord(out, at + idAt, fields[FIELD.id]);
    p = putWord(out, p, fields[FIELD.id + 1]);
    p = putWord(out, p, fields[FIELD.id + 2]);
    putWord(out, p, fields[FIELD.id + 3]);
    putClock(out, at + clockAt, (time[0] - hour * HOUR_MS) | 0);
    putDigits(out, at + urlAt, fields[FIELD.url], urlWidth);
    putDigits(out, at + userAt, fields[FIELD.user], userWidth);
    p = at + template.length;
    const country = countries[fields[FIELD.country]];
    out[p] = country;
    out[p + 1] = country >>> 8;
    const trait = traits[(fields[FIELD.browser] * systems + fields[FIELD.os]) * statuses + fields[FIELD.status]];
    out.set(trait, p + 2);
    p += 2 + trait.length;
    const whole = (fields[FIELD.ttfb] / 10_000) | 0;
    out[p++] = ZERO + whole;
    out[p++] = 46;
    return put(out, putDigits(out, p, fields[FIELD.ttfb] - whole * 10_000, 4), end);
  };
}

/** `56:58.560` of the milliseconds within an hour. */
function putClock(out: Uint8Array, at: number, ms: number): void {
  const seconds = (ms / 1000) | 0;
  const minutes = (seconds / 60) | 0;
  putTwo(out, at, minutes);
  putTwo(out, at + 3, seconds - minutes * 60);
  putDigits(out, at + 6, ms - seconds * 1000, 3);
}

function delimitedLiterals(delimiter: string): string[] {
  const url = `${delimiter}http://example.com/?url=`;
  return ["", delimiter, url, `${delimiter}user-`, ...new Array<string>(5).fill(delimiter), "\n"];
}

const jsonLiterals: readonly string[] = [
  ...['{"id":"', '","ts":"', '","url":"http://example.com/?url=', '","user":"user-', '","country":"', '","browser":"'],
  ...['","os":"', '","status":', ',"ttfb":', "}\n"],
];

const engines: Record<string, string> = {
  Chrome: "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36",
  Safari: "AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15",
  Edge: "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36 Edg/138.0.0.0",
  Firefox: "Gecko/20100101 Firefox/140.0",
  Samsung: "AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36",
  Opera: "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36 OPR/122.0.0.0",
  Brave: "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36 Brave/138",
};
const platforms: Record<string, string> = {
  Windows: "Windows NT 10.0; Win64; x64",
  Android: "Linux; Android 10; K",
  iOS: "iPhone; CPU iPhone OS 18_5 like Mac OS X",
  macOS: "Macintosh; Intel Mac OS X 10_15_7",
  Linux: "X11; Linux x86_64",
  ChromeOS: "X11; CrOS x86_64 14541.0.0",
};

/** Apache's LogFormat "combined": `%h %l %u %t "%r" %>s %b "%{Referer}i" "%{User-agent}i"`. A user has one address. */
function combinedEncoder(source: EventSource, options: EventOptions): Encoder {
  const [net, user, request, protocol, referrer, noReferrer] = listOf([
    "10.",
    " - user-",
    ' +0000] "GET /?url=',
    ' HTTP/1.1" ',
    ' "http://example.com/" "',
    ' "-" "',
  ]);
  const agents = names.browser.flatMap((browser) =>
    listOf(names.os.map((os) => `Mozilla/5.0 (${platforms[os]}) ${engines[browser]}"\n`)),
  );
  const statuses = listOf(names.status);
  const [urlWidth, userWidth] = [widthOf(options.urls), widthOf(options.users)];
  const { fields, time } = source;
  let prefixHour = Number.NaN;
  let prefix: Uint8Array = new Uint8Array(0);
  return (out, at) => {
    const hour = Math.floor(time[0] / HOUR_MS);
    if (hour !== prefixHour) {
      prefixHour = hour;
      prefix = bytesOf(apacheHour(hour * HOUR_MS));
    }
    const visitor = fields[FIELD.user];
    let p = putNumber(out, put(out, at, net), visitor >>> 16);
    out[p++] = 46;
    p = putNumber(out, p, (visitor >>> 8) & 255);
    out[p++] = 46;
    p = putNumber(out, p, visitor & 255);
    p = putDigits(out, put(out, p, user), visitor, userWidth);
    out.set(prefix, p);
    const seconds = ((time[0] - hour * HOUR_MS) / 1000) | 0;
    p = putTwo(out, p + prefix.length, (seconds / 60) | 0);
    out[p++] = 58;
    p = putTwo(out, p, seconds % 60);
    out.set(request, p);
    p = putDigits(out, p + request.length, fields[FIELD.url], urlWidth);
    p = put(out, put(out, p, protocol), statuses[fields[FIELD.status]]);
    out[p++] = 32;
    p = putNumber(out, p, fields[FIELD.size]);
    p = put(out, p, fields[FIELD.size] & 1 ? referrer : noReferrer);
    const agent = agents[fields[FIELD.browser] * names.os.length + fields[FIELD.os]];
    out.set(agent, p);
    return p + agent.length;
  };
}

/** ` [14/Sep/2019:23:` */
function apacheHour(hourMs: number): string {
  const [year, month, rest] = new Date(hourMs).toISOString().split("-");
  return ` [${rest.slice(0, 2)}/${months[Number(month) - 1]}/${year}:${rest.slice(3, 6)}`;
}

/** The encoder of a format, bound to the source whose events it writes. */
export function createEncoder(source: EventSource, options: EventOptions): Encoder {
  if (options.format === "combined") return combinedEncoder(source, options);
  if (options.format === "ndjson") return columnsEncoder(source, options, jsonLiterals);
  return columnsEncoder(source, options, delimitedLiterals(options.format === "tsv" ? "\t" : ","));
}

/** The header line, empty without one. */
export function headerBytes(options: EventOptions): Uint8Array {
  return bytesOf(options.header ? `${columns.join(options.format === "tsv" ? "\t" : ",")}\n` : "");
}

/** No line of the format is longer than this, newline included. */
export const lineBytesMax: Record<EventFormat, number> = { csv: 160, tsv: 160, ndjson: 240, combined: 360 };
