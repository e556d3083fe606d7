/**
 * The bench's data: made once, the same numbers give the same bytes, kept under .bench/ in a folder per set whose name holds
 * its version and its lines. A set is made in a folder of another name and moved when it is whole.
 */
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statfsSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { runCommand, threadmill } from "../command.ts";
import { compress, join as joinFiles, quote } from "./derived.ts";
import { writeStations } from "./stations.ts";

export type DataName = "main" | "one" | "high" | "stations" | "ndjson" | "gzip" | "zstd" | "quoted";

export interface Data {
  name: DataName;
  /** Records; a quoted newline does not begin another. */
  lines: number;
  files: string[];
  bytes: number;
}

interface Shape {
  /** Goes up when the same name would hold other bytes. */
  version: number;
  /** Lines of this set for every line of the main set. */
  share: number;
  columns: string;
  /** What makes the files, for people. */
  how: string;
  make(folder: string, lines: number): Promise<void>;
}

const folder = ".bench";
const FILES = 4;
/** Bytes on disk for each line of the main set, roughly, of all sets together. */
const BYTES_PER_LINE = 900;
const columns = "id,ts,url,user,country,browser,os,status,ttfb";
const flags = "--urls 400 --users 1000 --hours 24 --seed 1";
const manyFlags = "--urls 5000000 --users 1000000 --hours 48 --seed 1";

function events(target: string, lines: number, ...options: string[]): Promise<void> {
  const perFile = String(Math.max(1, Math.round(lines / FILES)));
  runCommand(threadmill("generate", target, "--files", String(FILES), "--lines", perFile, ...options, "--no-progress"));
  return Promise.resolve();
}

/** Of the main set's files, one by one. */
function derived(change: (source: string, target: string) => Promise<void> | void, extension = ""): Shape["make"] {
  return async (target, lines) => {
    const { files } = await makeData("main", lines);
    mkdirSync(target);
    for (const file of files) await change(file, join(target, `${basename(file)}${extension}`));
  };
}

export const shapes: Readonly<Record<DataName, Shape>> = {
  main: {
    ...{ version: 1, share: 1, columns, how: `threadmill generate --files 4 ${flags}` },
    make: (target, lines) => events(target, lines, ...flags.split(" ")),
  },
  one: {
    ...{ version: 1, share: 1, columns, how: "the main set's files as one" },
    async make(target, lines) {
      const { files } = await makeData("main", lines);
      mkdirSync(target);
      await joinFiles(files, join(target, "events.csv"));
    },
  },
  high: {
    ...{ version: 1, share: 0.5, columns, how: `threadmill generate --files 4 ${manyFlags}` },
    make: (target, lines) => events(target, lines, ...manyFlags.split(" ")),
  },
  stations: {
    ...{ version: 1, share: 5, columns: "station,temperature", how: "bench/data/stations.ts" },
    async make(target, lines) {
      mkdirSync(target);
      writeStations(join(target, "stations.csv"), lines);
    },
  },
  ndjson: {
    ...{ version: 1, share: 0.8, columns, how: `threadmill generate --files 4 --format ndjson ${flags}` },
    make: (target, lines) => events(target, lines, ...flags.split(" "), "--format", "ndjson"),
  },
  gzip: {
    ...{ version: 1, share: 1, columns, how: "the main set's files, gzip level 6" },
    make: derived((source, target) => compress(source, target, "gzip"), ".gz"),
  },
  zstd: {
    ...{ version: 1, share: 1, columns, how: "the main set's files, zstd level 3" },
    make: derived((source, target) => compress(source, target, "zstd"), ".zst"),
  },
  quoted: {
    ...{ version: 1, share: 1, columns, how: "the main set's files, quoted by bench/data/derived.ts" },
    make: derived(quote),
  },
};

/** As many of the wanted lines as fit on half of the free disk. */
export function affordableLines(wanted: number): number {
  mkdirSync(folder, { recursive: true });
  const { bavail, bsize } = statfsSync(folder);
  return Math.min(wanted, Math.floor((bavail * bsize) / 2 / BYTES_PER_LINE));
}

/** The set for a bench of so many main lines; made where it does not exist. */
export async function makeData(name: DataName, mainLines: number): Promise<Data> {
  const { version, share, make } = shapes[name];
  const lines = FILES * Math.max(1, Math.round((mainLines * share) / FILES));
  const directory = join(folder, `${name}-v${version}-${lines}`);
  if (!existsSync(directory)) {
    const unfinished = join(folder, `unfinished-${process.pid}-${name}`);
    try {
      await make(unfinished, name === "main" || share !== 1 ? lines : mainLines);
      renameSync(unfinished, directory);
    } finally {
      rmSync(unfinished, { recursive: true, force: true });
    }
  }
  const files = readdirSync(directory)
    .sort()
    .map((file) => join(directory, file));
  return { name, lines, files, bytes: files.reduce((sum, path) => sum + statSync(path).size, 0) };
}
