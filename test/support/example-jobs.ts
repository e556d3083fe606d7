/** Jobs as a user's module makes them at its top level: for the tests of finding jobs again. */
import { count, defineAggregate } from "../../src/job/aggregate.ts";
import { from, type Job } from "../../src/job/job.ts";
import { csv, int, text } from "../../src/job/source-format.ts";

function limited(most: number): Job<unknown> {
  return from("a.csv", csv({ columns: { url: text, status: int } }))
    .filter((event) => event.status < most)
    .groupBy("url")
    .aggregate({ n: count() });
}

/** Equal in text, not in what their functions close over: known by where they are made … */
export const twins: Job<unknown>[] = [limited(400), limited(500)];
/** … and, where one statement makes several, by their order. */
export const mapped: Job<unknown>[] = [600, 700].map(limited);

export default from("a.csv", csv({ columns: { url: text, status: int } }))
  .map((event) => ({ url: event.url }))
  .aggregate({
    longest: defineAggregate(
      {
        zero: () => 0,
        step: (longest: number, url: string) => Math.max(longest, url.length),
        merge: Math.max,
        finish: (longest) => longest,
      },
      (made: { url: string }) => made.url,
    ),
  }) as Job<{ longest: number }>;
