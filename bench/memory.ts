/**
 * Peak memory of a process and all its descendants: the sum of their proportional set sizes, looked at every 25 ms. What
 * rises and falls between two looks is not seen; pages of files that are mapped count, the page cache does not. Linux only.
 */
import { readdirSync, readFileSync } from "node:fs";

const INTERVAL_MS = 25;

/** Starts looking. The function that is returned stops, and gives the peak in bytes; undefined where nothing could be seen. */
export function watchMemory(pid: number): () => number | undefined {
  let peak: number | undefined;
  const look = () => {
    const now = treeBytes(pid);
    if (now > 0) peak = Math.max(peak ?? 0, now);
  };
  const timer = setInterval(look, INTERVAL_MS);
  look();
  return () => {
    clearInterval(timer);
    return peak;
  };
}

function treeBytes(pid: number): number {
  return childrenOf(pid).reduce((sum, child) => sum + treeBytes(child), ownBytes(pid));
}

/** 0 for a process that is gone. */
function ownBytes(pid: number): number {
  const [, kilobytes = "0"] = /^Pss:\s+(\d+) kB$/m.exec(readProc(`/proc/${pid}/smaps_rollup`)) ?? [];
  return Number(kilobytes) * 1024;
}

function childrenOf(pid: number): number[] {
  try {
    const threads = readdirSync(`/proc/${pid}/task`);
    const texts = threads.map((thread) => readProc(`/proc/${pid}/task/${thread}/children`));
    return texts
      .flatMap((text) => text.trim().split(" "))
      .filter(Boolean)
      .map(Number);
  } catch {
    return [];
  }
}

function readProc(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
