/**
 * Before every test file: where commands that are started keep compiled code (not in the user's own folder), how many cases
 * fast-check tries, and from which seed. In the usual run they are always the same, so that a change fails and not a day;
 * the long run looks for new ones, from a seed of its own.
 */
import { resolve } from "node:path";
import { configureGlobal, readConfigureGlobal } from "fast-check";

const USUAL_SEED = 20_261_122;

process.env.XDG_CACHE_HOME = resolve("node_modules/.cache");

const seeds = Number(process.env.THREADMILL_SEEDS);
const seed = Number(process.env.THREADMILL_SEED);
const isLong = seeds > 0;
configureGlobal({
  ...readConfigureGlobal(),
  ...(isLong && { numRuns: seeds }),
  ...(process.env.THREADMILL_SEED !== undefined && Number.isInteger(seed) ? { seed } : !isLong && { seed: USUAL_SEED }),
});
