/**
 * DDSketch (Masson, Rim, Lee: "DDSketch: a fast and fully-mergeable quantile sketch with relative-error guarantees",
 * VLDB 2019): values are counted in buckets whose bounds grow by gamma = (1 + a) / (1 - a), so that any value of a bucket
 * is within the relative error a of the bucket's middle. Counts add up, hence merging is exact and knows no order.
 * Buckets are never collapsed: all doubles together make about 1420 / (2a) of them (71,000 at 1 %).
 *
 * A bucket is a code, and codes sort as their values do:
 *
 *     NaN  2^30 + 1     +∞  2^30     x > 0  2^29 + i     0  0     x < 0  -(2^29 + i)     -∞  -2^30
 *     with i = ceil(log_gamma |x|)
 */
import { UsageError } from "../base/errors.ts";
import type { ByteReader, ByteWriter } from "./bytes.ts";

const CENTER = 2 ** 29;
const INFINITE = 2 ** 30;
const NOT_A_NUMBER = INFINITE + 1;

/** Default relative error of quantiles: 1 %. */
const RELATIVE_ERROR: number = 0.01;

/** Values to bucket codes and back, for one relative error. */
export class Buckets {
  readonly relativeError: number;
  readonly #gamma: number;
  readonly #scale: number;

  /** relativeError: above 0.000001, below 1. Throws ERR_AGGREGATE_OPTION. */
  constructor(relativeError: unknown = RELATIVE_ERROR) {
    if (typeof relativeError !== "number" || !(relativeError >= 1e-6 && relativeError < 1)) {
      throw new UsageError("ERR_AGGREGATE_OPTION", "the relative error of a quantile must lie between 0.000001 and 1", {
        hint: `leave it out for the default, ${RELATIVE_ERROR}`,
      });
    }
    this.relativeError = relativeError;
    this.#gamma = (1 + relativeError) / (1 - relativeError);
    this.#scale = 1 / Math.log(this.#gamma);
  }

  code(value: number): number {
    if (value === 0) return 0;
    if (Number.isNaN(value)) return NOT_A_NUMBER;
    const size = Math.abs(value);
    const code = size === Number.POSITIVE_INFINITY ? INFINITE : CENTER + Math.ceil(Math.log(size) * this.#scale);
    return value < 0 ? -code : code;
  }

  /** The value that stands for a bucket: within the relative error of everything in it. */
  value(code: number): number {
    if (code === 0) return 0;
    if (code === NOT_A_NUMBER) return Number.NaN;
    if (code < 0) return -this.value(-code);
    if (code === INFINITE) return Number.POSITIVE_INFINITY;
    // gamma^i in two halves, since gamma^i alone may overflow where the value does not.
    const half = Math.exp((code - CENTER) / this.#scale / 2);
    return ((half * 2) / (this.#gamma + 1)) * half;
  }
}

/** Wanted quantiles as a list; throws ERR_AGGREGATE_OPTION for anything but numbers from 0 to 1. */
export function quantilesOf(q: unknown): number[] {
  const list: unknown[] = Array.isArray(q) ? q : [q];
  if (list.length > 0 && list.every((item): item is number => typeof item === "number" && item >= 0 && item <= 1))
    return list;
  throw new UsageError("ERR_AGGREGATE_OPTION", "quantile needs q, a number from 0 to 1, or a list of them", {
    hint: "for example quantile(ttfb, 0.99)",
  });
}

/**
 * The value of rank floor(q·(n - 1)), counted from 0, of codes in ascending order with their counts. null for none.
 * least and greatest, where known, bound the answer: the extremes are then exact.
 */
export function quantile(
  buckets: Buckets,
  codes: ArrayLike<number>,
  counts: ArrayLike<number>,
  q: number,
  least: number = Number.NEGATIVE_INFINITY,
  greatest: number = Number.POSITIVE_INFINITY,
): number | null {
  let total = 0;
  for (let i = 0; i < counts.length; i++) total += counts[i];
  if (total === 0) return null;
  const rank = Math.floor(q * (total - 1));
  let seen = 0;
  let at = 0;
  while (at < codes.length - 1 && (seen += counts[at]) <= rank) at++;
  const value = buckets.value(codes[at]);
  return Number.isNaN(value) ? value : Math.min(Math.max(value, least), greatest);
}

/** One sketch of its own; the group-by keeps the same counts for all groups in one table. */
export class DDSketch {
  readonly buckets: Buckets;
  count = 0;
  readonly #counts: Map<number, number> = new Map();

  constructor(relativeError: number = RELATIVE_ERROR) {
    this.buckets = new Buckets(relativeError);
  }

  add(value: number, count = 1): void {
    this.#addCode(this.buckets.code(value), count);
  }

  #addCode(code: number, count: number): void {
    this.#counts.set(code, (this.#counts.get(code) ?? 0) + count);
    this.count += count;
  }

  /** Both must have the same relative error; throws ERR_AGGREGATE_OPTION. */
  merge(other: DDSketch): void {
    if (other.buckets.relativeError !== this.buckets.relativeError) {
      throw new UsageError("ERR_AGGREGATE_OPTION", "sketches of different relative errors cannot be merged", {
        hint: "build them with the same relativeError",
      });
    }
    for (const [code, count] of other.#counts) this.#addCode(code, count);
  }

  /** The quantile q within the relative error; null when nothing was added. */
  quantile(q: number): number | null {
    const entries = this.#sorted();
    const codes = entries.map(([code]) => code);
    return quantile(
      this.buckets,
      codes,
      entries.map(([, count]) => count),
      q,
    );
  }

  #sorted(): [number, number][] {
    return [...this.#counts].sort(([a], [b]) => a - b);
  }

  /** Equal sketches write equal bytes. */
  write(writer: ByteWriter): void {
    writer.float64(this.buckets.relativeError);
    writer.varint(this.#counts.size);
    for (const [code, count] of this.#sorted()) {
      writer.signed(code);
      writer.varint(count);
    }
  }

  static read(reader: ByteReader): DDSketch {
    const sketch: DDSketch = new DDSketch(reader.float64());
    for (let left = reader.count(2); left > 0; left--) sketch.#addCode(reader.signed(), reader.varint());
    return sketch;
  }
}
