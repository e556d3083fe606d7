/**
 * Bytes that nobody writes on purpose, through every parser of both kernels and through whole runs. First a few cases that
 * are always the same; then, for a few seconds, whatever comes from a seed that is another one each time and is part of
 * the test's name: THREADMILL_SEED repeats it. test/stress/parsers.test.ts does more of it in the long run.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, test } from "vitest";
import { tries } from "../support/cases.ts";
import { fuzzBytes, fuzzCase } from "../support/fuzz-cases.ts";
import { expectSameRuns } from "../support/fuzz-run.ts";
import { expectAsNaive, hostileCase, targets } from "../support/hostile.ts";

/** For each format, of parsing and of whole runs. */
const FUZZ_MS = 350;

const wish = Number(process.env.THREADMILL_SEED ?? Number.NaN);
const seed = Number.isInteger(wish) ? wish : Date.now() % 2 ** 31;
const forSomeTime = { seed, numRuns: 1_000_000, interruptAfterTimeLimit: FUZZ_MS, markInterruptAsFailure: false };

const folder = mkdtempSync(join(tmpdir(), "threadmill-fuzz-"));
afterAll(() => rmSync(folder, { recursive: true }));

test.each(targets)("$name, hostile bytes give what the naive reader gives", (target) => {
  fc.assert(
    fc.property(hostileCase(target, 30), (given) => expectAsNaive(target, given)),
    tries(60),
  );
});

/** A machine that is busy may not get through one case: that is no failure. */
function expectNone<Case>(details: fc.RunDetails<Case>): void {
  if (details.counterexample === null) return;
  throw new Error(fc.defaultReportMessage(details), { cause: details.errorInstance });
}

test.each(targets)(`$name, parsers, from seed ${seed}`, (target) => {
  const property = fc.property(fuzzCase(target), (given) => expectAsNaive(target, given));
  expectNone(fc.check(property, forSomeTime));
});

test.each(targets)(`$name, whole runs, from seed ${seed}`, async (target) => {
  const file = join(folder, "input");
  const ways = fc.record({
    splits: fc.integer({ min: 1, max: 12 }),
    lineBytesMax: fc.constantFrom(40, 3000, 1 << 20),
  });
  const property = fc.asyncProperty(fuzzBytes(target), ways, async (source, way) => {
    writeFileSync(file, source);
    await expectSameRuns(target, source, file, way);
  });
  expectNone(await fc.check(property, forSomeTime));
});
