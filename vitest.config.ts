// Two projects: `unit` runs on the sources in seconds; `whole` runs the built package (CLI, faults, oracle against DuckDB).
// The stress tests belong to the long run (npm run test:long). Nothing is retried: a flaky test is a bug.
import { defineConfig } from "vitest/config";

const isLong = process.env.THREADMILL_LONG === "1";
const shared = { pool: "forks", retry: 0, setupFiles: ["scripts/vitest-setup.ts"] } as const;
const slower = isLong ? 30 : 1;

export default defineConfig({
  test: {
    // Tests start workers and processes of their own: more files at a time would measure the scheduler, not the code.
    maxWorkers: 2,
    projects: [
      {
        test: {
          ...shared,
          name: "unit",
          include: ["test/{unit,golden,property,conformance,types,misuse,support}/**/*.test.ts"],
          testTimeout: 30_000 * slower,
        },
      },
      {
        test: {
          ...shared,
          name: "whole",
          include: [`test/{cli,fault,oracle,examples${isLong ? ",stress" : ""}}/**/*.test.ts`],
          testTimeout: 120_000 * slower,
        },
      },
    ],
  },
});
