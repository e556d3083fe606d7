/**
 * What the files of /proc and /sys say, for `doctor`: pure functions from text to data. A field that is not there is
 * undefined, never a guess: ARM has no "core id", containers hide much, and other systems have none of these files.
 */

export interface CpuInfo {
  model: string | undefined;
  /** What the operating system schedules on. */
  logical: number | undefined;
  cores: number | undefined;
  sockets: number | undefined;
  /** The processor's own word for it (x86 only; elsewhere undefined). */
  virtual: boolean | undefined;
}

/** /proc/cpuinfo. */
export function parseCpuInfo(text: string): CpuInfo {
  const cores = new Set<string>();
  const sockets = new Set<string>();
  let logical = 0;
  let model: string | undefined;
  let flags: string | undefined;
  for (const block of text.split(/\n\s*\n/)) {
    const facts = new Map(
      block.split("\n").map((line) => [line.split(":")[0].trim(), line.slice(line.indexOf(":") + 1).trim()]),
    );
    if (!facts.has("processor")) continue;
    logical++;
    model ??= facts.get("model name");
    flags ??= facts.get("flags");
    const [socket, core] = [facts.get("physical id"), facts.get("core id")];
    if (socket === undefined || core === undefined) continue;
    sockets.add(socket);
    cores.add(`${socket}/${core}`);
  }
  return {
    model,
    logical: logical || undefined,
    cores: cores.size || undefined,
    sockets: sockets.size || undefined,
    virtual: flags === undefined ? undefined : / hypervisor( |$)/.test(` ${flags}`),
  };
}

/** The share of time since boot in which the hypervisor ran somebody else on our processors: the first line of /proc/stat. */
export function parseSteal(text: string): number | undefined {
  const ticks = /^cpu\s+([\d ]+)$/m.exec(text)?.[1].trim().split(/\s+/).map(Number);
  if (ticks === undefined || ticks.length < 8) return undefined;
  // guest and guest_nice, behind steal, are already in user and nice.
  const total = ticks.slice(0, 8).reduce((sum, value) => sum + value, 0);
  return total > 0 ? ticks[7] / total : undefined;
}

/** Paths of this process's control groups, from /proc/self/cgroup: version 2's, and version 1's by controller. */
export function parseCgroup(text: string): { v2: string | undefined; v1: Map<string, string> } {
  const v1 = new Map<string, string>();
  let v2: string | undefined;
  for (const line of text.split("\n")) {
    const match = /^(\d+):([^:]*):(.*)$/.exec(line);
    if (!match) continue;
    if (match[1] === "0" && match[2] === "") v2 = match[3];
    for (const controller of match[2].split(",")) if (controller) v1.set(controller, match[3]);
  }
  return { v2, v1 };
}

/** Processors that cpu.max (version 2: "200000 100000") allows; undefined: no limit. */
export function parseCpuMax(text: string): number | undefined {
  const [quota, period] = text.trim().split(/\s+/).map(Number);
  return quota > 0 && period > 0 ? quota / period : undefined;
}

/** Bytes of memory.max or memory.limit_in_bytes; undefined: no limit (version 1 writes a number near 2^63 for that). */
export function parseMemoryMax(text: string): number | undefined {
  const bytes = Number(text.trim() || Number.NaN);
  return bytes > 0 && bytes < 2 ** 60 ? bytes : undefined;
}

/** Bytes of a cache's size file: "48K", "36608K", "2M". */
export function parseCacheSize(text: string): number | undefined {
  const match = /^(\d+)([KMG]?)\s*$/.exec(text);
  return match ? Number(match[1]) * 1024 ** " KMG".indexOf(match[2] || " ") : undefined;
}

/** The limit of open files from /proc/self/limits; Infinity: unlimited. */
export function parseOpenFiles(text: string): { soft: number; hard: number } | undefined {
  const match = /^Max open files\s+(\d+|unlimited)\s+(\d+|unlimited)/m.exec(text);
  const number = (word: string) => (word === "unlimited" ? Number.POSITIVE_INFINITY : Number(word));
  return match ? { soft: number(match[1]), hard: number(match[2]) } : undefined;
}

/** Bytes of a row of /proc/meminfo, such as MemAvailable. */
export function parseMemInfo(text: string, row: string): number | undefined {
  const match = new RegExp(`^${row}:\\s+(\\d+) kB$`, "m").exec(text);
  return match ? Number(match[1]) * 1024 : undefined;
}
