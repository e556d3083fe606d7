/** The door to the executors: everything of this folder that others may use. */
export { createExecutor } from "./create.ts";
export type * from "./executor.ts";
export { exitNow } from "./exit.ts";
export { InlineExecutor } from "./inline.ts";
export { functionDigest, registerFunction, type TaskFunction } from "./registry.ts";
export { ThreadExecutor, type ThreadExecutorOptions } from "./threads.ts";
