/**
 * From what the user names (files, globs, directories, `@list`, `-`, pipes) to the list of sources of a run, each
 * pinned by size, modification time and identity. Not for: reading them (codec.ts) or cutting them (split.ts).
 */

import type { BigIntStats } from "node:fs";
import { closeSync, globSync, openSync, readdirSync, readFileSync, readSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { InputError, UsageError } from "../base/errors.ts";
import { type Codec, checkText, detectCodec } from "./magic.ts";

/** One input of a run. Plain data: it travels to workers. */
export interface Source {
  /** Its place in the run's list, from 0. */
  index: number;
  /** Absolute, or "-" for standard input. */
  path: string;
  /** Streams (stdin, pipes, devices) are read once, by the coordinator; files by the workers. */
  kind: "file" | "stream";
  /** Bytes on disk, as compressed there; 0 for streams. */
  size: number;
  /** Nanoseconds since the epoch, as decimal text (too large for a number); "" for streams. */
  mtimeNs: string;
  ino: string;
  dev: string;
  /** By magic bytes. Streams: "none" here, known when their first bytes are read. */
  codec: Codec;
}

export interface SourceOptions {
  /** What relative paths are relative to. Default: the working directory. */
  cwd?: string;
  /** Gets one line for everything that was skipped or looks odd (an empty file, a path named twice). */
  notices?: string[];
}

/** Bytes of the beginning of each file that are looked at here. */
const HEAD_BYTES = 4096;

type Collect = { cwd: string; paths: string[]; seen: Set<string>; notices: string[] };

/**
 * Resolves arguments to sources: in the order of the arguments, globs and directories sorted by bytes. A path that comes
 * up twice is read once, with a notice. An argument that exists is taken literally, even with glob characters in it.
 * Throws InputError ERR_NOT_FOUND, ERR_UNREADABLE, ERR_EMPTY_GLOB, ERR_EMPTY_DIRECTORY, ERR_EMPTY_LIST, ERR_BINARY, and
 * UsageError ERR_NO_INPUT, ERR_STDIN_TWICE.
 */
export async function resolveSources(args: readonly string[], options: SourceOptions = {}): Promise<Source[]> {
  const notices = options.notices ?? [];
  const collect: Collect = { cwd: options.cwd ?? process.cwd(), paths: [], seen: new Set(), notices };
  if (args.length === 0) {
    throw new UsageError("ERR_NO_INPUT", "no input was given", {
      hint: "name files, globs or folders, or - for stdin",
    });
  }
  for (const arg of args) {
    if (arg === "-") addStdin(collect);
    else if (arg.startsWith("@") && arg.length > 1) addList(collect, arg.slice(1));
    else addArgument(collect, arg);
  }
  return collect.paths.map((path, index) => openSource(path, index, notices));
}

function addStdin(collect: Collect): void {
  if (collect.seen.has("-")) {
    throw new UsageError("ERR_STDIN_TWICE", "- (standard input) was given twice, and can be read once only", {
      hint: "give - once",
    });
  }
  collect.seen.add("-");
  collect.paths.push("-");
}

/** `@list`: paths, globs and folders, one a line, relative to the working directory as if typed there. */
function addList(collect: Collect, list: string): void {
  const path = resolve(collect.cwd, list);
  statPath(path);
  let lines: string[];
  try {
    lines = readFileSync(path, "utf8")
      .split(/\r?\n/)
      .filter((line) => line.trim() !== "");
  } catch (cause) {
    throw unreadable(path, cause);
  }
  if (lines.length === 0) {
    throw new InputError("ERR_EMPTY_LIST", `the list ${path} names no input`, {
      hint: "write one path or glob a line into it",
      place: { file: path },
    });
  }
  for (const line of lines) addArgument(collect, line);
}

function addArgument(collect: Collect, arg: string): void {
  const path = resolve(collect.cwd, arg);
  const stat = arg === "" ? undefined : statPath(path, true);
  if (stat?.isDirectory()) addDirectory(collect, path);
  else if (stat) addPath(collect, path);
  else if (/[*?[\]{}]/.test(arg)) addGlob(collect, arg);
  else throw notFound(arg);
}

function addPath(collect: Collect, path: string): void {
  if (collect.seen.has(path)) {
    collect.notices.push(`${path} was named more than once: it is read once`);
    return;
  }
  collect.seen.add(path);
  collect.paths.push(path);
}

function addGlob(collect: Collect, pattern: string): void {
  // As in a shell, hidden files match only where the pattern itself says the dot.
  const wantsHidden = /(^|\/)\.[^./]/.test(pattern);
  const isHidden = (path: string) => /(^|\/)\.[^./]/.test(path);
  const matches = globSync(pattern, { cwd: collect.cwd })
    .filter((match) => wantsHidden || !isHidden(match))
    .map((match) => resolve(collect.cwd, match))
    .filter((path) => statPath(path, true)?.isFile());
  if (matches.length === 0) {
    throw new InputError("ERR_EMPTY_GLOB", `no file matches ${pattern}`, {
      hint: `check the pattern; it was looked up in ${collect.cwd}`,
    });
  }
  for (const path of sortedByBytes(matches)) addPath(collect, path);
}

function addDirectory(collect: Collect, directory: string): void {
  const found: string[] = [];
  walkDirectory(directory, found);
  if (found.length === 0) {
    throw new InputError("ERR_EMPTY_DIRECTORY", `${directory} is a folder without a file to read`, {
      hint: "hidden files and folders are skipped; name a file or another folder",
      place: { file: directory },
    });
  }
  for (const path of sortedByBytes(found)) addPath(collect, path);
}

function walkDirectory(directory: string, found: string[]): void {
  let entries: ReturnType<typeof listDirectory>;
  try {
    entries = listDirectory(directory);
  } catch (cause) {
    throw unreadable(directory, cause);
  }
  for (const entry of entries) {
    if (entry.name.startsWith(".")) continue;
    const path = join(directory, entry.name);
    // Links to folders are not followed: they may lead in circles. Links to files are.
    if (entry.isDirectory()) walkDirectory(path, found);
    else if (entry.isFile() || (entry.isSymbolicLink() && statPath(path, true)?.isFile())) found.push(path);
  }
}

function listDirectory(directory: string): import("node:fs").Dirent[] {
  return readdirSync(directory, { withFileTypes: true });
}

function sortedByBytes(paths: string[]): string[] {
  return [...new Set(paths)].sort((left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right)));
}

