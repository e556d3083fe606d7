/** The public API. Everything that is exported here is documented, and kept stable between minor versions. */
export {
  type ErrorPlace,
  InputError,
  InterruptedError,
  RejectedError,
  TaskError,
  ThreadmillError,
  UsageError,
} from "./base/errors.ts";
export { createExecutor } from "./executor/create.ts";
export type {
  Executor,
  ExecutorEvent,
  ExecutorOptions,
  Future,
  MapOptions,
  ShutdownOptions,
  ShutdownReport,
  SubmitOptions,
  Task,
} from "./executor/executor.ts";
export { InlineExecutor } from "./executor/inline.ts";
export { ThreadExecutor, type ThreadExecutorOptions } from "./executor/threads.ts";
export type { GenerateOptions } from "./generate/options.ts";
export * from "./job/aggregate.ts";
export * from "./job/column.ts";
export { type Flow, from, isJob, type Job } from "./job/job.ts";
export * from "./job/source-format.ts";
export type { OutputFormat, Result, ResultColumn, ResultType } from "./output/output.ts";
export { type WriteOptions, type WriteReport, writeResult } from "./output/write.ts";
export { type Generated, type GenerateRun, generate } from "./run/generate.ts";
export type { RejectedRow } from "./run/rejects.ts";
export type { RunResult, Summary } from "./run/result.ts";
export { type Progress, type RunOptions, run } from "./run/run.ts";
