/** The bench's data: event logs from our generator, made once and kept under .bench/ (the same seed gives the same bytes). */
import { existsSync, mkdirSync, readdirSync, statfsSync, statSync } from "node:fs";
import { join } from "node:path";
import { runCommand, threadmill } from "./command.ts";

export type DataKind = "csv" | "ndjson" | "csv.gz";

export interface Data {
  kind: DataKind;
  lines: number;
  files: string[];
  bytes: number;
}

export const shape = { files: 2, urls: 400, users: 1000, hours: 24, skew: 0, seed: 1 } as const;

const folder = ".bench";
/** Bytes per line, roughly, of all three kinds together (NDJSON is longer, but a fifth of the lines). */
const BYTES_PER_LINE = 200;

/** As many of the wanted lines as fit on half of the free disk. */
export function affordableLines(wanted: number): number {
  mkdirSync(folder, { recursive: true });
  const { bavail, bsize } = statfsSync(folder);
  return Math.min(wanted, Math.floor((bavail * bsize) / 2 / BYTES_PER_LINE));
}

export function makeData(kind: DataKind, lines: number): Data {
  const perFile = Math.max(1, Math.round(lines / shape.files));
  const directory = join(folder, `${kind}-${perFile}x${shape.files}`);
  if (!existsSync(directory)) {
    const { files, urls, users, hours, skew, seed } = shape;
    const numbers = { files, lines: perFile, urls, users, hours, skew, seed };
    const flags = Object.entries(numbers).flatMap(([name, value]) => [`--${name}`, String(value)]);
    const format = kind === "ndjson" ? ["--format", "ndjson"] : [];
    const compress = kind === "csv.gz" ? ["--compress", "gzip"] : [];
    runCommand(threadmill("generate", directory, ...flags, ...format, ...compress, "--no-progress"));
  }
  // A run that was stopped half-way leaves temporary files, whose names begin with a dot: fewer files than there should be.
  const paths = readdirSync(directory)
    .filter((name) => !name.startsWith("."))
    .sort();
  if (paths.length !== shape.files) throw new Error(`${directory} is incomplete; remove it and run the bench again`);
  const files = paths.map((name) => join(directory, name));
  const bytes = files.reduce((sum, path) => sum + statSync(path).size, 0);
  return { kind, lines: perFile * shape.files, files, bytes };
}
