/** Runs vitest and counts: what its JSON report says, summed over the projects. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runStep, toolEnvironment } from "./process.ts";

export interface Counts {
  passed: number;
  /** Failed tests; a file that could not be loaded and an error outside any test count as one each. */
  failed: number;
  skipped: number;
}

interface Report {
  numPassedTests: number;
  numPendingTests: number;
  numTodoTests: number;
  testResults: { status: string; assertionResults: { status: string }[] }[];
}

/** `code` is vitest's exit code: it is not 0 either when something failed outside the tests. */
export function countTests(report: Report, code: number): Counts {
  let failed = 0;
  for (const file of report.testResults) {
    const failures = file.assertionResults.filter(({ status }) => status === "failed").length;
    failed += file.status === "failed" ? Math.max(1, failures) : failures;
  }
  return {
    passed: report.numPassedTests,
    failed: failed === 0 && code !== 0 ? 1 : failed,
    skipped: report.numPendingTests + report.numTodoTests,
  };
}

export function closingLine({ passed, failed, skipped }: Counts): string {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}

export interface VitestOptions {
  args?: readonly string[];
  environment?: Record<string, string>;
  /** The Node binary that runs vitest and everything that the tests start. Default: the one of this process. */
  node?: string;
}

export async function runVitest(options: VitestOptions = {}): Promise<Counts & { seconds: number }> {
  const { args = [], environment = {}, node = process.execPath } = options;
  const folder = mkdtempSync(join(tmpdir(), "threadmill-vitest-"));
  const file = join(folder, "report.json");
  const reporting = ["--reporter=default", "--reporter=json", `--outputFile.json=${file}`];
  const command = ["node_modules/vitest/vitest.mjs", "run", ...reporting, ...args];
  const outcome = await runStep({ name: "vitest", command: node, args: command }, toolEnvironment(environment, node));
  try {
    if (!existsSync(file)) return { passed: 0, failed: 1, skipped: 0, seconds: outcome.seconds };
    const counts = countTests(JSON.parse(readFileSync(file, "utf8")), outcome.code);
    return { ...counts, seconds: outcome.seconds };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
