/** The bench's job with a function: a plain TypeScript predicate over every line. */
import { count, csv, float, from, int, type Job, text, timestamp } from "threadmill";

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

// Which files is said on the command line.
const job: Job<{ browser: string | null; clicks: number }> = from("-", events)
  .filter((event) => (event.url ?? "").length > 20 && (event.status ?? 0) >= 400)
  .groupBy({ browser: "browser" })
  .aggregate({ clicks: count() });

export default job;
