/** Parsers on bytes that nobody writes on purpose. A small share of test/stress/parsers.test.ts, in every run. */
import fc from "fast-check";
import { test } from "vitest";
import { tries } from "../support/cases.ts";
import { expectAsNaive, hostileCase, targets } from "../support/hostile.ts";

test.each(targets)("$name, hostile bytes give what the naive reader gives", (target) => {
  fc.assert(
    fc.property(hostileCase(target, 30), (given) => expectAsNaive(target, given)),
    tries(60),
  );
});
