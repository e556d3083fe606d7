/**
 * The entry file of worker threads. Before anything else is loaded, the thread takes part in the compile cache of the
 * main thread (each thread has to ask for it by itself), so this file imports nothing.
 */
import type { ThreadStart } from "./protocol.ts";

const { compileCache } = process.getBuiltinModule("node:worker_threads").workerData as ThreadStart;
if (compileCache !== undefined) process.getBuiltinModule("node:module").enableCompileCache(compileCache);
const { serveThread } = await import("./serve-thread.ts");
serveThread(() => process.exit(0));
