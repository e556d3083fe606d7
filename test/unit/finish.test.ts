/** Finished groups as sorted pieces, in memory and on disk, and the result that is merged from them. */
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createExecutor } from "../../src/executor/create.ts";
import type { Executor } from "../../src/executor/executor.ts";
import { type FinishedPart, finishPart, orderOf, pieceOfValues } from "../../src/job/finish.ts";
import type { Plan, SortKey } from "../../src/job/plan.ts";
import { isOnDisk, type SortedPiece } from "../../src/job/sorted-piece.ts";
import { SpillFile } from "../../src/job/spill.ts";
import { valuesOf } from "../../src/kernel/columns.ts";
import { createGrouping } from "../../src/kernel/group/grouping.ts";
import type { Grouping } from "../../src/kernel/kernel.ts";
import { compareValues } from "../../src/kernel/order.ts";
import type { RowStyle } from "../../src/output/output.ts";
import { csvStyle, lineWriter } from "../../src/output/row-style.ts";
import { LargeRows } from "../../src/run/large-rows.ts";
import { leakGuard } from "../support/leak-guard.ts";
import { vectorOf } from "../support/vectors.ts";

leakGuard();

const columns = [
  { name: "url", type: "text" },
  { name: "at", type: "timestamp" },
  { name: "n", type: "int" },
  { name: "mean", type: "float" },
] as const;
type Row = [string | null, number, number, number | null];
let folder: string;
let executor: Executor;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "finish-"));
});

afterEach(async () => {
  await executor?.shutdown();
  rmSync(folder, { recursive: true });
});

function planOf(more: { sort?: SortKey[]; limit?: number } = {}): Plan {
  const [keys, aggregates] = [columns.slice(0, 2), columns.slice(2)];
  return { group: { keys, aggregates }, sort: [], limit: undefined, ...more } as unknown as Plan;
}

/** Real groups of made rows: urls with a common beginning, null among them, some of which appear twice. */
function groupsOf(from: number, to: number): Grouping {
  const target = createGrouping({
    keys: 2,
    aggregates: [
      { op: "count", options: {} },
      { op: "mean", options: {} },
    ],
    user: [],
  });
  const ids = Array.from({ length: to - from }, (_, i) => from + i);
  const urls = ids.map((id) => (id % 97 === 0 ? null : `https://example.org/a/page?id=${(id * 7919) % 100_003}`));
  const times = ids.map((id) => new Date(((id * 31) % 5000) * 3_600_000));
  const values = vectorOf(
    "float",
    ids.map((id) => (id % 11 === 0 ? null : (id % 7) / 2)),
  );
  const keys = [vectorOf("text", urls), vectorOf("timestamp", times)];
  target.fold(ids.length, keys, [[], [values]], { file: 0, offsets: Float64Array.from(ids) });
  return target;
}

function rowsOf(groupings: Grouping[]): Row[] {
  return groupings.flatMap((grouping) => {
    const { rows, columns: cells } = grouping.finish();
    return Array.from({ length: rows }, (_, i) => cells.map((values) => values[i]) as Row);
  });
}

function sorted(rows: Row[], { sort, limit }: Plan): Row[] {
  const names = columns.map(({ name }) => name as string);
  const by = [
    ...sort.map(({ column, descending }) => [names.indexOf(column), descending] as const),
    [0, false] as const,
    [1, false] as const,
  ];
  return rows
    .toSorted((a, b) => {
      for (const [c, descending] of by) {
        const order = compareValues(a[c], b[c]);
        if (order !== 0) return descending && a[c] != null && b[c] != null ? -order : order;
      }
      return 0;
    })
    .slice(0, limit);
}

/** Partitions of two parts. */
const parts = [
  [groupsOf(0, 5_500), groupsOf(30_000, 30_003), groupsOf(40_000, 42_000)],
  [groupsOf(12_000, 12_010), groupsOf(70_000, 76_000)],
];
const allRows = rowsOf(parts.flat());

function merged(
  pieces: SortedPiece[],
  plan: Plan,
  more: { signal?: AbortSignal; onIdle?: () => Promise<void> } = {},
): LargeRows {
  return new LargeRows({
    pieces,
    order: orderOf(plan),
    limit: plan.limit,
    columns: [...columns],
    listsTimes: columns.map(() => false),
    executor,
    isOwn: false,
    rangeRows: 1500,
    signal: more.signal,
    onIdle: more.onIdle ?? (async () => void (await executor.shutdown({ wait: false, cancelPending: true }))),
    onRead: () => {},
  });
}

function piecesOf(finished: FinishedPart[], plan: Plan): SortedPiece[] {
  return finished.flatMap(({ rows, columns: cells, pieces }) => (cells ? [pieceOfValues(plan, rows, cells)] : pieces));
}

async function readRows(large: LargeRows): Promise<Row[]> {
  const rows: Row[] = [];
  for await (const { rows: n, vectors } of large.vectors()) {
    const cells = vectors.map((vector) => valuesOf(vector, 0, n));
    for (let i = 0; i < n; i++) rows.push(cells.map((values) => values[i]) as Row);
  }
  return rows;
}

