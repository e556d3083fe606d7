/**
 * `npm test`: builds, checks, tests. Everything runs even when a check fails; the failed ones are named, and the last line
 * is `N passed, N failed, N skipped`, counting tests. Arguments go to vitest: `npm test -- test/unit`.
 */
import { check } from "./check.ts";
import { showStep } from "./process.ts";
import { closingLine, runVitest } from "./vitest.ts";

const built = await showStep({ name: "build", command: "node", args: ["scripts/build.ts"] });
if (built.code === 0) {
  const failed = await check();
  console.log("\n▶ tests");
  const counts = await runVitest({ args: process.argv.slice(2) });
  console.log(`${counts.failed === 0 ? "✓" : "✗"} tests ${counts.seconds.toFixed(1)} s\n`);
  if (counts.failed > 0) failed.push("tests");
  if (failed.length > 0) console.log(`failed: ${failed.join(", ")}`);
  console.log(closingLine(counts));
  process.exitCode = failed.length > 0 ? 1 : 0;
} else {
  console.log("failed: build (nothing else was run)");
  console.log(closingLine({ passed: 0, failed: 1, skipped: 0 }));
  process.exitCode = 1;
}
