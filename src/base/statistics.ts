/** Statistics of a few numbers: timings, samples. Not for streams of records: those are the job's aggregates and sketches. */

/** The sum divided by the number of values; NaN of none. */
export function mean(values: readonly number[]): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}

/**
 * The value below which the share `q` (0 to 1) of the values lies, interpolated linearly between neighbours
 * (Hyndman and Fan's type 7, the default of R and NumPy); NaN of none.
 */
export function quantile(values: readonly number[], q: number): number {
  if (values.length === 0) return Number.NaN;
  const sorted = Float64Array.from(values).sort();
  const position = Math.min(Math.max(q, 0), 1) * (sorted.length - 1);
  const below = Math.floor(position);
  const above = Math.ceil(position);
  return below === above ? sorted[below] : sorted[below] + (sorted[above] - sorted[below]) * (position - below);
}

/** The middle value, or the mean of the two middle ones; NaN of none. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** The sample standard deviation (divided by n - 1), in two passes so that large means cost no digits; NaN below two values. */
export function stddev(values: readonly number[]): number {
  if (values.length < 2) return Number.NaN;
  const centre = mean(values);
  let squares = 0;
  for (const value of values) squares += (value - centre) ** 2;
  return Math.sqrt(squares / (values.length - 1));
}
