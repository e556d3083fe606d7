import { describe, expect, it } from "vitest";
import { ThreadTable } from "../../src/shared/thread-table.ts";

describe("thread table", () => {
  it("shows in one view what another writes", () => {
    const table = ThreadTable.create(3);
    const row = table.row(1);
    row.reset("tm-job-1", 42);
    row.threadId = 77;
    row.begin(2 ** 40, 3);
    row.split = 5;
    row.addRows(2 ** 33);
    row.addRows(1);
    row.addBytes(10);
    row.addRejected(2);
    const [seen, ...others] = ThreadTable.open(table.buffer).snapshot();
    expect(others).toEqual([]);
    expect(seen).toMatchObject({ index: 1, state: "running", name: "tm-job-1", pid: 42, threadId: 77, attempt: 3 });
    expect(seen).toMatchObject({ task: 2 ** 40, split: 5, rows: 2 ** 33 + 1, bytes: 10, rejected: 2 });
    expect(seen.heartbeatMs).toBeGreaterThan(1e12);
  });
  it("keeps neighbours apart and resets a row whole", () => {
    const table = ThreadTable.create(2);
    table.row(0).reset("a", 1);
    table.row(1).reset("ein-langer-name-ö", 2);
    table.row(1).requestCancel();
    table.row(1).addRows(9);
    expect(table.row(0).snapshot()).toMatchObject({ name: "a", cancelled: false, rows: 0 });
    expect(table.row(1).name).toBe("ein-langer-name");
    table.row(1).reset("b", 3);
    expect(table.row(1).snapshot()).toMatchObject({
      name: "b",
      cancelled: false,
      rows: 0,
      state: "starting",
      split: -1,
    });
  });
  it("refuses what is no table and rows that are not there", () => {
    expect(() => ThreadTable.create(0)).toThrow(/at least one row/);
    expect(() => ThreadTable.open(new SharedArrayBuffer(8))).toThrow(/no thread table/);
    expect(() => ThreadTable.open(new SharedArrayBuffer(1024))).toThrow(/no thread table/);
    expect(() => ThreadTable.create(2).row(2)).toThrow(/rows 0 to 1/);
  });
});
