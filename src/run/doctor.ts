/**
 * `doctor`: what this machine gives to Threadmill, and what may be in the way. `examine` finds out (data),
 * `formatFindings` prints. It changes nothing; only with a folder it may write one file there, and removes it.
 */
import { access, constants, readdir, readFile, statfs } from "node:fs/promises";
import { findPackageJSON } from "node:module";
import os from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { styleText } from "node:util";
import type { UsageError } from "../base/errors.ts";
import { formatBytes, formatCount, formatRate } from "../base/units.ts";
import { kernelName } from "../kernel/open.ts";
import { hasSimd } from "../kernel/simd/instance.ts";
import { measureDisk } from "./doctor-disk.ts";
import * as proc from "./doctor-proc.ts";

export interface Finding {
  /** Heading: node, processor, memory, limits, disk, kernel, peers. */
  group: string;
  name: string;
  /** For people; "unknown" where the system does not tell. */
  value: string;
  /** What it means, or what to do. */
  note?: string;
  /** false: worth a look. */
  ok: boolean;
}

export interface ExamineOptions {
  /** Measure how fast files in this folder are read. Default: no measurement; free space of the working directory. */
  folder?: string;
}

const optionalPeers: Readonly<Record<string, string>> = {
  pg: "state in PostgreSQL",
  mysql2: "state in MySQL",
  ioredis: "state in Redis",
  bullmq: "workers on other machines",
  koffi: "memory shared between processes",
  "@sentry/node": "error reports to Sentry",
  "@duckdb/node-api": "comparison with DuckDB in tests and benchmarks",
  chdb: "comparison with ClickHouse in benchmarks",
};

const textOf = (path: string): Promise<string> => readFile(path, "utf8").catch(() => "");
const known = (value: number | string | undefined): string =>
  value === undefined || value === "" ? "unknown" : String(value);

function aboutNode(): Finding[] {
  const [major, minor] = process.versions.node.split(".").map(Number);
  const ok = major > 24 || (major === 24 && minor >= 6);
  return [
    {
      group: "node",
      name: "version",
      value: process.versions.node,
      ok,
      ...(!ok && { note: "24.6 or newer is needed" }),
    },
    { group: "node", name: "system", value: `${os.type()} ${os.release()} ${os.arch()}`, ok: true },
  ];
}

/** The tightest limit on the way from the process's group up to the root: any of them binds. */
async function tightest(
  root: string,
  path: string | undefined,
  read: (folder: string) => Promise<number | undefined>,
): Promise<number | undefined> {
  const parts = (path ?? "").split("/").filter(Boolean);
  let least: number | undefined;
  for (let depth = parts.length; depth >= 0; depth--) {
    const limit = await read(join(root, ...parts.slice(0, depth)));
    if (limit !== undefined) least = Math.min(least ?? limit, limit);
  }
  return least;
}

async function cgroupLimits(): Promise<{ cpus: number | undefined; memory: number | undefined }> {
  const { v2, v1 } = proc.parseCgroup(await textOf("/proc/self/cgroup"));
  const root = "/sys/fs/cgroup";
  const cpus =
    (await tightest(root, v2, async (at) => proc.parseCpuMax(await textOf(join(at, "cpu.max"))))) ??
    (await tightest(join(root, "cpu"), v1.get("cpu"), async (at) =>
      proc.parseCpuMax(`${await textOf(join(at, "cpu.cfs_quota_us"))} ${await textOf(join(at, "cpu.cfs_period_us"))}`),
    ));
  const memory =
    (await tightest(root, v2, async (at) => proc.parseMemoryMax(await textOf(join(at, "memory.max"))))) ??
    (await tightest(join(root, "memory"), v1.get("memory"), async (at) =>
      proc.parseMemoryMax(await textOf(join(at, "memory.limit_in_bytes"))),
    ));
  return { cpus, memory };
}

async function caches(): Promise<string> {
  const root = "/sys/devices/system/cpu/cpu0/cache";
  const found: string[] = [];
  for (const name of (await readdir(root).catch(() => [])).filter((entry) => entry.startsWith("index")).sort()) {
    const [level, type, size] = await Promise.all(
      ["level", "type", "size"].map((file) => textOf(join(root, name, file))),
    );
    const bytes = proc.parseCacheSize(size);
    const kind = { Data: "d", Instruction: "i" }[type.trim()] ?? "";
    if (bytes !== undefined) found.push(`L${level.trim()}${kind} ${formatBytes(bytes, "binary")}`);
  }
  return found.join(", ");
}

