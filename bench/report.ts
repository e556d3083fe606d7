/** What the bench says: a table per job, and the record for later. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { formatBytes, formatCount } from "../src/base/units.ts";
import type { Machine } from "./machine.ts";
import type { JobReport, Measured } from "./measure.ts";
import { describeVerdict } from "./verdict.ts";

const heads = ["", "wall", "min–max", "cpu", "memory", "lines/s", "against ours"];

export interface BenchRecord {
  /** ISO 8601. */
  date: string;
  machine: Machine;
  /** Load average of the last minute when the bench ended. */
  loadAfter: number;
  versions: Record<string, string>;
  /** Threads of every engine that has a choice, and measured runs. */
  threads: number;
  runs: number;
  jobs: JobReport[];
}

export function table({ title, lines, bytes, rows, peers, verdicts, notMeasured }: JobReport): string {
  const cells = [heads, ...peers.map((peer) => rowOf(peer, lines))];
  const widths = heads.map((_, column) => Math.max(...cells.map((row) => row[column].length)));
  const printed = cells.map((row) =>
    row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column]))).join("  "),
  );
  return [
    `${title} (${formatCount(lines)} lines, ${formatBytes(bytes)}, ${formatCount(rows)} rows; equal answers)`,
    ...printed.map((line) => `  ${line.trimEnd()}`),
    ...notMeasured.map(({ peer, reason }) => `  ${peer}: not measured: ${reason}`),
    ...verdicts.map((verdict) => `  ${describeVerdict(verdict)}`),
  ].join("\n");
}

function rowOf(measured: Measured, lines: number): string[] {
  const { peer, formulation, wall, fastest, slowest, cpu, peak, ratio } = measured;
  const range = `${fastest.toFixed(2)}–${slowest.toFixed(2)}`;
  const rate = `${(lines / wall / 1e6).toFixed(1)} M`;
  const name = formulation ? `${peer}, ${formulation}` : peer;
  const memory = peak === undefined ? "?" : `${(peak / 1e6).toFixed(0)} MB`;
  return [name, `${wall.toFixed(2)} s`, range, `${cpu.toFixed(2)} s`, memory, rate, `× ${ratio.toFixed(2)}`];
}

/** Returns the path. */
export function writeRecord(record: BenchRecord): string {
  const folder = join("bench", "record", record.machine.id);
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${record.date.slice(0, 19).replaceAll(":", "")}Z.json`);
  // Paths of the machine are nobody's business.
  const text = JSON.stringify(record, null, 1).replaceAll(process.execPath, "node").replaceAll(`${process.cwd()}/`, "");
  writeFileSync(path, `${text}\n`);
  return path;
}
