/**
 * The composition root: a job and its options become sources, a plan, an executor and a running execution; what comes
 * out is a result with typed rows and a summary. Nothing is decided in here that a pure part could decide.
 */
import { InputError, UsageError } from "../base/errors.ts";
import { LINE_BYTES_MAX, SPLIT_RETRIES, WHOLE_FILE_NOTICE_BYTES } from "../base/limits.ts";
import type { Executor } from "../executor/executor.ts";
import { readSample } from "../input/codec.ts";
import { resolveSchema } from "../input/infer.ts";
import type { Sample } from "../input/sample.ts";
import { resolveSources, type Source } from "../input/source.ts";
import { chooseSplitBytes, planSplits } from "../input/split.ts";
import type { FormatRequest, Job } from "../job/job.ts";
import type { Plan } from "../job/plan.ts";
import { planOf } from "../job/plan-of.ts";
import { hasFunctions } from "../job/registry.ts";
import type { SplitSpec } from "../job/schedule.ts";
import { kernelName } from "../kernel/open.ts";
import type { PartitionLimits } from "../kernel/partition/partitioned-grouping.ts";
import { logColumns } from "../kernel/scalar/log-format.ts";
import { Alike } from "./alike.ts";
import { type Crew, checkCrew, openCrew } from "./crew.ts";
import { Execution, interrupted } from "./execute.ts";
import { refuseUnguarded } from "./guard.ts";
import { RunMemory } from "./memory.ts";
import { checkOutputs } from "./outputs.ts";
import { RunResult } from "./result.ts";
import { Streams } from "./streams.ts";

/** What a run reports while it goes on, a few times a second. */
export interface Progress {
  /** Bytes of the sources as they lie on disk; compressed files count when they are done. */
  bytesDone: number;
  /** 0: unknown (a stream). */
  bytesTotal: number;
  rows: number;
  rejected: number;
  seconds: number;
}

/** How a job is run. All optional, but `meta` where the job has functions. */
export interface RunOptions {
  /** The caller's `import.meta`: needed where the job has functions, so that workers find them. */
  meta?: ImportMeta | { url: string };
  /** Set by the CLI: the job is this export of the module. */
  exportName?: string;
  /** Threads. 0: run inline, in this thread. Default: the cores that this process may use. */
  workers?: number;
  /** Bring your own executor; it is not shut down. */
  executor?: Executor;
  /** Ends the run with InterruptedError. */
  signal?: AbortSignal;
  /** Called a few times a second while the run goes on, and once at its end. */
  onProgress?: (progress: Progress) => void;
  /** Told once each: what was sniffed, which files were skipped. */
  onNotice?: (notice: string) => void;
  /** fail (default): the first bad row ends the run. skip: bad rows are counted and left out. */
  onError?: "fail" | "skip";
  /** With skip: more rejected rows than this fail the run. Default: no bound. */
  maxErrors?: number;
  /** With skip: gets the bytes of the rejected rows of one split after the other, each row ended by a newline, in input order. */
  quarantine?: (rows: Uint8Array) => void;
  /** Further attempts at a split whose function threw or whose worker died. Default 2. */
  retries?: number;
  /** A split that takes longer is stopped, with its worker, and tried again. Default: none. */
  splitTimeoutMs?: number;
  /** Bytes per split of a plain file. Default: 1–16 MiB, by size and workers. */
  splitBytes?: number;
  /** A longer line is rejected. Default 64 MiB. */
  lineBytesMax?: number;
  /**
   * Memory of the run, all of its workers included, in bytes or as text (`512MB`): groups beyond it go to temporary files.
   * At least 64 MB per worker. What your functions keep is not counted. Default: 60 % of what is free.
   */
  memory?: number | string;
  /** Limit of the JavaScript heap per worker, in MB: 16 or more. Default: Node's own. */
  memoryMb?: number;
  /** Of tests: when a group-by goes over to partitions. @internal */
  partitionLimits?: Partial<PartitionLimits>;
  /** IANA zone for truncation where an expression names none. Default UTC. */
  timeZone?: string;
  /** Files that the caller is going to write: a run that reads one of them is refused. */
  outputs?: string[];
  /** Sources in place of the job's own. */
  sources?: string[];
}

