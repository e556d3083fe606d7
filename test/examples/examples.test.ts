/** The examples, run as a user runs them, beside plain loops over the same data. */
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { makeFolder, shell } from "../support/doc-folder.ts";

const examples = join(import.meta.dirname, "../../examples");
let folder: string;
let events: { ts: string; url: string; user: string; status: number; ttfb: number | null }[];

beforeAll(async () => {
  folder = makeFolder();
  const size = "--files 2 --lines 1500 --urls 8 --users 40 --hours 3";
  await shell(
    `threadmill generate logs ${size}; threadmill generate json ${size} --format ndjson; threadmill generate access ${size} --format combined --compress gzip`,
    folder,
  );
  const lines = (await shell("cat json/*", folder)).stdout.trimEnd().split("\n");
  events = lines.map((line) => JSON.parse(line));
});

afterAll(() => rmSync(folder, { recursive: true }));

function hourOf(ts: string): string {
  return new Date(`${ts.slice(0, 13)}:00:00Z`.replace(" ", "T")).toISOString();
}

test("visitors.ts", async () => {
  const { stdout } = await shell(`node ${examples}/visitors.ts 'logs/*.csv'`, folder);
  const users = new Map<string, Set<string>>();
  for (const event of events.filter(({ status }) => status < 500)) {
    const key = `${event.url} ${hourOf(event.ts)}`;
    users.set(key, (users.get(key) ?? new Set()).add(event.user));
  }
  const expected = [...users].map(([key, set]) => `${key} ${set.size}`).sort();
  expect(stdout.trimEnd().split("\n").sort()).toEqual(expected);
});

test("visitors.ts by the command line, each question", async () => {
  for (const name of ["urlsPerHour", "visitors", "clicks"]) {
    const { stdout } = await shell(`threadmill run ${examples}/visitors.ts#${name} 'logs/*.csv' --to ndjson`, folder);
    const rows = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    if (name === "urlsPerHour") expect(rows).toHaveLength(new Set(events.map(({ ts }) => hourOf(ts))).size);
    if (name === "clicks") expect(rows).toHaveLength(10);
  }
});

test("custom-aggregate.ts", async () => {
  const { stdout } = await shell(`node ${examples}/custom-aggregate.ts 'logs/*.csv'`, folder);
  const times = new Map<string, number[]>();
  for (const { user, ts } of events)
    times.set(user, [...(times.get(user) ?? []), Date.parse(`${ts.replace(" ", "T").replace(/Z?$/, "Z")}`)]);
  const rows = stdout
    .trimEnd()
    .split("\n")
    .map((line) => line.split(" "));
  expect(rows).toHaveLength(10);
  for (const [user, clicks, gap] of rows) {
    const sorted = times.get(user)!.sort((a, b) => a - b);
    expect(Number(clicks)).toBe(sorted.length);
    expect(Number(gap)).toBe(Math.max(...sorted.slice(1).map((time, i) => time - sorted[i])));
  }
});

test("access-log.ts", async () => {
  const { stdout } = await shell(`node ${examples}/access-log.ts 'access/*.gz'`, folder);
  expect(stdout.split("\n").length).toBeGreaterThan(4);
  const { stdout: json } = await shell(`threadmill run ${examples}/access-log.ts 'access/*.gz' --to ndjson`, folder);
  const rows = json
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  const total = rows.reduce((sum, { times }) => sum + times, 0);
  expect(total).toBe(events.filter(({ status }) => status >= 500).length);
});

test("ndjson.ts", async () => {
  const { stdout } = await shell(`node ${examples}/ndjson.ts 'json/*.ndjson'`, folder);
  const expected = events
    .filter(({ ttfb }) => (ttfb ?? 0) > 0.5)
    .map(({ url, user, ttfb }) => ({
      page: new URL(url, "https://example.com").pathname,
      user,
      seconds: ttfb,
    }));
  expect(
    stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line)),
  ).toEqual(expected);
});

test("no example is left out", () => {
  const text = readFileSync(import.meta.filename, "utf8");
  for (const name of ["visitors", "custom-aggregate", "access-log", "ndjson"])
    expect(text).toContain(`test("${name}.ts"`);
});
