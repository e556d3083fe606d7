/**
 * Bundles src/ into a folder: few files load faster than many, in the main thread and in every worker. An entry keeps
 * the place that tsc would have given it (job/worker.js, executor/thread-entry.js, …), since tasks and workers are found
 * by such addresses; what entries share lies in chunks in the folder chunk/, so that no module exists twice.
 *
 * A module that asks for its own address (import.meta.url) gets the one that it would have without bundling: paths
 * beside it (kernel.wasm, other entries, package.json) stay as they are written in the sources.
 */
import { readFileSync } from "node:fs";
import { relative, resolve } from "node:path";
import {
  type ChunkingContext,
  type CodeSplittingGroup,
  type OutputChunk,
  type Plugin,
  RolldownMagicString,
  rolldown,
} from "rolldown";
import { builtins } from "./bundle-builtins.ts";

/** Loaded by name or address: from outside, or as the first module of a thread. */
const entries = ["index", "cli/main", "executor/thread-entry", "job/worker", "run/range-task", "generate/task"];

/** Every file of the bundle with code lies in a folder like this one, but for index.js, which only hands on. */
const DEPTH = "../";

const sources = resolve("src");

const ownAddresses: Plugin = {
  name: "own-addresses",
  transform(code, id) {
    if (!id.startsWith(sources) || !code.includes("import.meta.url")) return null;
    const place = relative(sources, id).replace(/\.ts$/, ".js");
    const magic = new RolldownMagicString(code);
    magic.replaceAll("import.meta.url", `new URL("${DEPTH}${place}", import.meta.url).href`);
    return { code: magic };
  },
};

type ModuleGraph = Pick<ChunkingContext, "getModuleInfo">;

/** What is loaded together with these modules: they and all that they import statically. */
function reachable(graph: ModuleGraph, roots: readonly string[]): Set<string> {
  const found = new Set<string>();
  const open = roots.map((name) => resolve(sources, `${name}.ts`));
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (found.has(id)) continue;
    found.add(id);
    open.push(...(graph.getModuleInfo(id)?.importedIds ?? []));
  }
  return found;
}

/** A chunk of all modules that these roots need, but for the entries, which are files of their own. */
function chunkOf(name: string, roots: readonly string[], priority: number): CodeSplittingGroup {
  const entryFiles = new Set(entries.map((entry) => resolve(sources, `${entry}.ts`)));
  let members: Set<string> | undefined;
  const nameOf = (id: string, graph: ModuleGraph) => {
    members ??= reachable(graph, roots);
    return members.has(id) && !entryFiles.has(id) ? name : null;
  };
  return { name: nameOf, debugName: name, priority };
}

/**
 * What is loaded together is one file: `start`, what the command line needs to start threads; `worker`, all that a worker
 * thread loads; `main`, what a program needs besides; `cli`, what a query needs besides. The rest (other commands, html, parquet, …) stays in chunks that are loaded when they are asked for.
 */
const chunks = [
  chunkOf("start", ["cli/main"], 4),
  chunkOf("worker", ["executor/serve-thread", "job/worker"], 3),
  chunkOf("main", ["index"], 2),
  chunkOf("cli", ["cli/program", "cli/query"], 1),
];

function checkPlaces(files: readonly OutputChunk[]): void {
  for (const { fileName, code } of files) {
    if (fileName.split("/").length === 2 || !code.includes("import.meta")) continue;
    throw new Error(`${fileName} asks for its own address, but does not lie in a folder of the bundle`);
  }
}

/** What is copied from a dependency into the package brings its license along. */
function licenseOf(dependency: string): string {
  return `/*!\nContains ${dependency}:\n${readFileSync(`node_modules/${dependency}/LICENSE`, "utf8")}*/`;
}

/** Writes the bundle, with source maps, into the folder `out`. */
export async function bundle(out: string): Promise<void> {
  const build = await rolldown({
    input: Object.fromEntries(entries.map((entry) => [entry, `src/${entry}.ts`])),
    platform: "node",
    external: /^hyparquet/,
    plugins: [builtins, ownAddresses],
    tsconfig: false,
  });
  const { output } = await build.write({
    dir: out,
    format: "esm",
    sourcemap: true,
    entryFileNames: "[name].js",
    chunkFileNames: "chunk/[name].js",
    minifyInternalExports: false,
    postBanner: ({ name }) => (name === "cli" ? licenseOf("commander") : ""),
    comments: { legal: true, annotation: false, jsdoc: false },
    codeSplitting: { groups: chunks },
  });
  await build.close();
  checkPlaces(output.filter((each) => each.type === "chunk"));
}
if (import.meta.main) await bundle(process.argv[2]);
