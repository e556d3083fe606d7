/**
 * `npm run bench`: the same questions on the same files, to Threadmill (as built), DuckDB, chDB, mawk and `wc -l`. Every
 * engine is a process, from start to exit. Answers are compared first: where they differ, nothing is measured.
 */
import { affordableLines, makeData, shape } from "./data.ts";
import { jobs } from "./jobs.ts";
import { describeMachine } from "./machine.ts";
import { type JobReport, measureJob } from "./measure.ts";
import { readOptions, usage } from "./options.ts";
import { chdbPeer } from "./peers/chdb.ts";
import { duckdbPeer } from "./peers/duckdb.ts";
import { mawkPeer } from "./peers/mawk.ts";
import type { Peer } from "./peers/peer.ts";
import { threadmillPeer } from "./peers/threadmill.ts";
import { wcPeer } from "./peers/wc.ts";
import { table, writeRecord } from "./report.ts";

const everyPeer: readonly Peer[] = [threadmillPeer, duckdbPeer, chdbPeer, mawkPeer, wcPeer];

interface Present {
  peers: Peer[];
  versions: Record<string, string>;
  missing: { peer: string; reason: string }[];
}

/** Which peers this machine has. */
async function findPeers(): Promise<Present> {
  const present: Present = { peers: [], versions: {}, missing: [] };
  for (const peer of everyPeer) {
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

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  if (options === "help") return console.log(usage);
  const chosen = jobs.filter((job) => options.only === undefined || job.name === options.only);
  if (chosen.length === 0)
    throw new Error(`no job is named ${options.only}: ${jobs.map((job) => job.name).join(", ")}`);
  const machine = describeMachine();
  console.log(
    `${machine.cpu}, ${machine.cores} cores, ${machine.memoryGb} GB, load ${machine.load}; ${machine.system}`,
  );
  const { peers, versions, missing } = await findPeers();
  console.log(
    Object.entries(versions)
      .map(([name, version]) => `${name}: ${version}`)
      .join("\n"),
  );
  const lines = affordableLines(options.lines);
  if (lines < options.lines) console.log(`the disk has room for ${lines} lines only`);
  const reports: JobReport[] = [];
  for (const job of chosen) {
    const report = measureJob(job, makeData(job.data, Math.max(2, lines * job.share)), peers, options);
    report.notMeasured.push(...missing);
    reports.push(report);
    console.log(`\n${table(report)}`);
  }
  if (options.record) console.log(`\n${writeRecord(machine, versions, shape, reports)}`);
}

try {
  await main();
} catch (error) {
  console.error(`bench: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
}
