/**
 * Sizes, counts, times and rates, as people write and read them. Output is the same whatever the machine's locale.
 * KB, MB, … are powers of 1000 and KiB, MiB, … (and a bare k, m, g, as `dd` and `ulimit` have it) powers of 1024.
 */
import { UsageError } from "./errors.ts";

const binary = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
const decimal = ["B", "KB", "MB", "GB", "TB", "PB"];

/**
 * Bytes of a size such as `512MB`, `1.5 GiB`, `64k` or `1000`. Case does not matter.
 * @throws UsageError ERR_BAD_SIZE
 */
export function parseBytes(text: string): number {
  const match = /^\s*(\d[\d_]*(?:\.\d+)?)\s*(?:([kmgtp])(i?)(b?)|b)?\s*$/i.exec(text);
  const power = match?.[2] ? "kmgtp".indexOf(match[2].toLowerCase()) + 1 : 0;
  const base = match?.[4] && !match[3] ? 1000 : 1024;
  const bytes = match ? Math.round(Number(match[1].replaceAll("_", "")) * base ** power) : Number.NaN;
  if (Number.isSafeInteger(bytes)) return bytes;
  throw new UsageError("ERR_BAD_SIZE", `${JSON.stringify(text)} is no size`, {
    hint: "Write a number and a unit: 64KiB, 512MB, 1.5GiB.",
  });
}

function scaled(value: number, base: number, names: readonly string[]): string {
  let power = 0;
  let rest = Math.abs(value);
  // 999.5 would print as 1000: the next unit starts there.
  while (rest >= (power === 0 ? base : base - 0.5) && power < names.length - 1) {
    rest /= base;
    power++;
  }
  const digits = power === 0 ? String(Math.round(rest)) : rest.toFixed(rest < 99.95 ? 1 : 0);
  return `${value < 0 ? "-" : ""}${digits} ${names[power]}`;
}

/** `104857600` → `104.9 MB` (decimal, the default: what disks and files are measured in) or `100 MiB` (binary: memory). */
export function formatBytes(bytes: number, kind: "decimal" | "binary" = "decimal"): string {
  if (!Number.isFinite(bytes)) return "unknown";
  return kind === "binary" ? scaled(bytes, 1024, binary) : scaled(bytes, 1000, decimal);
}

/** `1234567` → `1,234,567`. Integers and bigints; other numbers keep their decimals. */
export function formatCount(count: number | bigint): string {
  const [whole, fraction] = String(count).split(".");
  if (!/^-?\d+$/.test(whole)) return String(count);
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ",");
  return fraction === undefined ? grouped : `${grouped}.${fraction}`;
}

/** Milliseconds as `0.4 ms`, `850 ms`, `3.21 s`, `4 min 05 s`, `2 h 03 min`, `3 d 04 h`. */
export function formatDuration(ms: number): string {
  if (!Number.isFinite(ms)) return "unknown";
  if (ms < 0) return `-${formatDuration(-ms)}`;
  if (ms < 9.95) return `${Number(ms.toFixed(1))} ms`;
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${(ms / 1000).toFixed(ms < 9995 ? 2 : 1)} s`;
  const pair = (whole: number, part: number, names: [string, string]) =>
    `${whole} ${names[0]} ${String(part).padStart(2, "0")} ${names[1]}`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) return pair(Math.floor(seconds / 60), seconds % 60, ["min", "s"]);
  const minutes = Math.round(ms / 60_000);
  if (minutes < 1440) return pair(Math.floor(minutes / 60), minutes % 60, ["h", "min"]);
  const hours = Math.round(ms / 3_600_000);
  return pair(Math.floor(hours / 24), hours % 24, ["d", "h"]);
}

/** An amount per second: `formatRate(5e8, 1000, "bytes")` → `500 MB/s`, `formatRate(12345, 1000, "rows")` → `12.3 k rows/s`. */
export function formatRate(amount: number, ms: number, unit: string = "bytes"): string {
  if (!(ms > 0) || !Number.isFinite(amount)) return "unknown";
  const perSecond = (amount * 1000) / ms;
  if (unit === "bytes") return `${formatBytes(perSecond)}/s`;
  return `${scaled(perSecond, 1000, ["", "k", "M", "G", "T"]).trim()} ${unit}/s`;
}
