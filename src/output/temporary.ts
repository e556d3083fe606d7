/**
 * Names of temporaries, `.NAME.PID-HOSTxxxxxxxx.tmp`, and the removal of those whose process was killed before it could
 * remove them itself. HOST tells apart processes of other machines and containers that share the folder: whether those
 * live cannot be known here.
 */
import { createHash, randomBytes } from "node:crypto";
import { readlinkSync } from "node:fs";
import { readdir, unlink } from "node:fs/promises";
import { hostname } from "node:os";
import { basename, dirname, join } from "node:path";

const NAME_CHARS_MAX = 100;

let host: string | undefined;

function hostOf(): string {
  host ??= createHash("sha256").update(`${hostname()} ${pidNamespace()}`).digest("hex").slice(0, 8);
  return host;
}

/** Process numbers mean something inside of one namespace only. */
function pidNamespace(): string {
  try {
    return readlinkSync("/proc/self/ns/pid");
  } catch {
    return "";
  }
}

function shortName(target: string): string {
  return basename(target).slice(0, NAME_CHARS_MAX);
}

/** A hidden file beside the target that no other process has. */
export function temporaryOf(target: string): string {
  const own = `${process.pid}-${hostOf()}${randomBytes(4).toString("hex")}`;
  return join(dirname(target), `.${shortName(target)}.${own}.tmp`);
}

/** Removes what killed processes left for these targets, which lie in one folder. What cannot be removed stays. */
export async function removeAbandoned(folder: string, targets: readonly string[]): Promise<void> {
  const names = new Set(targets.map(shortName));
  for (const file of await readdir(folder).catch(() => [])) {
    const [, name, pid, where] = /^\.(.+)\.(\d+)-(\w{8})\w{8}\.tmp$/s.exec(file) ?? [];
    if (name === undefined || !names.has(name) || where !== hostOf() || isAlive(Number(pid))) continue;
    await unlink(join(folder, file)).catch(() => {});
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Somebody else's process is one, too.
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}
