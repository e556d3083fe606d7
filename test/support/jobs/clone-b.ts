/** Has a job whose text is that of a job in the module beside it; only this constant differs. */
import { count } from "../../../src/job/aggregate.ts";
import { from, type Job } from "../../../src/job/job.ts";
import { csv, float, int, text } from "../../../src/job/source-format.ts";

const MOST = 20;

export default from("set by the test", csv({ columns: { id: int, url: text, ms: float } }))
  .filter((event) => event.id < MOST)
  .aggregate({ n: count() }) as Job<{ n: number }>;
export const moduleUrl: string = import.meta.url;