/** Sources, format, schema and plan of a job, looked up but not started. */
export interface Prepared {
  sources: Source[];
  plan: Plan;
  streams: Streams;
  notices: string[];
  /** Columns whose types nobody declared: told by the first rows. */
  inferred: string[];
}

/**
 * `onSources` hears what will be read, before any of it is. The caller closes the streams.
 * Throws what `run` throws before it starts, InterruptedError among it.
 */
export async function prepare(
  job: Job<unknown>,
  options: RunOptions,
  onSources?: (sources: Source[]) => void,
): Promise<Prepared> {
  // A wish for a kernel that there is not ends the run here, not in every worker.
  kernelName();
  const streams = new Streams();
  try {
    return await unlessAborted(look(job, options, streams, onSources), options.signal);
  } catch (error) {
    streams.close();
    throw error;
  }
}

async function look(
  job: Job<unknown>,
  options: RunOptions,
  streams: Streams,
  onSources: ((sources: Source[]) => void) | undefined,
): Promise<Prepared> {
  const notices: string[] = [];
  const sources = await resolveSources(options.sources ?? job.sources, { notices });
  checkOutputs(options.outputs ?? [], sources);
  onSources?.(sources);
  const { source, sample } = await firstSample(sources, streams, isDeclared(job.request));
  const resolved = resolveSchema({ ...job.request, logColumns, isWhole: sample.isWhole }, sample.bytes);
  if (resolved.notice) notices.push(resolved.notice);
  if (source && sources.length > 1) {
    const isSniffed = job.request.format === undefined;
    const alike = new Alike({ source, sample, format: resolved.format, isSniffed });
    await alike.checkFiles(sources);
    streams.onSample = (other, sampled) => alike.check(other, sampled);
  }
  const planned = () =>
    planOf(job, resolved, {
      module: options.meta?.url,
      exportName: options.exportName,
      timeZone: options.timeZone ?? "UTC",
      onError: options.onError ?? "fail",
      lineBytesMax: options.lineBytesMax ?? LINE_BYTES_MAX,
    });
  const plan = source ? planned() : unlessEmpty(planned);
  for (const source of sources) {
    if (source.codec !== "none" && source.kind === "file" && source.size > WHOLE_FILE_NOTICE_BYTES) {
      notices.push(`${source.path} is ${source.codec}: a compressed file is one split, read by one worker`);
    }
  }
  return { sources, plan, streams, notices, inferred: inferredColumns(job.request, plan) };
}

/** Without a byte of input nothing is known of its columns, which is what a question about them fails at. */
function unlessEmpty(planned: () => Plan): Plan {
  try {
    return planned();
  } catch (error) {
    if (error instanceof UsageError) Object.assign(error, { hint: `the input is empty. ${error.hint ?? ""}`.trim() });
    throw error;
  }
}

function inferredColumns({ columns = [] }: FormatRequest, { format, schema }: Plan): string[] {
  const declared = new Set(columns.flatMap(({ name, type }) => (type === undefined ? [] : [name])));
  return format.kind === "log" ? [] : schema.columns.map(({ name }) => name).filter((name) => !declared.has(name));
}

/** A value that does not fit a guessed type may be right, and the guess wrong. */
function explainBadRow(error: unknown, inferred: readonly string[]): void {
  if (!(error instanceof InputError) || error.code !== "ERR_BAD_ROW") return;
  const name = inferred.find((each) => error.message.startsWith(`column ${each}: `));
  if (name === undefined) return;
  const hint = `The type of ${name} was inferred from the first rows: declare it, as in --columns ${name}:text. ${error.hint ?? ""}`;
  Object.assign(error, { hint: hint.trim() });
}

/** Whether a request says all about the columns. NDJSON and headers may have more than those that are named. */
function isDeclared({ format, logFormat, header, columns = [] }: FormatRequest): boolean {
  if (format === "ndjson" || header) return false;
  if (logFormat !== undefined || format === "common" || format === "combined" || format === "log") return true;
  return columns.length > 0 && columns.every(({ type }) => type !== undefined);
}