/** Cores and sockets where /proc/cpuinfo does not name them (ARM): the kernel's topology files. */
async function topology(): Promise<{ cores: number | undefined; sockets: number | undefined }> {
  const root = "/sys/devices/system/cpu";
  const cores = new Set<string>();
  const sockets = new Set<string>();
  for (const name of (await readdir(root).catch(() => [])).filter((entry) => /^cpu\d+$/.test(entry))) {
    const [socket, core] = await Promise.all(
      ["physical_package_id", "core_id"].map((file) => textOf(join(root, name, "topology", file))),
    );
    if (!socket || !core) continue;
    sockets.add(socket);
    cores.add(`${socket}/${core}`);
  }
  return { cores: cores.size || undefined, sockets: sockets.size || undefined };
}

async function aboutProcessor(cgroupCpus: number | undefined): Promise<Finding[]> {
  const info = proc.parseCpuInfo(await textOf("/proc/cpuinfo"));
  const { cores, sockets } = info.cores === undefined ? await topology() : info;
  const logical = info.logical ?? (os.cpus().length || undefined);
  const usable = os.availableParallelism();
  const group = "processor";
  const threads = cores === undefined || logical === undefined ? "unknown" : logical > cores ? "on" : "off or hidden";
  const vendor = (await textOf("/sys/class/dmi/id/sys_vendor")).trim();
  const steal = proc.parseSteal(await textOf("/proc/stat"));
  const stolen = steal !== undefined && steal > 0.02;
  const limited = cgroupCpus !== undefined && logical !== undefined && cgroupCpus < logical;
  return [
    { group, name: "model", value: known(info.model ?? os.cpus()[0]?.model), ok: true },
    { group, name: "sockets", value: known(sockets), ok: true },
    { group, name: "cores", value: known(cores), ok: true },
    { group, name: "logical", value: known(logical), ok: true },
    {
      group,
      name: "hyper-threads",
      value: threads,
      ok: true,
      ...(threads === "on" && { note: "two workers on one core share it" }),
    },
    { group, name: "usable", value: String(usable), note: "default number of workers", ok: true },
    {
      ...{
        group,
        name: "cgroup limit",
        value: cgroupCpus === undefined ? "none" : `${Number(cgroupCpus.toFixed(2))} processors`,
        ok: !limited,
      },
      ...(limited && { note: "more workers than this only wait for each other" }),
    },
    { group, name: "caches", value: known(await caches()), ok: true },
    {
      group,
      name: "hypervisor",
      value: info.virtual === undefined ? "unknown" : info.virtual ? vendor || "yes" : "none",
      ok: true,
    },
    {
      ...{
        group,
        name: "steal since boot",
        value: steal === undefined ? "unknown" : `${(steal * 100).toFixed(1)} %`,
        ok: !stolen,
      },
      ...(stolen && { note: "other guests take time from these processors: timings will scatter" }),
    },
  ];
}

async function aboutMemory(cgroupMemory: number | undefined): Promise<Finding[]> {
  const group = "memory";
  const total = os.totalmem();
  const available = proc.parseMemInfo(await textOf("/proc/meminfo"), "MemAvailable") ?? os.freemem();
  const limit = cgroupMemory === undefined || cgroupMemory >= total ? "none" : formatBytes(cgroupMemory, "binary");
  const shm = await statfs("/dev/shm").catch(() => undefined);
  const size = shm && shm.blocks * shm.bsize;
  // Docker's default is 64 MB, too little for state shared between processes.
  const small = size !== undefined && size < 256 * 1024 * 1024;
  return [
    { group, name: "total", value: formatBytes(total, "binary"), ok: true },
    { group, name: "available", value: formatBytes(available, "binary"), ok: available > 512 * 1024 * 1024 },
    { group, name: "cgroup limit", value: limit, ok: true },
    {
      ...{ group, name: "/dev/shm", value: size === undefined ? "unknown" : formatBytes(size, "binary"), ok: !small },
      ...(small && { note: "small for memory shared between processes (containers: --shm-size)" }),
    },
  ];
}

async function aboutLimits(): Promise<Finding[]> {
  const limit = proc.parseOpenFiles(await textOf("/proc/self/limits"));
  const write = (count: number) => (Number.isFinite(count) ? formatCount(count) : "unlimited");
  const value = limit ? `${write(limit.soft)} (at most ${write(limit.hard)})` : "unknown";
  const few = limit !== undefined && limit.soft < 1024;
  return [{ group: "limits", name: "open files", value, ok: !few, ...(few && { note: "raise it with ulimit -n" }) }];
}

