/**
 * An aggregate of one's own: the longest gap between two clicks of a user. `merge` must give the same whatever is merged first,
 * since nobody knows which worker sees which rows: so all times are kept, and sorted at the end.
 *
 *     node examples/custom-aggregate.ts 'logs/*.csv'
 */
import {
  type Aggregate,
  type Answer,
  count,
  csv,
  defineAggregate,
  float,
  from,
  int,
  run,
  text,
  timestamp,
} from "threadmill";

/** In: milliseconds since 1970. Out: milliseconds; null of fewer than two clicks. */
const longestGap: Aggregate<number, number[], number | null> = {
  zero: () => [],
  step: (times, time) => {
    times.push(time);
    return times;
  },
  merge: (left, right) => left.concat(right),
  finish: (times) => {
    const sorted = times.toSorted((a, b) => a - b);
    const gaps = sorted.slice(1).map((time, i) => time - sorted[i]);
    return gaps.length > 0 ? Math.max(...gaps) : null;
  },
};

const events = csv({
  columns: {
    id: text,
    ts: timestamp,
    url: text,
    user: text,
    country: text,
    browser: text,
    os: text,
    status: int,
    ttfb: float,
  },
});

const gaps: Answer<{ user: string; clicks: number; gapMs: number | null }> = from("logs/*.csv", events)
  .groupBy("user")
  .aggregate({ clicks: count(), gapMs: defineAggregate(longestGap, "ts") });

export default gaps;

if (import.meta.main) {
  const sources = process.argv.slice(2);
  const result = await run(gaps.top(10, "gapMs"), { meta: import.meta, ...(sources.length > 0 && { sources }) });
  for await (const { user, clicks, gapMs } of result) console.log(user, clicks, gapMs);
}
