/**
 * How a worker finds a job again: it imports the same module, which makes the same jobs; the job is known by its export, or by its
 * rank among the jobs of equal digest that one statement of the module made. Only jobs with functions are kept.
 */
import { createHash } from "node:crypto";
import { callSites, moduleFile } from "../base/callsite.ts";
import { TaskError, UsageError } from "../base/errors.ts";
import type { UserAggregate } from "../kernel/kernel.ts";
import { textOfAggregate } from "./aggregate.ts";
import type { Job } from "./job.ts";
import type { JobReference } from "./plan.ts";

/** A job's functions by step index, and its users' aggregates by aggregate index. */
export interface JobFunctions {
  steps: (((record: never) => unknown) | undefined)[];
  aggregates: (UserAggregate | undefined)[];
}

interface Registered {
  /** The functions of one or more jobs: a job and what is derived from it without new functions share them. */
  functions: unknown[];
  job: Job<unknown>;
  digest: string;
  /** The modules on the call stack when the functions were first seen, and where in them. */
  sites: Map<string, string>;
}

const registered: Registered[] = [];

/** Called for every job as it is made. */
export function registerJob(job: Job<unknown>): void {
  if (!hasFunctions(job)) return;
  const functions = functionList(job);
  const known = registered.find((each) => isSameList(each.functions, functions));
  if (known) for (const [file, site] of callSites()) known.sites.set(file, known.sites.get(file) ?? site);
  else registered.push({ functions, job, digest: digestOf(job), sites: callSites() });
}

/** By place: a step's function, then "|", then users' aggregates; undefined where there is none, without those at the ends. */
function functionList(job: Job<unknown>): unknown[] {
  const { steps, aggregates } = functionsOf(job);
  return [...withoutEnd(steps), "|", ...withoutEnd(aggregates)];
}

function withoutEnd<T>(list: readonly T[]): T[] {
  return list.slice(0, list.findLastIndex((each) => each !== undefined) + 1);
}

function isSameList(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((each, at) => each === b[at]);
}

export function hasFunctions({ definition }: Job<unknown>): boolean {
  return (
    definition.steps.some((step) => step.kind !== "where") ||
    (definition.group?.aggregates.some(({ call }) => call.user !== undefined) ?? false)
  );
}

export function functionsOf({ definition }: Job<unknown>): JobFunctions {
  return {
    steps: definition.steps.map((step) => (step.kind === "where" ? undefined : step.call)),
    aggregates: definition.group?.aggregates.map(({ call }) => call.user) ?? [],
  };
}

/**
 * sha256 (hex) of the text of a job's functions: two versions of a module never meet silently. Not of what travels in the plan (sources,
 * expressions, order, limit): that may be changed where the job is run.
 */
export function digestOf(job: Job<unknown>): string {
  const texts = functionList(job).map((each) => {
    if (typeof each === "function") return `function ${each}`;
    return each !== null && typeof each === "object" ? textOfAggregate(each as UserAggregate) : (each ?? null);
  });
  return createHash("sha256").update(JSON.stringify(texts)).digest("hex");
}

/**
 * How a worker shall refer to this job of this module. Throws UsageError ERR_META where the module did not take part in making the
 * job, so that no import of it could make it again.
 */
export function referenceOf(job: Job<unknown>, module: string, exportName: string | undefined): JobReference {
  if (exportName !== undefined) return { export: exportName };
  const functions = functionList(job);
  const site = registered.find((each) => isSameList(each.functions, functions))?.sites.get(moduleFile(module));
  if (site !== undefined) {
    const alike = candidates(module, digestOf(job), site);
    return { site, rank: alike.findIndex((each) => isSameList(functionList(each), functions)) };
  }
  throw new UsageError("ERR_META", `the job was not made by the module ${module}`, {
    hint: "Pass the import.meta of the module whose top level makes the job.",
  });
}

function candidates(module: string, digest: string, site: string): Job<unknown>[] {
  const file = moduleFile(module);
  return registered.filter((each) => each.digest === digest && each.sites.get(file) === site).map(({ job }) => job);
}

/**
 * The job of a plan, in a worker: imports the module (once) and takes its export or its ranked job.
 * Throws TaskError ERR_JOB_NOT_FOUND, or ERR_JOB_CHANGED when the module has other text here than in the coordinator.
 */
export async function findJob(wanted: {
  module: string;
  reference: JobReference;
  digest: string;
}): Promise<Job<unknown>> {
  const { module, reference, digest } = wanted;
  // Inline: the module is the running one, and an import would wait for its top-level await, which waits for this job.
  const known = "rank" in reference ? candidates(module, digest, reference.site)[reference.rank] : undefined;
  if (known) return known;
  const exports = (await import(module)) as Record<string, unknown>;
  if ("export" in reference) {
    const job = exports[reference.export];
    if (!isRegisteredShape(job)) throw notFound(module, `it has no job named ${JSON.stringify(reference.export)}`);
    if (digestOf(job) === digest) return job;
    throw new TaskError("ERR_JOB_CHANGED", `the job ${reference.export} of ${module} is another one in this worker`, {
      hint: "The module changed while it ran, or makes its job from something that differs between threads (time, argv, random).",
    });
  }
  const job = candidates(module, digest, reference.site)[reference.rank];
  if (job) return job;
  throw notFound(module, "importing it makes no such job");
}

function isRegisteredShape(value: unknown): value is Job<unknown> {
  return value !== null && typeof value === "object" && Symbol.for("threadmill.job") in value;
}

function notFound(module: string, why: string): TaskError {
  return new TaskError("ERR_JOB_NOT_FOUND", `the job was not found in ${module}: ${why}`, {
    hint: "Make the job at the top level of the module, outside of `if (import.meta.main)` and of functions that only the main thread calls.",
  });
}