async function aboutDisk(folder: string | undefined): Promise<Finding[]> {
  const group = "disk";
  const at = resolve(folder ?? ".");
  const space = await statfs(at).catch((error: Error) => error);
  if (space instanceof Error) return [{ group, name: "folder", value: at, note: space.message, ok: false }];
  const free = space.bavail * space.bsize;
  const writable = await access(at, constants.W_OK).then(
    () => true,
    () => false,
  );
  const findings: Finding[] = [
    { group, name: "folder", value: at, ok: true, ...(!writable && { note: "not writable" }) },
    { group, name: "free", value: formatBytes(free), ok: free > 1e9 },
  ];
  if (folder === undefined) return findings;
  const speed = await measureDisk(at).catch((error: Error) => error);
  if (speed instanceof Error)
    return [...findings, { group, name: "read", value: "unknown", note: speed.message, ok: false }];
  const { readBytes, readMs, writeMs } = speed;
  const note = `${formatBytes(readBytes)}, one thread; what was used lately comes from memory`;
  findings.push({ group, name: "read", value: formatRate(readBytes, readMs), note, ok: true });
  if (writeMs !== undefined)
    findings.push({
      group,
      name: "write",
      value: formatRate(readBytes, writeMs),
      note: "synced to the disk",
      ok: true,
    });
  return findings;
}

function aboutKernel(): Finding[] {
  const simd = hasSimd();
  const validity: Finding = {
    group: "kernel",
    name: "WebAssembly SIMD",
    value: simd ? "valid" : "not valid",
    ok: simd,
  };
  try {
    const value = kernelName();
    const isWish = value === "scalar" && process.env.THREADMILL_KERNEL === "scalar";
    const note = isWish ? "THREADMILL_KERNEL=scalar is set" : "WebAssembly SIMD is not to be had here: this is slower";
    return [
      { group: "kernel", name: "in use", value, ok: simd && !isWish, ...(value === "scalar" && { note }) },
      validity,
    ];
  } catch (error) {
    // A wish that nobody can fulfil: every run is refused.
    const { message, hint } = error as UsageError;
    return [{ group: "kernel", name: "in use", value: "none", note: `${message}. ${hint}`, ok: false }, validity];
  }
}

async function versionOf(name: string): Promise<string | undefined> {
  // Beside this package, and where the user's own project looks.
  for (const from of [import.meta.url, pathToFileURL(join(process.cwd(), "package.json")).href]) {
    try {
      const path = findPackageJSON(name, from);
      if (path !== undefined)
        return String((JSON.parse(await readFile(path, "utf8")) as { version?: unknown }).version);
    } catch {
      // Not installed there.
    }
  }
  return undefined;
}

async function aboutPeers(): Promise<Finding[]> {
  const peers = Object.entries(optionalPeers).map(async ([name, purpose]): Promise<Finding> => {
    const version = await versionOf(name);
    return { group: "peers", name, value: version ?? "not installed", note: purpose, ok: true };
  });
  return Promise.all(peers);
}

/** Looks at the machine. Never throws for what it cannot find out: that is "unknown". */
export async function examine(options: ExamineOptions = {}): Promise<Finding[]> {
  const limits = await cgroupLimits();
  return [
    ...aboutNode(),
    ...(await aboutProcessor(limits.cpus)),
    ...(await aboutMemory(limits.memory)),
    ...(await aboutLimits()),
    ...(await aboutDisk(options.folder)),
    ...aboutKernel(),
    ...(await aboutPeers()),
  ];
}

/** The findings as text, a heading per group; what is worth a look has a `!` in front. colour: default false. */
export function formatFindings(findings: readonly Finding[], options: { colour?: boolean } = {}): string {
  const paint = (style: "bold" | "gray" | "yellow", text: string) =>
    options.colour ? styleText(style, text, { validateStream: false }) : text;
  const width = Math.max(0, ...findings.map(({ name }) => name.length));
  const lines: string[] = [];
  let group: string | undefined;
  for (const finding of findings) {
    if (finding.group !== group) lines.push(...(group === undefined ? [] : [""]), paint("bold", finding.group));
    group = finding.group;
    const note = finding.note === undefined ? "" : `  ${paint("gray", finding.note)}`;
    lines.push(`${finding.ok ? " " : paint("yellow", "!")} ${finding.name.padEnd(width)}  ${finding.value}${note}`);
  }
  return `${lines.join("\n")}\n`;
}
