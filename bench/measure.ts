/** One job on all peers: answers first, then the measured runs, the peers taking turns so that none has the quiet minutes. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { median } from "../src/base/statistics.ts";
import { type Command, runCommand, type Timing } from "./command.ts";
import { difference, readAnswer } from "./compare.ts";
import type { Data } from "./data.ts";
import type { BenchJob } from "./jobs.ts";
import type { Peer } from "./peers/peer.ts";

export interface Measured {
  peer: string;
  command: Command;
  timings: Timing[];
  /** Medians. */
  wall: number;
  user: number;
  fastest: number;
  slowest: number;
  /** Median of its wall times divided by ours, run by run: above 1 means that we are faster. */
  ratio: number;
}

export interface JobReport {
  job: string;
  title: string;
  lines: number;
  bytes: number;
  /** Rows of the answer. */
  rows: number;
  peers: Measured[];
  notMeasured: { peer: string; reason: string }[];
}

interface Entry {
  peer: Peer;
  command: Command;
  timings: Timing[];
}

/** @throws Error when two engines disagree, or one fails */
export function measureJob(
  job: BenchJob,
  data: Data,
  peers: Peer[],
  options: { threads: number; runs: number },
): JobReport {
  const entries: Entry[] = [];
  const notMeasured: JobReport["notMeasured"] = [];
  for (const peer of peers) {
    const command = peer.command(job, data, options.threads);
    if (command) entries.push({ peer, command, timings: [] });
    else notMeasured.push({ peer: peer.name, reason: "no way to ask it this" });
  }
  const rows = compareAnswers(job, entries);
  for (let run = 0; run < options.runs; run++) {
    for (const { command, timings } of entries) timings.push(runCommand(command));
  }
  const ours = entries[0].timings;
  const { lines, bytes } = data;
  const measured = entries.map((entry) => summarise(entry, ours));
  return { job: job.name, title: job.title, lines, bytes, rows, peers: measured, notMeasured };
}

/** Runs every peer once, which warms the caches too, and compares with the first. Returns the rows of the answer. */
function compareAnswers(job: BenchJob, entries: Entry[]): number {
  let expected: string[] = [];
  for (const [index, { peer, command }] of entries.entries()) {
    const path = join(".bench", `answer-${process.pid}-${index}.txt`);
    try {
      runCommand(command, path);
      if (!peer.answers) continue;
      const answer = readAnswer(path, index === 0);
      if (index === 0) expected = answer;
      const found = difference(expected, answer);
      if (found) throw new Error(`${job.name}: ${entries[0].peer.name} and ${peer.name} disagree at ${found}`);
    } finally {
      rmSync(path, { force: true });
    }
  }
  return expected.length;
}

function summarise({ peer, command, timings }: Entry, ours: Timing[]): Measured {
  const walls = timings.map(({ wall }) => wall);
  return {
    peer: peer.name,
    command,
    timings,
    wall: median(walls),
    user: median(timings.map(({ user, system }) => user + system)),
    fastest: Math.min(...walls),
    slowest: Math.max(...walls),
    ratio: median(walls.map((wall, run) => wall / ours[run].wall)),
  };
}