/** The beginning of the first source that is not empty. */
async function firstSample(
  sources: Source[],
  streams: Streams,
  isDeclared: boolean,
): Promise<{ source: Source | undefined; sample: Sample }> {
  for (const source of sources) {
    const sample = source.kind === "stream" ? await streams.sample(source, isDeclared) : await readSample(source);
    if (sample.bytes.length > 0) return { source, sample };
  }
  return { source: undefined, sample: { bytes: new Uint8Array(0), isWhole: true } };
}

/**
 * Runs a job. Resolves when the answer is there (groups) or begins to flow (rows); iterate the result for typed rows.
 *
 * @throws UsageError when the job and its sources do not fit; InputError for bad input; TaskError when a function fails.
 */
export async function run<Row>(job: Job<Row>, options: RunOptions = {}): Promise<RunResult<Row>> {
  refuseUnguarded();
  const started = performance.now();
  checkCrew(options);
  let crew: Crew | undefined;
  let prepared: Prepared | undefined;
  try {
    prepared = await prepare(job as Job<unknown>, options, (sources) => {
      crew = openCrew(sources, options, hasFunctions(job as Job<unknown>));
    });
    for (const notice of prepared.notices) options.onNotice?.(notice);
    return await execute<Row>(prepared, crew!, options, started);
  } catch (error) {
    prepared?.streams.close();
    if (crew?.isOwn) await crew.executor.shutdown({ wait: false, cancelPending: true });
    throw error;
  }
}

/** The first look at a stream waits for its writer, maybe without end: an abort does not. */
async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return work;
  const aborted = Promise.withResolvers<never>();
  const onAbort = () => aborted.reject(interrupted(signal));
  signal.addEventListener("abort", onAbort, { once: true });
  if (signal.aborted) onAbort();
  work.catch(() => {});
  try {
    return await Promise.race([work, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

/** The byte ranges of the files of a run; streams have none. */
export function splitsOf({ sources, plan }: Prepared, options: RunOptions & { workers: number }): SplitSpec[] {
  const files = sources.filter((source) => source.kind === "file");
  const bytesTotal = files.reduce((sum, source) => sum + source.size, 0);
  const { format, schema, lineBytesMax } = plan;
  const dialect = format.kind === "csv" ? format : { quote: "", delimiter: "\n" };
  return planSplits(files, {
    splitBytes: options.splitBytes ?? chooseSplitBytes(bytesTotal, Math.max(1, options.workers)),
    dialect: { quote: dialect.quote, delimiter: dialect.delimiter },
    fields: schema.fields,
    lineBytesMax,
  });
}

async function execute<Row>(
  prepared: Prepared,
  crew: Crew,
  options: RunOptions,
  started: number,
): Promise<RunResult<Row>> {
  const { sources, plan } = prepared;
  const { executor, isOwn, workers, table } = crew;
  const files = sources.filter((source) => source.kind === "file");
  const streams = sources.filter((source) => source.kind === "stream");
  const bytesTotal = files.reduce((sum, source) => sum + source.size, 0);
  const splits = splitsOf(prepared, { ...options, workers });
  const blocks = streams.length > 0 ? prepared.streams.blocks(streams, plan, splits.length) : undefined;
  const memory = new RunMemory(options, workers);
  const execution = new Execution({
    plan,
    memory: memory.plan,
    sources,
    splits,
    blocks,
    executor,
    retries: options.retries ?? SPLIT_RETRIES,
    splitTimeoutMs: options.splitTimeoutMs,
    maxErrors: options.maxErrors ?? Number.POSITIVE_INFINITY,
    quarantine: options.quarantine,
    signal: options.signal,
  });
  const result = new RunResult<Row>({
    plan,
    execution,
    executor,
    isOwn,
    started,
    options,
    table,
    memoryBytes: memory.plan.bytes,
    bytesTotal: streams.length > 0 ? 0 : bytesTotal,
  });
  result.summary
    .catch((error) => explainBadRow(error, prepared.inferred))
    .finally(async () => {
      prepared.streams.close();
      await result.released;
      memory[Symbol.dispose]();
    });
  await result.start();
  return result;
}
