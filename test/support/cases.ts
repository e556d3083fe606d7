/**
 * How many cases a property tries. Parameters given to fast-check win over its global ones, so a test that names a
 * number of its own would stay at it in the long run: this one takes the larger of both.
 */

/** Whether this is `npm run test:long`. */
const isLong: boolean = process.env.THREADMILL_LONG === "1";

/** Parameters for `fc.assert`: `usual` cases, in the long run as many as it asks for. */
export function tries(usual: number): { numRuns: number } {
  return { numRuns: Math.max(usual, Number(process.env.THREADMILL_SEEDS ?? 0) || 0) };
}

/** A number in the usual run, another in the long one: for sizes. */
export function scaled(usual: number, long: number): number {
  return isLong ? long : usual;
}
