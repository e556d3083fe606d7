/**
 * Access logs of Apache or nginx, compressed or not: what failed, and how often.
 *
 *     node examples/access-log.ts 'access*.log*'
 */
import { combined, count, from, type Job, max, path, run } from "threadmill";

const failures: Job = from("access*.log*", combined())
  .filter("status >= 500")
  .groupBy({ path: path("path"), status: "status" })
  .aggregate({ times: count(), last: max("time") })
  .sort("times desc, path, status")
  .limit(20);

export default failures;

if (import.meta.main) {
  const sources = process.argv.slice(2);
  // No functions of our own in this job: workers need no module.
  const result = await run(failures, sources.length > 0 ? { sources } : {});
  console.table(await result.toArray());
}
