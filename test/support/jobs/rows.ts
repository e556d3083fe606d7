/** Jobs of the fault tests over `id,url,ms`. What goes wrong goes wrong in the functions; MARKER names the file that makes a fault happen once. */
import { closeSync, openSync } from "node:fs";
import { count, defineAggregate, sum } from "../../../src/job/aggregate.ts";
import { type Flow, from, type Job } from "../../../src/job/job.ts";
import { csv, float, int, text } from "../../../src/job/source-format.ts";

type Made = { id: number; url: string; ms: number };

const events = csv({ columns: { id: int, url: text, ms: float } });
const all: Flow<Made, Made> = from("set by the test", events) as Flow<Made, Made>;

/** The row at which the faulty jobs do what they are named after. */
const UNLUCKY = 9000;
export const userFile: string = import.meta.url;

/** True for the first call of all workers. */
function once(): boolean {
  try {
    closeSync(openSync(process.env.MARKER!, "wx"));
    return true;
  } catch {
    return false;
  }
}

/** How often an unlucky row was looked at: one file per call. */
function mark(): void {
  closeSync(openSync(`${process.env.MARKER}-${process.hrtime.bigint()}`, "wx"));
}

function perUrl(flow: Flow<Made, Made>): Job<{ url: string; n: number; ids: number | bigint }> {
  return flow.groupBy("url").aggregate({ n: count(), ids: sum("id") });
}

function dislike(id: number): void {
  if (id !== UNLUCKY) return;
  mark();
  throw new RangeError(`nobody likes ${id}`);
}

export const plain: Job<{ url: string; n: number; ids: number | bigint }> = perUrl(all.filter(() => true));
export const throwing: Job<unknown> = perUrl(
  all.filter((event) => {
    dislike(event.id);
    return true;
  }),
);
export const throwingOddly: Job<unknown> = perUrl(
  all.filter((event) => {
    if (event.id === UNLUCKY) throw "a text";
    return true;
  }),
);
export const throwingGenerator: Job<unknown> = all.flatMap(function* (event) {
  yield event.id;
  dislike(event.id);
}) as Job<unknown>;
export const exiting: typeof plain = perUrl(
  all.filter((event) => {
    if (event.id === UNLUCKY && once()) process.exit(7);
    return true;
  }),
);
export const exitingAlways: Job<unknown> = perUrl(
  all.filter((event) => {
    if (event.id === UNLUCKY) process.exit(7);
    return true;
  }),
);
export const throwingOnce: Job<Made> = all
  .filter((event) => {
    if (event.id === UNLUCKY && once()) throw new RangeError("only now");
    return true;
  })
  .map((event) => ({ ...event })) as Job<Made>;
export const hoarding: typeof plain = perUrl(
  all.filter((event) => {
    const hoard: unknown[] = [];
    if (event.id === UNLUCKY && once()) for (;;) hoard.push(new Array(100_000).fill(hoard.length));
    return true;
  }),
);
export const endless: typeof plain = perUrl(
  all.filter((event) => {
    if (event.id === UNLUCKY && once()) for (;;);
    return true;
  }),
);
export const slow: typeof plain = perUrl(
  all.filter((event) => {
    for (const end = performance.now() + 1; performance.now() < end; );
    return event.id > 0;
  }),
);
export const slowRows: Job<Made> = all.filter((event) => {
  for (const end = performance.now() + 1; performance.now() < end; );
  return event.id >= 0;
});

/** Fails far behind its limit. */
export const throwingRows: Job<Made> = all
  .filter((event) => {
    dislike(event.id);
    return true;
  })
  .limit(7);

export const promising: Job<unknown> = all.filter(() => Promise.resolve(false));
export const rejecting: Job<unknown> = all.map(() => Promise.reject(new Error("nobody waits for this")));
export const uncloneable: Job<unknown> = all.map((event) => ({ again: () => event.id }));

export const same: Job<Made> = all.map((event) => event);
export const spread: Job<Made & { twice: number }> = all.map((event) => ({ ...event, twice: event.id * 2 }));
export const repeated: Job<Made> = all.flatMap((event) => [event, event]);
export const generated: Job<number> = all.flatMap(function* (event) {
  if (event.id % 2 === 0) yield event.id;
});
export const rows: Job<Made> = all.filter((event) => event.id % 3 !== 0);
export const untouched: Flow<Made, Made> = all;
export const sorted: Job<Made> = all
  .filter(() => true)
  .sort("ms desc, id")
  .limit(5);
export const sortedPlain: Job<Made> = all.sort("ms desc, id").limit(5);
export const sortedMade: Job<{ key: number }> = all
  .map((event) => ({ key: (event.id * 7919) % 10_007 }))
  .sort("key desc")
  .limit(5);
export const limited: Job<Made> = all.filter(() => true).limit(7);

const longest = {
  zero: () => 0,
  step: (most: number, event: Made) => Math.max(most, event.url.length),
  merge: (a: number, b: number) => Math.max(a, b),
  finish: (most: number) => most,
};
export const ofRecords: Job<{ longest: number }> = all.aggregate({ longest: defineAggregate(longest) });
export const failingAggregate: Job<unknown> = all.aggregate({
  longest: defineAggregate({
    ...longest,
    step: (most: number, event: Made) => {
      dislike(event.id);
      return most;
    },
  }),
});

function below(most: number): Job<{ n: number }> {
  return all.filter((event) => event.id < most).aggregate({ n: count() });
}
/** Equal in text; what they close over differs. */
export const twins: Job<{ n: number }>[] = [100, 200, 300].map(below);
/** Only called outside of workers: no worker makes this job again. */
export function late(most: number): Job<{ n: number }> {
  return all.filter((event) => event.id <= most).aggregate({ n: count() });
}