function openSource(path: string, index: number, notices: string[]): Source {
  const stream: Source = { index, path, kind: "stream", size: 0, mtimeNs: "", ino: "", dev: "", codec: "none" };
  if (path === "-") return stream;
  const stat = statPath(path);
  // A pipe is not opened here: opening would wait for its writer.
  if (!stat.isFile()) return stream;
  const head = readHead(path);
  // Files of /proc and the like say size 0 and have content: read them as a stream.
  if (stat.size === 0n && head.length > 0) return stream;
  if (stat.size === 0n) notices.push(`${path} is empty`);
  const codec = detectCodec(head);
  if (codec === "none") checkText(path, head);
  const { size, mtimeNs, ino, dev } = stat;
  return { index, path, kind: "file", size: Number(size), mtimeNs: `${mtimeNs}`, ino: `${ino}`, dev: `${dev}`, codec };
}

function readHead(path: string): Uint8Array {
  let fd: number | undefined;
  try {
    fd = openSync(path, "r");
    const head = new Uint8Array(HEAD_BYTES);
    return head.subarray(0, readSync(fd, head, 0, HEAD_BYTES, 0));
  } catch (cause) {
    throw unreadable(path, cause);
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

function statPath(path: string, missingOk: true): BigIntStats | undefined;
function statPath(path: string): BigIntStats;
function statPath(path: string, missingOk = false): BigIntStats | undefined {
  try {
    return statSync(path, { bigint: true });
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code !== "ENOENT" && code !== "ENOTDIR" && code !== "ENAMETOOLONG") throw unreadable(path, cause);
    if (missingOk) return undefined;
    throw notFound(path, cause);
  }
}

function notFound(path: string, cause?: unknown): InputError {
  return new InputError("ERR_NOT_FOUND", `${path === "" ? '""' : path}: there is no such file or folder`, {
    hint: "check the name; relative paths are relative to the working directory",
    place: { file: path },
    cause,
  });
}

/** The error for a file that exists and cannot be read. */
export function unreadable(path: string, cause: unknown): InputError {
  const { code } = cause as NodeJS.ErrnoException;
  const denied = code === "EACCES" || code === "EPERM";
  return new InputError("ERR_UNREADABLE", `${path} cannot be read: ${denied ? "permission denied" : (code ?? cause)}`, {
    hint: denied ? "check the permissions of the file and of the folders above it" : "check the file and its disk",
    place: { file: path },
    cause,
  });
}