async function readLines(large: LargeRows, style: RowStyle): Promise<string> {
  const pieces: Buffer[] = [];
  // A piece is valid until the next is asked for.
  for await (const { bytes } of large.lines(style)) pieces.push(Buffer.concat(bytes));
  return Buffer.concat(pieces).toString();
}

test("few groups come as values, sorted by key", () => {
  const part = finishPart(planOf({ sort: [{ column: "n", descending: true }] }), [groupsOf(0, 100)]);
  expect(part.pieces).toEqual([]);
  const { rows, columns: cells } = groupsOf(0, 100).finish();
  expect(part).toMatchObject({ rows, columns: cells });
  expect(finishPart(planOf(), [groupsOf(0, 0)])).toMatchObject({ rows: 0, pieces: [] });
});

describe.each(["inline", "threads"] as const)("many groups on %s", (kind) => {
  beforeEach(() => {
    executor = createExecutor(kind, { workers: 2, name: "finish" });
  });

  const plans: [string, Plan][] = [
    ["by key", planOf()],
    ["a limit", planOf({ limit: 9_000 })],
    ["a small limit", planOf({ limit: 7 })],
    [
      "sorted by counts and means",
      planOf({
        sort: [
          { column: "n", descending: true },
          { column: "mean", descending: true },
        ],
      }),
    ],
    ["sorted and limited", planOf({ sort: [{ column: "mean", descending: false }], limit: 1234 })],
    ["sorted by a column that is not there", planOf({ sort: [{ column: "none", descending: false }] })],
  ];
  // Threads do the same work: one plan shows it.
  describe.each(plans.slice(0, kind === "inline" ? undefined : 1))("%s", (_, plan) => {
    const expected = sorted(allRows, { ...plan, sort: plan.sort.filter(({ column }) => column !== "none") });

    test.each(["memory", "disk", "both"])("pieces in %s", async (where) => {
      const store = new SpillFile(folder, "test");
      const bytes = { memory: 1e9, disk: 0, both: 8e5 }[where]!;
      const finished = parts.map((groupings) => finishPart(plan, groupings, { bytes, store }));
      store.close();
      const pieces = piecesOf(finished, plan);
      if (plan.limit === undefined) expect(pieces.some(isOnDisk)).toBe(where !== "memory");
      const large = merged(pieces, plan);
      expect(large.rows).toBe(expected.length);
      expect(await readRows(large)).toEqual(expected);
    });

    test("as lines", async () => {
      const pieces = piecesOf(
        parts.map((groupings) => finishPart(plan, groupings)),
        plan,
      );
      const style = csvStyle([...columns], ",", "UTC");
      const line = lineWriter(style, [...columns]);
      const cells = columns.map((_, c) => expected.map((row) => row[c]));
      const large = merged(pieces, plan);
      expect(await readLines(large, style)).toBe(expected.map((_, i) => line(cells, i)).join(""));
      // Once more, by now in this thread.
      expect((await readRows(large)).length).toBe(expected.length);
    });
  });

  test("a reader who leaves ends it; nothing is left", async () => {
    let closed = 0;
    const pieces = parts.flatMap((groupings) => finishPart(planOf(), groupings).pieces);
    const large = merged(pieces, planOf(), { onIdle: async () => void closed++ });
    for await (const { rows } of large.vectors()) {
      expect(rows).toBeGreaterThan(0);
      break;
    }
    expect(closed).toBe(1);
  });

  test("an abort ends the reading with InterruptedError", async () => {
    const abort = new AbortController();
    const pieces = parts.flatMap((groupings) => finishPart(planOf(), groupings).pieces);
    const large = merged(pieces, planOf(), { signal: abort.signal });
    abort.abort(new Error("enough"));
    await expect(readRows(large)).rejects.toMatchObject({ code: "ERR_INTERRUPTED" });
  });

  test("nobody reads: the workers are given up, and the rows are there all the same", async () => {
    const idle = Promise.withResolvers<void>();
    const pieces = parts.flatMap((groupings) => finishPart(planOf(), groupings).pieces);
    const large = merged(pieces, planOf(), {
      onIdle: async () => {
        await executor.shutdown();
        idle.resolve();
      },
    });
    const alive = setInterval(() => {}, 1000);
    await idle.promise;
    clearInterval(alive);
    expect((await readRows(large)).length).toBe(allRows.length);
  });

  test("the caller's executor was closed: the rest is merged here", async () => {
    const pieces = parts.flatMap((groupings) => finishPart(planOf(), groupings).pieces);
    const large = merged(pieces, planOf());
    await executor.shutdown();
    expect((await readRows(large)).length).toBe(allRows.length);
  });
});

test("rows on disk are read once", async () => {
  executor = createExecutor("inline", { workers: 0, name: "finish" });
  const store = new SpillFile(folder, "test");
  const { pieces } = finishPart(planOf(), parts[0], { bytes: 0, store });
  store.close();
  expect(readdirSync(folder).length).toBe(1);
  const large = merged(pieces, planOf());
  await readRows(large);
  await expect(readRows(large)).rejects.toMatchObject({ code: "ERR_RESULT_READ" });
});
