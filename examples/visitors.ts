/**
 * Three questions about the event logs of `threadmill generate`. Run one of them:
 *
 *     node examples/visitors.ts 'logs/*.csv'
 *     npx threadmill run examples/visitors.ts#urlsPerHour 'logs/*.csv' -o urls.html
 */
import {
  count,
  csv,
  distinct,
  type Flow,
  float,
  from,
  hour,
  int,
  type Job,
  type RecordOf,
  type RowOf,
  run,
  text,
  timestamp,
} from "threadmill";

const columns = {
  id: text,
  ts: timestamp,
  url: text,
  user: text,
  country: text,
  browser: text,
  os: text,
  status: int,
  ttfb: float,
};
const events: Flow<RecordOf<typeof columns>, RowOf<typeof columns>> = from("logs/*.csv", csv({ columns }));

/** How many different URLs per hour? */
export const urlsPerHour: Job<{ hour: Date; urls: number }> = events
  .groupBy({ hour: hour("ts") })
  .aggregate({ urls: distinct("url") });

/** How many different visitors per URL and hour? */
export const visitors: Job<{ url: string; hour: Date; visitors: number }> = events
  .filter((event) => event.status < 500)
  .groupBy({ url: "url", hour: hour("ts") })
  .aggregate({ visitors: distinct("user") });

/** How many clicks per URL and hour, and how many of them different? */
export const clicks: Job<{ url: string; hour: Date; clicks: number; different: number }> = events
  .groupBy({ url: "url", hour: hour("ts") })
  .aggregate({ clicks: count(), different: distinct("id") })
  .sort("clicks desc, url, hour")
  .limit(10);

// Workers import this module too: only the main thread runs the job.
if (import.meta.main) {
  const sources = process.argv.slice(2);
  const result = await run(visitors, { meta: import.meta, ...(sources.length > 0 && { sources }) });
  for await (const row of result) console.log(row.url, row.hour.toISOString(), row.visitors);
}
