/**
 * The import check: a folder of src imports only what the table below names, type imports, dynamic imports and modules
 * loaded by URL included. The table is the one of the design; a part that wants more is in the wrong folder.
 */
import { globSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { type Finding, isFile, readSource, references, type Source } from "./source.ts";

interface LayerRule {
  layer: number;
  /** Folders, or single files of another folder; "below" stands for every folder of a lower layer. */
  may: readonly string[];
}

const contracts = ["executor/executor.ts", "state/state.ts"];

/** By folder of src. `index.ts` stands for itself. A folder may always import itself. */
export const layers: Readonly<Record<string, LayerRule>> = {
  base: { layer: 0, may: [] },
  shared: { layer: 1, may: ["base"] },
  sketch: { layer: 1, may: ["base"] },
  input: { layer: 1, may: ["base"] },
  kernel: { layer: 1, may: ["base", "sketch", "input/batch.ts"] },
  generate: { layer: 1, may: ["base"] },
  output: { layer: 1, may: ["base", "shared"] },
  executor: { layer: 2, may: ["base", "shared"] },
  state: { layer: 2, may: ["base", "shared", "sketch"] },
  job: { layer: 3, may: ["base", "shared", "sketch", "input", "kernel", ...contracts] },
  cache: { layer: 3, may: ["base", "shared", ...contracts] },
  cluster: { layer: 3, may: ["base", "executor"] },
  debug: { layer: 3, may: ["base", "shared", "executor"] },
  monitor: { layer: 4, may: ["base", "shared", "debug", ...contracts] },
  run: { layer: 5, may: ["below"] },
  lab: { layer: 6, may: ["below"] },
  cli: { layer: 7, may: ["below"] },
  "index.ts": { layer: 7, may: ["below"] },
};

function isAllowed(rule: LayerRule, target: string): boolean {
  const folder = target.split("/")[0] ?? "";
  const of = layers[folder];
  if (of === undefined) return false;
  if (rule.may.includes("below") && of.layer < rule.layer) return true;
  return rule.may.includes(folder) || rule.may.includes(target);
}

/**
 * Findings for one file of src. `exists` tells whether a path (relative to the repository's root) is a file: text that
 * merely looks like a relative path refers to nothing.
 */
export function checkLayers(source: Source, exists: (path: string) => boolean): Finding[] {
  const inside = source.path.replace(/^src\//, "");
  const folder = inside.split("/")[0] ?? "";
  const rule = layers[folder];
  if (rule === undefined) {
    return [
      { rule: "layers", path: source.path, line: 1, message: `src/${folder} is in no layer: add it to the table` },
    ];
  }
  const findings: Finding[] = [];
  for (const { specifier, line, isImport } of references(source)) {
    const target = resolveReference(source.path, specifier, exists);
    if (target === undefined) {
      if (isImport && specifier === "threadmill") {
        const message = "src imports itself by its package name";
        findings.push({ rule: "layers", path: source.path, line, message });
      }
      continue;
    }
    if (!target.startsWith("src/")) {
      if (isImport && !target.startsWith("package.json")) {
        const message = `imports ${specifier}: it lies outside src and is not in the package`;
        findings.push({ rule: "layers", path: source.path, line, message });
      }
      continue;
    }
    const targetInside = target.slice("src/".length);
    if (targetInside.split("/")[0] === folder || isAllowed(rule, targetInside)) continue;
    const may = rule.may.length === 0 ? "nothing" : rule.may.join(", ");
    const message = `imports ${specifier}: ${folder} (layer ${rule.layer}) may import only ${may}`;
    findings.push({ rule: "layers", path: source.path, line, message });
  }
  return findings;
}

/** The file that a relative specifier means, with `.js` standing for `.ts` and a missing extension added; else undefined. */
export function resolveReference(
  from: string,
  specifier: string,
  exists: (path: string) => boolean,
): string | undefined {
  if (!/^\.\.?\//.test(specifier)) return undefined;
  const path = normalize(join(dirname(from), specifier));
  return [path, path.replace(/\.js$/, ".ts"), `${path}.ts`].find((candidate) => exists(candidate));
}

/** Files of src that nothing reaches from the two faces or the bench, neither by import nor by URL. */
export function deadFiles(sources: readonly Source[], exists: (path: string) => boolean): Finding[] {
  const byPath = new Map(sources.map((source) => [source.path, source]));
  const isRoot = (path: string) => path === "src/index.ts" || path === "src/cli/main.ts" || path.startsWith("bench/");
  const waiting = [...byPath.keys()].filter(isRoot);
  const reached = new Set(waiting);
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    for (const { specifier } of references(byPath.get(path) as Source)) {
      const target = resolveReference(path, specifier, exists);
      if (target === undefined || reached.has(target) || !byPath.has(target)) continue;
      reached.add(target);
      waiting.push(target);
    }
  }
  return sources
    .filter((source) => source.path.startsWith("src/") && !reached.has(source.path))
    .map(({ path }) => ({
      rule: "dead-file",
      path,
      line: 1,
      message: "nothing reaches it from index.ts, cli/main.ts or the bench",
    }));
}

if (import.meta.main) {
  const findings = globSync("src/**/*.ts")
    .sort()
    .flatMap((path) => checkLayers(readSource(path), isFile));
  for (const { path, line, message } of findings) console.error(`${path}:${line} ${message}`);
  process.exitCode = findings.length > 0 ? 1 : 0;
}
