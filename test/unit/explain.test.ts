/** `--explain` names the kernel and, part by part, who does it; a wish for a kernel that there is not is refused. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, expect, test, vi } from "vitest";
import { explain } from "../../src/cli/explain.ts";
import { count, quantile, sum } from "../../src/job/aggregate.ts";
import { expr, hour } from "../../src/job/column.ts";
import { from, type Job } from "../../src/job/job.ts";
import { csv, int, text, timestamp } from "../../src/job/source-format.ts";
import { examine } from "../../src/run/doctor.ts";

const folder = mkdtempSync(join(tmpdir(), "explain-"));
const path = join(folder, "events.csv");
writeFileSync(path, "http://a.example/,2019-09-14T00:00:00Z,1\n");
afterAll(() => rmSync(folder, { recursive: true }));
beforeEach(() => vi.stubEnv("THREADMILL_KERNEL", undefined));
afterEach(() => vi.unstubAllEnvs());

const isCostly = (event: { n: number | null }) => (event.n ?? 0) > 1;
const job = from(path, csv({ columns: { url: text, at: timestamp, n: int } }))
  .filter("contains(url, 'a') and n > 1")
  .filter("contains(lower(url), 'a')")
  .filter(isCostly)
  .groupBy({ url: "url", hour: hour("at"), host: expr("host(url)") })
  .aggregate({ clicks: count(), all: sum("n"), middle: quantile("n", 0.5) }) as Job<unknown>;

const lines = async () => (await explain(job, { meta: import.meta, workers: 2 })).split("\n");
const placeOf = (all: string[], part: RegExp) => /\[(.*)\]$/.exec(all.find((line) => part.test(line)) ?? "")?.[1];

test("what WebAssembly does, what TypeScript does", async () => {
  const all = await lines();
  expect(all.find((line) => line.startsWith("kernel"))).toBe("kernel     simd: WebAssembly, in each worker");
  expect(placeOf(all, /^parse/)).toBe("kernel");
  expect(placeOf(all, /^where .* and /)).toBe("TypeScript, over columns");
  expect(placeOf(all, /^where .*lower/)).toBe("TypeScript, over columns, once per different url");
  expect(placeOf(all, /function isCostly/)).toMatch(/^TypeScript, per record/);
  expect(placeOf(all, /^group by +url /)).toBe("kernel");
  expect(placeOf(all, /^group by +hour/)).toBe("TypeScript, over columns; then kernel");
  expect(placeOf(all, /^aggregate +all/)).toBe("kernel");
  expect(placeOf(all, /^aggregate +middle/)).toBe("kernel, in TypeScript");
});

test("the scalar kernel, and why", async () => {
  vi.stubEnv("THREADMILL_KERNEL", "scalar");
  const all = await lines();
  expect(all).toContain("kernel     scalar: TypeScript, since THREADMILL_KERNEL=scalar");
  expect(placeOf(all, /^where .*lower/)).toBe("TypeScript, over columns");
  const found = (await examine()).find(({ group, name }) => group === "kernel" && name === "in use");
  expect(found).toMatchObject({ value: "scalar", note: "THREADMILL_KERNEL=scalar is set", ok: false });
});

test("another kernel: a usage error, and a finding", async () => {
  vi.stubEnv("THREADMILL_KERNEL", "nonsense");
  await expect(explain(job, { meta: import.meta })).rejects.toMatchObject({ code: "ERR_KERNEL" });
  const found = (await examine()).find(({ group, name }) => group === "kernel" && name === "in use");
  expect(found).toMatchObject({ value: "none", ok: false });
});
