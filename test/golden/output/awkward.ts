/** A result with everything that breaks writers. Its expected forms lie beside this file, one for each format. */
import type { Result, ResultColumn } from "../../../src/output/output.ts";

export const columns: ResultColumn[] = [
  { name: "text", type: "text" },
  { name: 'na"me, |', type: "text" },
  { name: "int", type: "int" },
  { name: "big", type: "bigint" },
  { name: "float", type: "float" },
  { name: "ok", type: "bool" },
  { name: "at", type: "timestamp" },
  { name: "any", type: "any" },
];

const hour = Date.UTC(2019, 8, 14, 23) * 1000;

export const rows: unknown[][] = [
  ["plain", "a,b", 1, 1n, 0.5, true, hour, [1, "two", null]],
  [
    'quote " in',
    "line\nbreak\r\nand | pipe",
    -9007199254740991,
    2n ** 63n - 1n,
    1 / 3,
    false,
    hour + 123_456,
    { a: { b: [] } },
  ],
  ["漢字 テスト", "👩‍👩‍👧 family, é", 2n ** 100n, -(2n ** 63n), Number.NaN, null, hour + 500_000, [["x", 3]]],
  ["\x1b[31mred\x1b[0m", "tab\there\x07\u202e", -(2n ** 127n), null, Number.POSITIVE_INFINITY, true, null, "text"],
  ["</script><b>&'", "*bold* _it_ `c` [l](u) <i>", 0, 0n, -0, false, 0, new Map([["k", 2n ** 70n]])],
  ["", " spaces ", null, 5n, 1e21, true, -1_000_000, null],
  [null, null, null, null, null, null, null, null],
];

/** The rows as a result, in batches of `batchRows` rows. */
export function resultOf(of: ResultColumn[], data: unknown[][], batchRows = 2): Result {
  async function* batches() {
    for (let start = 0; start < data.length; start += batchRows) {
      const part = data.slice(start, start + batchRows);
      yield { rows: part.length, columns: of.map((_, c) => part.map((row) => row[c])) };
    }
  }
  return { columns: of, batches: batches() };
}
