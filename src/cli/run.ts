/** `threadmill run JOB.ts[#export] [FILES]`: runs a job that a module exports. */
import { statSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { Command as CommandType } from "commander";
import { Command } from "commander";
import { ThreadmillError, UsageError } from "../base/errors.ts";
import { isJob, type Job } from "../job/job.ts";
import { importGuarded } from "../run/guard.ts";
import { run } from "../run/run.ts";
import { type AnswerFlags, Answering, addAnswerFlags } from "./answer.ts";
import { explain } from "./explain.ts";

export function runCommand(): CommandType {
  return addAnswerFlags(new Command("run"))
    .description("run a job: a module's default export, or JOB.ts#name")
    .argument("<job>", "the module that exports the job, with #name for a named export")
    .argument("[files...]", "input in place of the job's own: files, quoted globs, folders, @list, - for stdin")
    .addHelpText(
      "after",
      "\nExamples:\n  threadmill run visitors.ts\n  threadmill run jobs.ts#errors 'logs/*.csv' -o errors.parquet",
    )
    .action(async (target: string, files: string[], flags: AnswerFlags) => {
      const answer = await Answering.open(flags);
      try {
        const { job, url, exportName } = await loadJob(target);
        const options = { ...answer.options, meta: { url }, exportName, ...(files.length > 0 && { sources: files }) };
        if (flags.explain) return void process.stdout.write(await explain(job, options));
        await answer.write(run(job, options), target);
      } finally {
        await answer.close();
      }
    });
}

async function loadJob(target: string): Promise<{ job: Job<unknown>; url: string; exportName: string }> {
  const hash = target.lastIndexOf("#");
  const path = resolve(hash < 0 ? target : target.slice(0, hash));
  const exportName = hash < 0 ? "default" : target.slice(hash + 1);
  checkFile(path);
  const url = pathToFileURL(path).href;
  const module = await importJob(path, url);
  const value = module[exportName];
  if (isJob(value)) return { job: value as Job<unknown>, url, exportName };
  const jobs = Object.keys(module).filter((name) => isJob(module[name]));
  const what =
    exportName in module ? `${target}: ${exportName} is no job` : `${path} has no export named ${exportName}`;
  throw new UsageError("ERR_NO_JOB", what, {
    hint:
      jobs.length > 0
        ? `It exports ${jobs.length === 1 ? "the job" : "the jobs"} ${jobs.join(", ")}: threadmill run ${named(hash < 0 ? target : target.slice(0, hash), jobs[0])}`
        : "Export a job: export default from(…).groupBy(…).aggregate(…)",
  });
}

const named = (file: string, job: string) => (job === "default" ? file : `${file}#${job}`);

/** Where a module does not parse Node begins the stack with file and line, the line's text, and carets. */
function excerpt(error: unknown): string {
  if (!(error instanceof SyntaxError)) return "";
  const [place = "", ...lines] = (error.stack ?? "").split("\n");
  if (!/:\d+$/.test(place)) return "";
  const shown = lines.slice(
    0,
    lines.findIndex((line) => line.startsWith("SyntaxError")),
  );
  return ["", place.replace(/^file:\/\//, ""), ...shown]
    .filter((line, at) => at === 0 || line.trim() !== "")
    .join("\n  ");
}

function checkFile(path: string): void {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (!stats) throw new UsageError("ERR_NOT_FOUND", `the job module ${path} does not exist`);
  if (stats.isDirectory())
    throw new UsageError("ERR_IS_DIRECTORY", `${path} is a folder; a job is a module (.ts, .js, .mjs)`);
}

async function importJob(path: string, url: string): Promise<Record<string, unknown>> {
  try {
    return await importGuarded(url);
  } catch (error) {
    if (error instanceof ThreadmillError) throw error;
    const what = error instanceof SyntaxError ? "does not parse" : "threw while it was imported";
    const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    throw new ThreadmillError("ERR_MODULE_FAILED", `the job module ${path} ${what}: ${message}${excerpt(error)}`, {
      cause: error,
      hint: `Run it by itself to see more: node ${path}`,
    });
  }
}
