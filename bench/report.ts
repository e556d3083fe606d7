/** What the bench says: a table per job, and the record for later. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { formatBytes, formatCount } from "../src/base/units.ts";
import type { Machine } from "./machine.ts";
import type { JobReport, Measured } from "./measure.ts";

const heads = ["", "wall", "min–max", "cpu", "lines/s", "against ours"];

export function table({ title, lines, bytes, rows, peers, notMeasured }: JobReport): string {
  const cells = [heads, ...peers.map((peer) => rowOf(peer, lines))];
  const widths = heads.map((_, column) => Math.max(...cells.map((row) => row[column].length)));
  const printed = cells.map((row) =>
    row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column]))).join("  "),
  );
  return [
    `${title} (${formatCount(lines)} lines, ${formatBytes(bytes)}, ${formatCount(rows)} rows; equal answers)`,
    ...printed.map((line) => `  ${line.trimEnd()}`),
    ...notMeasured.map(({ peer, reason }) => `  ${peer}: not measured: ${reason}`),
  ].join("\n");
}

function rowOf({ peer, wall, fastest, slowest, user, ratio }: Measured, lines: number): string[] {
  const range = `${fastest.toFixed(2)}–${slowest.toFixed(2)}`;
  const rate = `${(lines / wall / 1e6).toFixed(1)} M`;
  return [peer, `${wall.toFixed(2)} s`, range, `${user.toFixed(2)} s`, rate, `× ${ratio.toFixed(2)}`];
}

/** Returns the path. */
export function writeRecord(
  machine: Machine,
  versions: Record<string, string>,
  shape: object,
  reports: JobReport[],
  now: Date = new Date(),
): string {
  const folder = join("bench", "record", machine.id);
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${now.toISOString().slice(0, 19).replaceAll(":", "")}Z.json`);
  // Paths of the machine are nobody's business.
  const text = JSON.stringify({ date: now.toISOString(), machine, versions, data: shape, jobs: reports }, null, 1)
    .replaceAll(process.execPath, "node")
    .replaceAll(`${process.cwd()}/`, "");
  writeFileSync(path, `${text}\n`);
  return path;
}
