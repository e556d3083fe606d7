/**
 * Modules as Node itself loads them, inside of a test. The runner's own loader rewrites a module's text; a job's functions are known
 * by their text, so a worker (which the runner does not see) would not find them again. Errors of such modules are of
 * their own classes: compare codes and names, not with instanceof.
 */
import { createRequire } from "node:module";

const load = createRequire(import.meta.url);

/** `native<typeof import("./jobs/rows.ts")>("./jobs/rows.ts")`: the path is relative to this folder. */
export function native<Module>(path: string): Module {
  return load(path) as Module;
}
