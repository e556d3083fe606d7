/**
 * Folders for the temporary files of one run, and the removal of those whose process was killed before it could do that.
 *
 *     <temporary files>/threadmill-<user id>/<pid>-<start of the process>-<host>-<a name of its own>/
 *
 * The start tells a process from a later one with the same number. The host tells machines and containers apart that
 * share the place: whether a process of another one lives cannot be known here, so its folders stay.
 */
import { mkdirSync, readdirSync, readFileSync, readlinkSync, rmdirSync, rmSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { hashBytes } from "./hash.ts";

/** Where temporary files go: THREADMILL_TMP, else the system's place for them. */
export function temporaryRoot(place: string = process.env.THREADMILL_TMP || tmpdir()): string {
  return join(place, `threadmill-${process.getuid?.() ?? "user"}`);
}

let host: string | undefined;

function hostName(): string {
  if (host === undefined) {
    let namespace = "";
    try {
      namespace = readlinkSync("/proc/self/ns/pid");
    } catch {
      // No such system: there are no other namespaces either.
    }
    const bytes = Buffer.from(`${hostname()} ${namespace}`);
    host = (hashBytes(bytes, 0, bytes.length) >>> 0).toString(16);
  }
  return host;
}

/** When a process began, in the system's ticks; "0" where the system does not say. */
function startOf(pid: number): string {
  try {
    // The name, in brackets, may hold anything; the 20th field behind it is the start.
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "0";
  } catch {
    return "0";
  }
}

let folders = 0;

/** A name for the folder of a new run. Nothing is made: that is left to whoever has the first file. */
export function nameRunFolder(root: string = temporaryRoot()): string {
  const own = (++folders).toString(36) + Math.floor(performance.now() * 1000).toString(36);
  return join(root, `${process.pid}-${startOf(process.pid)}-${hostName()}-${own}`);
}

/** Makes the folder, for this user only. Another run may remove the empty root at the same time: then once more. */
export function makeRunFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  }
}

/** Removes the folder of a run and all in it, and the root where that is empty then. What cannot be removed stays, for the next start. */
export function removeRunFolder(folder: string): void {
  try {
    rmSync(folder, { recursive: true, force: true, maxRetries: 2 });
    rmdirSync(dirname(folder));
  } catch {
    // It was never made, others are in it, or the rights or the disk went away.
  }
}

/** Removes the folders of processes that are gone. */
export function removeAbandonedRuns(root: string = temporaryRoot()): void {
  let names: string[];
  try {
    names = readdirSync(root);
  } catch {
    return;
  }
  for (const name of names) {
    const [, pid, start, where] = /^(\d+)-(\d+)-([0-9a-f]+)-\w+$/.exec(name) ?? [];
    if (pid === undefined || where !== hostName() || isAlive(Number(pid), start)) continue;
    removeRunFolder(join(root, name));
  }
}

function isAlive(pid: number, start: string): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // Somebody else's process is one, too.
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return false;
  }
  return start === "0" || startOf(pid) === "0" || startOf(pid) === start;
}
