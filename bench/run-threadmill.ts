/** A process that asks us, as often as it is told to, on workers that it keeps: `node run-threadmill.ts <threads> <files>`. */
import { createExecutor, run, writeResult } from "threadmill";
import { serve } from "./serve.ts";
import job from "./visitors.ts";

const [threads, ...sources] = process.argv.slice(2);
const meta = { url: new URL("./visitors.ts", import.meta.url).href };
await using executor = createExecutor("threads", { workers: Number(threads) });
await serve(async (path) => {
  const result = await run(job, { meta, executor, sources });
  await writeResult(await result.result(), { format: "csv", path, timeZone: "UTC" });
});
