/** One job on all engines: answers first, then the measured runs, the engines taking turns so that none has the quiet minutes. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { median } from "../src/base/statistics.ts";
import type { Command, Timing } from "./command.ts";
import { type CanonicalAnswer, difference, readAnswer } from "./compare.ts";
import type { Data } from "./data/data.ts";
import type { BenchJob } from "./jobs.ts";
import type { Formulation } from "./peers/peer.ts";
import { ProcessRunner, type Runner, WarmRunner } from "./runner.ts";
import { judge, type Verdict } from "./verdict.ts";

export interface Measured {
  peer: string;
  /** Empty where an engine has only one. */
  formulation: string;
  command: Command;
  timings: Timing[];
  /** Medians. */
  wall: number;
  cpu: number;
  fastest: number;
  slowest: number;
  /** Median of its wall times divided by ours, run by run: above 1 means that we are faster. */
  ratio: number;
  /** Peak memory of the process tree, in bytes, in the run that gave the answer that was compared. */
  peak: number | undefined;
}

export interface JobReport {
  job: string;
  title: string;
  mode: BenchJob["mode"];
  data: { name: string; how: string };
  lines: number;
  bytes: number;
  /** Rows of the answer. */
  rows: number;
  peers: Measured[];
  verdicts: Verdict[];
  notMeasured: { peer: string; reason: string }[];
}

/** One engine with what it is asked in. */
export interface Contestant {
  name: string;
  answers: boolean;
  /** Its answer begins with the names of the columns. */
  namesColumns: boolean;
  formulations: Formulation[];
}

interface Entry {
  name: string;
  answers: boolean;
  namesColumns: boolean;
  formulation: Formulation;
  runner: Runner;
  /** Of the run that gave the answer, and of one more where there are several formulations. */
  trial: number;
  peak: number | undefined;
  timings: Timing[];
}

/** @throws Error when two engines disagree, or one fails */
export async function measureJob(
  job: BenchJob,
  data: Data,
  how: string,
  contestants: readonly Contestant[],
  runs: number,
): Promise<JobReport> {
  const entries = contestants.flatMap(entriesOf);
  try {
    const rows = await compareAnswers(job, entries);
    const chosen = await fastestFormulations(entries);
    for (let run = 0; run < runs; run++) {
      for (const entry of chosen) entry.timings.push(await entry.runner.run());
    }
    const peers = chosen.map((entry) => summarise(entry, chosen[0].timings));
    const { name, title, mode, targets } = job;
    const { lines, bytes } = data;
    const verdicts = judge(targets, peers);
    return {
      job: name,
      title,
      mode,
      data: { name: data.name, how },
      lines,
      bytes,
      rows,
      peers,
      verdicts,
      notMeasured: [],
    };
  } finally {
    for (const { runner } of entries) await runner.close();
    for (const path of [answerPath, spoilPath]) rmSync(path, { force: true });
  }
}

const answerPath = join(".bench", `answer-${process.pid}.csv`);
/** Where the answers of measured runs go. */
const spoilPath = join(".bench", `answer-${process.pid}-measured.csv`);

function entriesOf({ formulations, ...contestant }: Contestant): Entry[] {
  return formulations.map((formulation) => {
    const { command, serves } = formulation;
    const runner = serves ? new WarmRunner(command, spoilPath) : new ProcessRunner(command, spoilPath);
    return { ...contestant, formulation, runner, trial: Number.NaN, peak: undefined, timings: [] };
  });
}

/** Runs every entry once, which warms the caches too, and compares with the first. Returns the rows of the answer. */
async function compareAnswers(job: BenchJob, entries: Entry[]): Promise<number> {
  let expected: CanonicalAnswer | undefined;
  for (const entry of entries) {
    const { timing, peak } = await entry.runner.answer(answerPath);
    entry.trial = timing.wall;
    entry.peak = peak;
    if (!entry.answers) continue;
    const answer = readAnswer(answerPath, entry.namesColumns);
    expected ??= answer;
    const found = difference(expected, answer);
    const [ours, theirs] = [entries[0].name, `${entry.name} ${entry.formulation.name}`.trim()];
    if (found) throw new Error(`${job.name}: ${ours} and ${theirs} disagree at ${found}`);
  }
  return expected?.rows ?? 0;
}

/** Of each engine the formulation that was faster in the better of two runs. */
async function fastestFormulations(entries: Entry[]): Promise<Entry[]> {
  const byName = Map.groupBy(entries, ({ name }) => name);
  for (const alike of byName.values()) {
    if (alike.length === 1) continue;
    for (const entry of alike) entry.trial = Math.min(entry.trial, (await entry.runner.run()).wall);
  }
  return [...byName.values()].map((alike) => alike.reduce((best, entry) => (entry.trial < best.trial ? entry : best)));
}

function summarise({ name, formulation, timings, peak }: Entry, ours: Timing[]): Measured {
  const walls = timings.map(({ wall }) => wall);
  return {
    peer: name,
    formulation: formulation.name,
    command: formulation.command,
    timings,
    wall: median(walls),
    cpu: median(timings.map(({ user, system }) => user + system)),
    fastest: Math.min(...walls),
    slowest: Math.max(...walls),
    ratio: median(walls.map((wall, run) => wall / ours[run].wall)),
    peak,
  };
}
