/** Jobs with half as many groups as rows over `id,url,ms`. MARKER names the file that makes a fault happen once. */
import { closeSync, openSync } from "node:fs";
import { collect, count, distinct, last, sum } from "../../../src/job/aggregate.ts";
import { type Flow, from, type Job } from "../../../src/job/job.ts";
import { csv, float, int, text } from "../../../src/job/source-format.ts";

type Made = { id: number; url: string; ms: number };

const events = csv({ columns: { id: int, url: text, ms: float } });
const all: Flow<Made, Made> = from("set by the test", events) as Flow<Made, Made>;

/** Late enough that much is on disk by then. */
const UNLUCKY = 19_000;
export const userFile: string = import.meta.url;

function group(flow: Flow<Made, Made>): Job<unknown> {
  return flow
    .groupBy("ms")
    .aggregate({ n: count(), urls: distinct("url"), sum: sum("id"), last: last("url", "id"), ids: collect("id", 10) });
}

export const plain: Job<unknown> = group(all);
export const throwing: Job<unknown> = group(
  all.filter((event) => {
    if (event.id === UNLUCKY) throw new RangeError("nobody likes it");
    return true;
  }),
);
export const exiting: Job<unknown> = group(
  all.filter((event) => {
    if (event.id === UNLUCKY && once()) process.exit(7);
    return true;
  }),
);
export const endless: Job<unknown> = group(
  all.filter((event) => {
    if (event.id === UNLUCKY) for (;;) closeSync(openSync(import.meta.filename, "r"));
    return true;
  }),
);

/** True for the first call of all workers. */
function once(): boolean {
  try {
    closeSync(openSync(process.env.MARKER!, "wx"));
    return true;
  } catch {
    return false;
  }
}
