/** A program with a worker that cannot be stopped: it must report it, go on, and leave with its code. Argument: a pipe. */
import { exitNow, ThreadExecutor } from "../../../src/executor/index.ts";

const module = new URL("./faults.ts", import.meta.url).href;
const executor = new ThreadExecutor({ workers: 1, stopDeadlineMs: 200 });
const lost: string[] = [];
executor.on((event) => {
  if (event.type === "WorkerLost") lost.push(event.waitsFor);
});
// The module is loaded before the clock runs: the timeout must find the worker in the read.
await executor.submit({ module, key: "works", digest: "" }, []);
const blocked = executor.submit({ module, key: "readsPipe", digest: "" }, [process.argv[2]], { timeoutMs: 500 });
const error = (await blocked.exception()) as { code: string; message: string };
const after = await executor.submit({ module, key: "works", digest: "" }, []);
const report = await executor.shutdown();
console.log(JSON.stringify({ code: error.code, message: error.message, lost, after, report }));
await exitNow(7);
