/** Before every test file: how many cases fast-check tries and from which seed. The long run asks for many. */
import { configureGlobal, readConfigureGlobal } from "fast-check";

const seeds = Number(process.env.THREADMILL_SEEDS);
const seed = Number(process.env.THREADMILL_SEED);
if (seeds > 0) {
  configureGlobal({
    ...readConfigureGlobal(),
    numRuns: seeds,
    ...(Number.isInteger(seed) && { seed }),
  });
}
