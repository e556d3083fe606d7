/** The scheduler with many splits and workers, in many seeded orders of what can happen. */
import fc from "fast-check";
import { describe, test } from "vitest";
import { tries } from "../support/cases.ts";
import { expectExactlyOnce, modelsOf } from "../support/schedule-model.ts";

describe.each([
  [12, 1],
  [12, 3],
  [100, 2],
  [200, 16],
])("up to %i splits on %i workers", (splits, slots) => {
  test.each([false, true])("commit per split: %s", (commit) => {
    fc.assert(
      fc.property(modelsOf(splits), fc.integer(), (model, seed) => expectExactlyOnce(model, seed, commit, slots)),
      tries(200),
    );
  });
});
