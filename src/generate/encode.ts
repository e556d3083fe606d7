/**
 * Events as text: bytes written straight into a buffer, no string per line. Every encoder takes the event that stands in
 * an EventSource and a position, and returns the position behind the line. Not for what events say: event.ts.
 */
import { type EventSource, FIELD, names } from "./event.ts";
import { columns, type EventFormat, type EventOptions } from "./options.ts";

export type Encoder = (out: Uint8Array, at: number) => number;

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const listOf = (texts: readonly string[]): Uint8Array[] => texts.map(bytesOf);
const HOUR_MS = 3_600_000;
const ZERO = 48;
const hexHigh = Uint8Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0").charCodeAt(0));
const hexLow = Uint8Array.from({ length: 256 }, (_, byte) => (byte & 15).toString(16).charCodeAt(0));
const months = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");
const [countryBytes, browserBytes, osBytes, statusBytes] = [names.country, names.browser, names.os, names.status].map(
  listOf,
);

function put(out: Uint8Array, at: number, bytes: Uint8Array): number {
  // A loop: for some 20 bytes it is faster than `set`, which goes through a call into the runtime.
  for (let i = 0; i < bytes.length; i++) out[at + i] = bytes[i];
  return at + bytes.length;
}

function putWord(out: Uint8Array, at: number, word: number): number {
  for (let i = 0; i < 4; i++) {
    const byte = (word >>> (24 - 8 * i)) & 255;
    out[at + 2 * i] = hexHigh[byte];
    out[at + 2 * i + 1] = hexLow[byte];
  }
  return at + 8;
}

/** Exactly `width` decimal digits. value: a non-negative 31-bit integer. */
function putDigits(out: Uint8Array, at: number, value: number, width: number): number {
  let rest = value | 0;
  for (let i = at + width - 1; i >= at; i--) {
    const next = (rest / 10) | 0;
    out[i] = ZERO + (rest - next * 10);
    rest = next;
  }
  return at + width;
}

function putNumber(out: Uint8Array, at: number, value: number): number {
  let width = 1;
  for (let limit = 10; value >= limit; limit *= 10) width++;
  return putDigits(out, at, value, width);
}

/** Writes `…:mm:ss` behind an hour's text, which is made anew only when the hour changes. */
function clock(prefixOf: (hourMs: number) => string): (out: Uint8Array, at: number, time: number) => number {
  let hour = Number.NaN;
  let prefix: Uint8Array = new Uint8Array(0);
  return (out, at, time) => {
    const own = Math.floor(time / HOUR_MS);
    if (own !== hour) {
      hour = own;
      prefix = bytesOf(prefixOf(own * HOUR_MS));
    }
    const seconds = ((time - own * HOUR_MS) / 1000) | 0;
    let p = put(out, at, prefix);
    p = putDigits(out, p, (seconds / 60) | 0, 2);
    out[p++] = 58;
    return putDigits(out, p, seconds % 60, 2);
  };
}

/** Digits of the largest number of 0..count-1, at least three: `081`. */
function widthOf(count: number): number {
  return Math.max(3, String(count - 1).length);
}

/** The nine columns, each behind its own literal: a delimiter, or a JSON key. */
function columnsEncoder(source: EventSource, options: EventOptions, literals: readonly string[]): Encoder {
  const [
    beforeId,
    beforeTs,
    beforeUrl,
    beforeUser,
    beforeCountry,
    beforeBrowser,
    beforeOs,
    beforeStatus,
    beforeTtfb,
    end,
  ] = listOf(literals);
  const putHour = clock((hourMs) => new Date(hourMs).toISOString().slice(0, 14));
  const urlWidth = widthOf(options.urls);
  const userWidth = widthOf(options.users);
  const { fields, time } = source;
  return (out, at) => {
    let p = put(out, at, beforeId);
    for (let word = 0; word < 4; word++) p = putWord(out, p, fields[FIELD.id + word]);
    p = putHour(out, put(out, p, beforeTs), time[0]);
    out[p++] = 46;
    // Times before 1970 are negative: the remainder is taken from a multiple of 1000 below.
    p = putDigits(out, p, time[0] - Math.floor(time[0] / 1000) * 1000, 3);
    out[p++] = 90;
    p = putDigits(out, put(out, p, beforeUrl), fields[FIELD.url], urlWidth);
    p = putDigits(out, put(out, p, beforeUser), fields[FIELD.user], userWidth);
    p = put(out, put(out, p, beforeCountry), countryBytes[fields[FIELD.country]]);
    p = put(out, put(out, p, beforeBrowser), browserBytes[fields[FIELD.browser]]);
    p = put(out, put(out, p, beforeOs), osBytes[fields[FIELD.os]]);
    p = put(out, put(out, p, beforeStatus), statusBytes[fields[FIELD.status]]);
    const ttfb = fields[FIELD.ttfb];
    const whole = (ttfb / 10_000) | 0;
    p = putNumber(out, put(out, p, beforeTtfb), whole);
    out[p++] = 46;
    p = putDigits(out, p, ttfb - whole * 10_000, 4);
    return put(out, p, end);
  };
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
  const [net, user, open, request, protocol, referrer, noReferrer] = listOf([
    "10.",
    " - user-",
    " [",
    ' +0000] "GET /?url=',
    ' HTTP/1.1" ',
    ' "http://example.com/" "',
    ' "-" "',
  ]);
  const agents = names.browser.map((browser) =>
    listOf(names.os.map((os) => `Mozilla/5.0 (${platforms[os]}) ${engines[browser]}"\n`)),
  );
  const putHour = clock((hourMs) => {
    const [year, month, rest] = new Date(hourMs).toISOString().split("-");
    return `${rest.slice(0, 2)}/${months[Number(month) - 1]}/${year}:${rest.slice(3, 6)}`;
  });
  const urlWidth = widthOf(options.urls);
  const userWidth = widthOf(options.users);
  const { fields, time } = source;
  return (out, at) => {
    const visitor = fields[FIELD.user];
    let p = putNumber(out, put(out, at, net), visitor >>> 16);
    out[p++] = 46;
    p = putNumber(out, p, (visitor >>> 8) & 255);
    out[p++] = 46;
    p = putNumber(out, p, visitor & 255);
    p = putDigits(out, put(out, p, user), visitor, userWidth);
    p = putHour(out, put(out, p, open), time[0]);
    p = putDigits(out, put(out, p, request), fields[FIELD.url], urlWidth);
    p = put(out, put(out, p, protocol), statusBytes[fields[FIELD.status]]);
    out[p++] = 32;
    p = putNumber(out, p, fields[FIELD.size]);
    p = put(out, p, fields[FIELD.size] & 1 ? referrer : noReferrer);
    return put(out, p, agents[fields[FIELD.browser]][fields[FIELD.os]]);
  };
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
