// Two projects: `unit` runs on the sources in seconds; `whole` runs the built package (CLI, faults, oracle against DuckDB).
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: ["test/{unit,golden,property,conformance,types,misuse,support}/**/*.test.ts"],
          pool: "forks",
          testTimeout: 30_000,
        },
      },
      {
        test: {
          name: "whole",
          include: ["test/{cli,fault,oracle,examples,stress}/**/*.test.ts"],
          pool: "forks",
          testTimeout: 120_000,
        },
      },
    ],
  },
});
