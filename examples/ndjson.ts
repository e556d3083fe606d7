/**
 * JSON lines to other JSON lines: rows in the order of the input, made by functions.
 *
 *     node examples/ndjson.ts events.ndjson > slow.ndjson
 */
import { float, from, int, type Job, ndjson, nullable, run, text } from "threadmill";

const events = ndjson({ columns: { url: text, user: text, status: int, ttfb: nullable(float) } });

const slow: Job<{ page: string; user: string; seconds: number | null }> = from("events.ndjson", events)
  .filter((event) => (event.ttfb ?? 0) > 0.5)
  .map(({ url, user, ttfb }) => ({
    page: new URL(url, "https://example.com").pathname,
    user,
    seconds: ttfb,
  }));

export default slow;

if (import.meta.main) {
  const sources = process.argv.slice(2);
  const result = await run(slow, { meta: import.meta, ...(sources.length > 0 && { sources }) });
  for await (const row of result) console.log(JSON.stringify(row));
}
