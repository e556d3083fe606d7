/**
 * The README's table of speed, made from a record of the bench: `node scripts/bench-table.ts [record]` writes it between its
 * markers, from the newest record where none is named. The first marker names the record, so that a test can make it again.
 */
import { globSync, readFileSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import type { JobReport, Measured } from "../bench/measure.ts";
import type { BenchRecord } from "../bench/report.ts";
import { formatBytes } from "../src/base/units.ts";

const marker = /<!-- bench: (\S+) -->\n[\s\S]*?<!-- \/bench -->/;

/** The README's text with the table of a record; a path relative to the repository's root. */
export function withTable(readme: string, path: string, record: BenchRecord): string {
  if (!marker.test(readme)) throw new Error("README.md has no <!-- bench: PATH --> … <!-- /bench -->");
  return readme.replace(marker, () => `<!-- bench: ${path} -->\n${tableOf(record)}\n<!-- /bench -->`);
}

/** The record that a README's table was made from. */
export function recordOf(readme: string): string | undefined {
  return marker.exec(readme)?.[1];
}

function tableOf({ date, machine, versions, threads, runs, jobs }: BenchRecord): string {
  const rows = jobs
    .filter(({ job }) => job !== "scaling")
    .map(({ title, lines, bytes, peers, rows: groups }) => {
      const cell = (name: string) => {
        const found = peers.find(({ peer }) => peer === name);
        return found ? `${seconds(found)} (${found.ratio.toFixed(1)}×)` : "";
      };
      const ours = peers[0];
      const size = `${(lines / 1e6).toFixed(lines < 1e6 ? 1 : 0)} M lines, ${formatBytes(bytes)}, ${groups.toLocaleString("en")} groups`;
      const memory = ours.peak === undefined ? "" : `${(ours.peak / 1e6).toFixed(0)} MB`;
      return `| ${title} (${size}) | **${seconds(ours)}** | ${memory} | ${cell("duckdb")} | ${cell("chdb")} | ${cell("wc -l")} |`;
    });
  const told = `${machine.cpu}, ${machine.cores} cores, ${date.slice(0, 10)}; Node ${machine.node}, DuckDB ${versions.duckdb ?? "none"}, ${versions.chdb ?? "no ClickHouse"}`;
  return [
    "| question | Threadmill | its peak memory | DuckDB | ClickHouse | `wc -l` |",
    "|---|---|---|---|---|---|",
    ...rows,
    "",
    `Medians of ${runs} alternating runs with ${threads} threads each, files in the page cache, equal answers; in brackets how`,
    `many times our time that is. ${told}.`,
    ...scalingOf(jobs),
  ].join("\n");
}

/** What the job says in which we are beside ourselves. */
function scalingOf(jobs: readonly JobReport[]): string[] {
  const others = jobs.find(({ job }) => job === "scaling")?.peers.slice(1) ?? [];
  if (others.length === 0) return [];
  const told = others.map(({ peer, ratio }) => `${peer}: ${ratio.toFixed(2)}×`);
  return [`Against two workers on one file: ${told.join("; ")}.`];
}

function seconds({ wall }: Measured): string {
  return `${wall.toFixed(2)} s`;
}

function newestRecord(): string {
  const [newest] = globSync("bench/record/*/*.json").sort((a, b) => (basename(a) < basename(b) ? 1 : -1));
  if (!newest) throw new Error("there is no record yet: npm run bench");
  return newest;
}

if (import.meta.main) {
  const path = process.argv[2] ?? newestRecord();
  const readme = readFileSync("README.md", "utf8");
  writeFileSync("README.md", withTable(readme, path, JSON.parse(readFileSync(path, "utf8"))));
  console.log(`README.md: the table of ${path}`);
}
