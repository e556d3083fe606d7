/** The main job as a module, for runs that are repeated in one process. */
import { count, csv, distinct, float, from, hour, int, type Job, text, timestamp } from "threadmill";

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

const job: Job<unknown> = from("-", events)
  .groupBy({ url: "url", hour: hour("ts") })
  .aggregate({ clicks: count(), visitors: distinct("user") });

export default job;
