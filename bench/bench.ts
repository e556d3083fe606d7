/**
 * `npm run bench`: the same questions on the same files, to Threadmill (as built), DuckDB, ClickHouse, and tools of the system.
 * Answers are compared first: where they differ, nothing is measured.
 */
import { loadavg } from "node:os";
import { affordableLines, type Data, makeData, shapes } from "./data/data.ts";
import { type BenchJob, jobs } from "./jobs.ts";
import { describeMachine } from "./machine.ts";
import { type Contestant, type JobReport, measureJob } from "./measure.ts";
import { type BenchOptions, readOptions, usage } from "./options.ts";
import { chdbPeer } from "./peers/chdb.ts";
import { duckdbPeer } from "./peers/duckdb.ts";
import type { Peer } from "./peers/peer.ts";
import { mawkPeer, wcPeer } from "./peers/system.ts";
import { threadmillPeer } from "./peers/threadmill.ts";
import { table, writeRecord } from "./report.ts";

const otherPeers: readonly Peer[] = [duckdbPeer, chdbPeer, mawkPeer, wcPeer];

interface Present {
  peers: Peer[];
  versions: Record<string, string>;
  missing: { peer: string; reason: string }[];
}

/** Which peers this machine has. */
async function findPeers(wanted: readonly string[] | undefined): Promise<Present> {
  const present: Present = { peers: [], versions: {}, missing: [] };
  // `wc -l` is asked for as wc.
  const nameOf = ({ name }: Peer) => name.split(" ")[0];
  const unknown = wanted?.find((name) => !otherPeers.some((peer) => nameOf(peer) === name));
  if (unknown !== undefined) throw new Error(`no engine is named ${unknown}: ${otherPeers.map(nameOf).join(", ")}`);
  const isWanted = (peer: Peer) => wanted === undefined || wanted.includes(nameOf(peer));
  for (const peer of [threadmillPeer, ...otherPeers.filter(isWanted)]) {
    try {
      present.versions[peer.name] = await peer.version();
      present.peers.push(peer);
    } catch (error) {
      const [reason = "unknown"] = String(error instanceof Error ? error.message : error).split("\n");
      present.missing.push({ peer: peer.name, reason });
    }
  }
  return present;
}

/** @throws Error naming the jobs that there are */
function chooseJobs(only: readonly string[] | undefined): readonly BenchJob[] {
  const unknown = only?.find((name) => !jobs.some((job) => job.name === name));
  if (unknown !== undefined) throw new Error(`no job is named ${unknown}: ${jobs.map(({ name }) => name).join(", ")}`);
  return jobs.filter(({ name }) => only === undefined || only.includes(name));
}

async function contestantsOf(
  job: BenchJob,
  data: Data,
  peers: readonly Peer[],
  options: BenchOptions,
): Promise<Contestant[]> {
  if (!job.own) {
    return peers.map((peer) => {
      const { name, answers } = peer;
      return {
        name,
        answers,
        namesColumns: peer === threadmillPeer,
        formulations: peer.formulations(job, data, options.threads),
      };
    });
  }
  const made: Contestant[] = [];
  for (const { name, threads, data: own } of job.own) {
    const formulations = threadmillPeer.formulations(job, await makeData(own, options.lines), threads);
    made.push({ name, answers: true, namesColumns: true, formulations });
  }
  return made;
}

async function runJob(job: BenchJob, present: Present, options: BenchOptions): Promise<JobReport> {
  const data = await makeData(job.data, options.lines);
  const contestants = await contestantsOf(job, data, present.peers, options);
  const report = await measureJob(job, data, shapes[job.data].how, contestants, options.runs);
  if (!job.own) report.notMeasured.push(...present.missing);
  return report;
}

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  if (options === "help") return console.log(usage);
  const chosen = chooseJobs(options.only);
  const lines = affordableLines(options.lines);
  if (lines < options.lines) console.log(`the disk has room for ${lines} lines only`);
  options.lines = lines;
  if (options.dataOnly) return makeAll(chosen, lines);
  const machine = describeMachine();
  const { cpu, cores, memoryGb, load, system } = machine;
  console.log(`${cpu}, ${cores} cores, ${memoryGb} GB, load ${load}; ${system}`);
  const present = await findPeers(options.peers);
  const { versions } = present;
  for (const [name, version] of Object.entries(versions)) console.log(`${name}: ${version}`);
  const reports: JobReport[] = [];
  for (const job of chosen) {
    reports.push(await runJob(job, present, options));
    console.log(`\n${job.name}: ${table(reports.at(-1)!)}`);
  }
  const { threads, runs } = options;
  const loadAfter = Math.round(loadavg()[0] * 100) / 100;
  const record = { date: new Date().toISOString(), machine, loadAfter, versions, threads, runs, jobs: reports };
  if (options.record) console.log(`\n${writeRecord(record)}`);
}

async function makeAll(chosen: readonly BenchJob[], lines: number): Promise<void> {
  for (const job of chosen) {
    const { name, bytes, files } = await makeData(job.data, lines);
    console.log(`${name}: ${bytes} bytes, ${files.join(" ")}`);
  }
}

try {
  await main();
} catch (error) {
  console.error(`bench: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
}
