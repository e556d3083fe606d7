import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { examine, type Finding, formatFindings } from "../../src/run/doctor.ts";
import * as proc from "../../src/run/doctor-proc.ts";

const thread = (processor: number, socket: number, core: number) =>
  `processor\t: ${processor}\nmodel name\t: Fast CPU @ 2.50GHz\nphysical id\t: ${socket}\ncore id\t\t: ${core}\nflags\t\t: fpu sse2 hypervisor avx2\n`;

test("/proc/cpuinfo: two sockets of two cores of two threads", () => {
  const text = [0, 1, 2, 3, 4, 5, 6, 7].map((n) => thread(n, n >> 2, (n >> 1) & 1)).join("\n");
  expect(proc.parseCpuInfo(text)).toEqual({
    model: "Fast CPU @ 2.50GHz",
    logical: 8,
    cores: 4,
    sockets: 2,
    virtual: true,
  });
  expect(proc.parseCpuInfo(text.replaceAll(" hypervisor", "")).virtual).toBe(false);
});

test("/proc/cpuinfo of ARM names no cores; an absent file nothing at all", () => {
  const arm =
    "processor\t: 0\nBogoMIPS\t: 50.00\nFeatures\t: fp asimd\n\nprocessor\t: 1\nBogoMIPS\t: 50.00\n\nHardware\t: X\n";
  const nothing = { model: undefined, cores: undefined, sockets: undefined, virtual: undefined };
  expect(proc.parseCpuInfo(arm)).toEqual({ ...nothing, logical: 2 });
  expect(proc.parseCpuInfo("")).toEqual({ ...nothing, logical: undefined });
});

test("steal", () => {
  expect(proc.parseSteal("cpu  100 0 100 700 50 0 0 50 30 0\ncpu0 1 2 3\n")).toBe(0.05);
  expect(proc.parseSteal("cpu  1 2 3\n")).toBeUndefined();
  expect(proc.parseSteal("")).toBeUndefined();
});

test("control groups, both versions", () => {
  const { v2, v1 } = proc.parseCgroup(
    "12:memory:/docker/ab\n4:cpu,cpuacct:/docker/cd\n1:name=systemd:/x\n0::/user.slice/a:b\n",
  );
  expect(v2).toBe("/user.slice/a:b");
  expect([v1.get("memory"), v1.get("cpu"), v1.get("cpuacct")]).toEqual(["/docker/ab", "/docker/cd", "/docker/cd"]);
  expect(["150000 100000\n", "max 100000\n", "-1\n 100000\n", "", "\n \n"].map(proc.parseCpuMax)).toEqual([
    1.5,
    ...new Array(4),
  ]);
  expect(["1073741824\n", "max\n", "9223372036854771712\n", ""].map(proc.parseMemoryMax)).toEqual([
    2 ** 30,
    ...new Array(3),
  ]);
});

test("caches, open files, memory", () => {
  expect(["48K\n", "36608K", "2M", "512", "", "big"].map(proc.parseCacheSize)).toEqual([
    49_152,
    37_486_592,
    2_097_152,
    512,
    undefined,
    undefined,
  ]);
  const limits = "Limit                     Soft Limit           Hard Limit           Units     \n";
  const row = "Max open files            1024                 unlimited            files     \n";
  expect(proc.parseOpenFiles(limits + row)).toEqual({ soft: 1024, hard: Number.POSITIVE_INFINITY });
  expect(proc.parseOpenFiles(limits)).toBeUndefined();
  expect(proc.parseMemInfo("MemTotal:       100 kB\nMemAvailable:    50 kB\n", "MemAvailable")).toBe(51_200);
  expect(proc.parseMemInfo("", "MemAvailable")).toBeUndefined();
});

test("examine says something about everything, and reads a folder's own files without leaving any", async () => {
  const folder = await mkdtemp(join(tmpdir(), "doctor-"));
  try {
    await writeFile(join(folder, "large"), new Uint8Array(3_000_000));
    const findings = await examine({ folder });
    const of = (group: string, name: string) =>
      findings.find((finding) => finding.group === group && finding.name === name);
    expect(of("node", "version")).toMatchObject({ value: process.versions.node, ok: true });
    expect(of("disk", "read")?.value).toMatch(/B\/s$/);
    expect(of("disk", "read")?.note).toContain("3.0 MB");
    expect(of("kernel", "WebAssembly SIMD")?.value).toBe("valid");
    expect(of("peers", "@duckdb/node-api")?.value).toMatch(/^\d/);
    expect(of("processor", "usable")?.value).toMatch(/^\d+$/);
    expect(findings.every(({ value }) => value.length > 0)).toBe(true);
    expect(await readdir(folder)).toEqual(["large"]);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("a folder that is not there is a finding, not an error", async () => {
  const found = (await examine({ folder: join(tmpdir(), "doctor", "not", "there") })).filter(
    ({ group }) => group === "disk",
  );
  expect(found).toMatchObject([{ name: "folder", ok: false }]);
});

test("findings as text", () => {
  const findings: Finding[] = [
    { group: "node", name: "version", value: "24.6.0", ok: true },
    { group: "limits", name: "open files", value: "256", note: "raise it", ok: false },
  ];
  expect(formatFindings(findings)).toBe("node\n  version     24.6.0\n\nlimits\n! open files  256  raise it\n");
  expect(formatFindings(findings, { colour: true })).toContain("\u001b[1mnode\u001b[22m");
  expect(formatFindings([])).toBe("\n");
});
