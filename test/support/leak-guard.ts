/**
 * Fails a test that leaves something behind: worker threads, child processes, active handles, temp files. Temp files are
 * caught by giving the test file its own TMPDIR, which child processes inherit. Linux only: it reads /proc.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach } from "vitest";

/** What was there before a test. */
export interface Belongings {
  workers: Set<string>;
  children: Set<string>;
  handles: Map<string, number>;
  files: Set<string>;
}

/** Threads of Node itself, which come and stay as they are needed. */
const ownThreads = /^(node|MainThread|libuv-worker|DelayedTaskSche|V8Worker|SignalInspector|iou-)/;
/** Kinds of handles that a test may not leave. Others belong to Node and the test runner. */
const handleKinds = new Set(["TCPServerWrap", "TCPSocketWrap", "ProcessWrap", "FSEventWrap", "MessagePort", "Timeout"]);

export function takeStock(): Belongings {
  return {
    workers: workerThreads(),
    children: childProcesses(),
    handles: handles(),
    files: new Set(readdirSync(tmpdir())),
  };
}

/** One line per thing that is there now and was not before. */
export function leaksSince(before: Belongings): string[] {
  const now = takeStock();
  const leaks: string[] = [];
  for (const worker of now.workers) if (!before.workers.has(worker)) leaks.push(`worker thread ${worker}`);
  for (const child of now.children) if (!before.children.has(child)) leaks.push(`child process ${child}`);
  for (const file of now.files) if (!before.files.has(file)) leaks.push(`temp file ${file}`);
  for (const [kind, count] of now.handles) {
    if (count > (before.handles.get(kind) ?? 0)) leaks.push(`active handle ${kind}`);
  }
  return leaks;
}

/** The leaks that are still there when all has had `deadlineMs` to end. */
export async function settledLeaks(before: Belongings, deadlineMs = 2000): Promise<string[]> {
  const end = performance.now() + deadlineMs;
  for (;;) {
    const leaks = leaksSince(before);
    if (leaks.length === 0 || performance.now() > end) return leaks;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Call it once at the top of a test file. */
export function leakGuard(): void {
  const outer = process.env.TMPDIR;
  let folder = "";
  let before: Belongings;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "threadmill-test-"));
    process.env.TMPDIR = folder;
  });
  afterAll(() => {
    if (outer === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = outer;
    rmSync(folder, { recursive: true, force: true });
  });
  beforeEach(() => {
    before = takeStock();
  });
  afterEach(async () => {
    const leaks = await settledLeaks(before);
    if (leaks.length > 0) throw new Error(`the test left behind: ${leaks.join(", ")}`);
  });
}

function workerThreads(): Set<string> {
  const names = listOf("/proc/self/task").map((id) => `${textOf(`/proc/self/task/${id}/comm`)} (${id})`);
  return new Set(names.filter((name) => !ownThreads.test(name) && !name.startsWith(" ")));
}

function childProcesses(): Set<string> {
  const children = new Set<string>();
  for (const pid of listOf("/proc").filter((name) => /^\d+$/.test(name))) {
    // "pid (command) state parent …"; the command may hold spaces and parentheses.
    const stat = textOf(`/proc/${pid}/stat`);
    const parent = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1];
    if (parent === String(process.pid)) children.add(`${stat.slice(0, stat.lastIndexOf(")") + 1)}`);
  }
  return children;
}

function handles(): Map<string, number> {
  const counts = new Map<string, number>();
  for (const kind of process.getActiveResourcesInfo()) {
    if (handleKinds.has(kind)) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return counts;
}

function listOf(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    return "";
  }
}
