/**
 * The house style as a test. New code obeys; what is over a limit already is listed in tidy-baseline.json and may only
 * shrink. `--tighten` lowers the baseline to what is there now; `--update` writes it anew (a reviewer sees the growth).
 */
import { existsSync, globSync, readFileSync, writeFileSync } from "node:fs";
import { deadFiles } from "./check-layers.ts";
import { type Finding, isFile, parseSource, type Source } from "./source.ts";
import { checkText, checkTidy } from "./tidy-rules.ts";

const baselinePath = "scripts/tidy-baseline.json";

/** By `rule path [name]`: the size that is tolerated (lines), or the number of occurrences. */
export type Baseline = Record<string, number>;

/** Findings summed to what the baseline holds. */
export function measure(findings: readonly Finding[]): Baseline {
  const sizes: Baseline = {};
  for (const { rule, path, name, size } of findings) {
    const key = [rule, path, name].filter(Boolean).join(" ");
    sizes[key] = size === undefined ? (sizes[key] ?? 0) + 1 : Math.max(sizes[key] ?? 0, size);
  }
  return sizes;
}

export interface Ratchet {
  /** Findings that the baseline does not cover. */
  worse: Finding[];
  /** Keys of the baseline whose code has shrunk or gone. */
  loose: string[];
}

export function ratchet(findings: readonly Finding[], baseline: Baseline): Ratchet {
  const sizes = measure(findings);
  const isWorse = (finding: Finding): boolean => {
    const key = [finding.rule, finding.path, finding.name].filter(Boolean).join(" ");
    return (sizes[key] ?? 0) > (baseline[key] ?? 0);
  };
  return {
    worse: findings.filter(isWorse),
    loose: Object.keys(baseline).filter((key) => (sizes[key] ?? 0) < (baseline[key] ?? 0)),
  };
}

function collect(): Finding[] {
  const folders = "{src,test,scripts,bench,examples,bin,.ci,docs,dashboard,assembly}/**/*";
  const files = [...globSync(folders, { withFileTypes: true }), ...globSync("*", { withFileTypes: true })]
    .filter((entry) => entry.isFile() && entry.name !== "package-lock.json")
    .map((entry) => `${entry.parentPath}/${entry.name}`.replace(`${process.cwd()}/`, "").replace(/^\.\//, ""))
    .sort();
  const findings: Finding[] = [];
  const sources: Source[] = [];
  for (const path of files) {
    const text = readFileSync(path, "utf8");
    if (text.includes("\0")) continue;
    findings.push(...checkText(path, text));
    if (!/^(src|test|scripts|bench|examples)\/.*\.(ts|js)$/.test(path)) continue;
    const source = parseSource(path, text);
    findings.push(...checkTidy(source));
    if (/^(src|bench)\//.test(path)) sources.push(source);
  }
  return [...findings, ...deadFiles(sources, isFile)];
}

function write(baseline: Baseline): void {
  const sorted = Object.entries(baseline).sort(([a], [b]) => (a < b ? -1 : 1));
  writeFileSync(baselinePath, JSON.stringify(Object.fromEntries(sorted), null, 2) + "\n");
}

function main(argv: readonly string[]): void {
  const findings = collect();
  if (argv.includes("--update")) {
    write(measure(findings));
    return;
  }
  const baseline: Baseline = existsSync(baselinePath) ? JSON.parse(readFileSync(baselinePath, "utf8")) : {};
  const { worse, loose } = ratchet(findings, baseline);
  if (argv.includes("--tighten")) {
    const sizes = measure(findings);
    const kept = Object.entries(baseline).map(([key, size]) => [key, Math.min(size, sizes[key] ?? 0)] as const);
    write(Object.fromEntries(kept.filter(([, size]) => size > 0)));
  } else if (loose.length > 0) {
    console.log(`the baseline can be tightened (node scripts/check-tidy.ts --tighten):\n  ${loose.join("\n  ")}`);
  }
  for (const { rule, path, line, message } of worse) console.error(`${path}:${line} [${rule}] ${message}`);
  process.exitCode = worse.length > 0 ? 1 : 0;
}

if (import.meta.main) main(process.argv.slice(2));
