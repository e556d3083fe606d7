/**
 * What a thread waits for in the kernel, as far as /proc tells: for messages about workers that cannot be stopped. A
 * failed reading is an answer ("unknown"), never an error.
 */
import { readFileSync, readlinkSync } from "node:fs";

// Numbers of the calls in which a worker can hang on a file, per architecture.
const syscalls: Record<string, Record<number, string>> = {
  x64: {
    0: "read",
    1: "write",
    2: "open",
    17: "pread64",
    202: "futex",
    232: "epoll_wait",
    257: "openat",
    281: "epoll_pwait",
  },
  arm64: { 22: "epoll_pwait", 56: "openat", 63: "read", 64: "write", 67: "pread64", 98: "futex" },
};
const callsOnFile = new Set(["read", "write", "pread64"]);

/** Like `read of /tmp/pipe (wchan pipe_read)`. pid, threadId: 0 when unknown. */
export function waitsFor(pid: number, threadId: number): string {
  if (threadId === 0) return "unknown: the thread never said its id";
  const folder = `/proc/${pid}/task/${threadId}`;
  const wchan = readOrNothing(`${folder}/wchan`);
  const call = describeSyscall(pid, readOrNothing(`${folder}/syscall`));
  const place = wchan && wchan !== "0" ? `wchan ${wchan}` : "";
  if (call && place) return `${call} (${place})`;
  return call || place || "unknown: the kernel does not tell";
}

function describeSyscall(pid: number, line: string): string {
  const [number, first] = line.split(" ");
  if (number === "running") return "nothing: it is running";
  const name = syscalls[process.arch]?.[Number(number)];
  if (!/^\d+$/.test(number)) return "";
  if (name === undefined) return `system call ${number}`;
  if (!callsOnFile.has(name)) return name;
  try {
    return `${name} of ${readlinkSync(`/proc/${pid}/fd/${Number(first)}`)}`;
  } catch {
    return name;
  }
}

function readOrNothing(path: string): string {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    return "";
  }
}
