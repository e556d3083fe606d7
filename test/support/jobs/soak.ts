/**
 * Jobs of the soak over `key,value,fault`. `fault` is empty or `kind:path`: where that file is there, the first who
 * deletes it goes wrong in that way. So each fault happens once, in whatever worker and attempt meets it first.
 */
import { unlinkSync } from "node:fs";
import { count, defineAggregate, distinct, sum } from "../../../src/job/aggregate.ts";
import { type Flow, from, type Job } from "../../../src/job/job.ts";
import { csv, int, text } from "../../../src/job/source-format.ts";

type Event = { key: string; value: number; fault: string };

const source = from("set by the test", csv({ columns: { key: text, value: int, fault: text } }));
const events: Flow<Event, Event> = source as unknown as Flow<Event, Event>;
export const userFile: string = import.meta.url;

function meet(fault: string | null): void {
  if (fault === null) return;
  const [kind, path] = fault.split(":");
  try {
    unlinkSync(path);
  } catch {
    return;
  }
  if (kind === "exit") process.exit(9);
  if (kind === "throw") throw new Error("planned");
  if (kind === "later") setImmediate(() => Promise.reject(new Error("planned, later")));
  const hoard: unknown[] = [];
  if (kind === "memory") for (;;) hoard.push(new Array(100_000).fill(hoard.length));
  if (kind === "endless") for (;;);
}

const met: Flow<Event, Event> = events.filter((event) => {
  meet(event.fault);
  return event.value % 10 !== 7;
});

/** By export name. */
export const jobs: Record<string, Job<unknown>> = {
  grouped: met.groupBy("key").aggregate({ n: count(), total: sum("value"), different: distinct("value") }),
  own: met.groupBy("key").aggregate({
    text: defineAggregate(
      {
        zero: () => 0,
        step: (state: number, value: number) => (state + value * 31) % 1_000_003,
        merge: (a, b) => (a + b) % 1_000_003,
        finish: (state) => String(state),
      },
      "value",
    ),
  }),
  one: met.map((event) => ({ half: Math.floor(event.value / 2) })).aggregate({ n: count(), half: sum("half") }),
  rows: met.map((event) => ({ key: event.key, twice: event.value * 2 })) as Job<unknown>,
};
