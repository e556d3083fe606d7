/**
 * Completes package-lock.json: `npm ci` refuses a lock without an entry for every optional dependency, and a registry that
 * mirrors only some platforms makes `npm install` leave the others out. Their exact versions stand in the packages that
 * want them, and their names tell the platform, so the entries can be written without the registry. Such an entry has no
 * integrity hash; npm fills it in where the package can be had. Run it after `npm install` changed the lock.
 */
import { readFileSync, writeFileSync } from "node:fs";

export interface LockPackage {
  version?: string;
  dev?: boolean;
  optional?: boolean;
  os?: string[];
  cpu?: string[];
  libc?: string[];
  optionalDependencies?: Record<string, string>;
}

const systems = ["android", "darwin", "freebsd", "linux", "netbsd", "openbsd", "openharmony", "sunos", "win32", "aix"];
const processors = ["arm64", "arm", "x64", "ia32", "loong64", "mips64el", "ppc64", "riscv64", "s390x", "wasm32"];

/** Packages for one system whose name does not say so. */
const onlyFor: Readonly<Record<string, string>> = { fsevents: "darwin" };

/** The lowest version that a plain range allows (`~1.2.3` → `1.2.3`); undefined for other ranges. */
function lowest(range: string): string | undefined {
  return /^[~^]?(\d+\.\d+\.\d+[\w.+-]*)$/.exec(range)?.[1];
}

/** The entry that a platform package gets from its name, for example `…-linux-x64-musl`; undefined if the name says no platform. */
export function platformEntry(name: string, range: string, dev: boolean): LockPackage | undefined {
  const words = name.split(/[^a-z0-9]+/);
  const os = systems.filter((system) => words.includes(system) || onlyFor[name] === system);
  const cpu = processors.filter((processor) => words.includes(processor));
  const version = lowest(range);
  if (version === undefined || cpu.length > 1 || cpu.length + os.length === 0) return undefined;
  const libc = words.some((word) => word.startsWith("musl")) ? "musl" : words.includes("gnu") ? "glibc" : undefined;
  return {
    version,
    ...(cpu.length > 0 && { cpu }),
    ...(dev && { dev }),
    ...(libc && os[0] === "linux" && { libc: [libc] }),
    optional: true,
    ...(os.length > 0 && { os }),
  };
}

/** Adds what is missing; returns the names added, and those whose platform the name does not tell. */
export function fillLock(packages: Record<string, LockPackage>): { added: string[]; unknown: string[] } {
  const added: string[] = [];
  const unknown: string[] = [];
  for (const [path, owner] of Object.entries(packages)) {
    for (const [name, version] of Object.entries(owner.optionalDependencies ?? {})) {
      const beside = path.slice(0, Math.max(0, path.lastIndexOf("node_modules/"))) + "node_modules/" + name;
      const nested = `${path}/node_modules/${name}`;
      const places = [nested, beside, `node_modules/${name}`];
      if (places.some((place) => packages[place]?.version === lowest(version))) continue;
      const entry = platformEntry(name, version, owner.dev === true);
      if (entry) packages[packages[beside] ? nested : beside] = entry;
      (entry ? added : unknown).push(`${name}@${version}`);
    }
  }
  return { added, unknown };
}

if (import.meta.main) {
  const lock = JSON.parse(readFileSync("package-lock.json", "utf8"));
  const { added, unknown } = fillLock(lock.packages);
  const byPath = Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1));
  lock.packages = Object.fromEntries(byPath);
  if (added.length > 0) writeFileSync("package-lock.json", JSON.stringify(lock, null, 2) + "\n");
  console.log(`${added.length} platform packages added to the lock`);
  if (unknown.length > 0) console.error(`no platform in the name, left out: ${unknown.join(", ")}`);
  process.exitCode = unknown.length > 0 ? 1 : 0;
}
