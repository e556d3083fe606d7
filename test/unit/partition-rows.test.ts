/** Rows as records: what both codecs write is the same to the byte, and comes back as it went in. */
import fc from "fast-check";
import { expect, test } from "vitest";
import type { RawColumn } from "../../src/kernel/partition/layout.ts";
import { PARTITIONS } from "../../src/kernel/partition/piece.ts";
import { RowBuffers } from "../../src/kernel/partition/row-buffers.ts";
import { type RowCodec, ScalarRows } from "../../src/kernel/partition/rows.ts";
import { SimdRows } from "../../src/kernel/partition/simd-rows.ts";
import { KernelInstance } from "../../src/kernel/simd/instance.ts";
import { KernelMemory } from "../../src/kernel/simd/memory.ts";
import { tries } from "../support/cases.ts";
import { textVector } from "../support/vectors.ts";

type Cell = string | number | null;
const instance = new KernelInstance();
const memory = new KernelMemory(instance);

const lengths = [0, 1, 15, 16, 17, 253, 254, 255, 256, 257, 16_000, 16_384, 40_000];
const text = fc.oneof(
  { weight: 5, arbitrary: fc.string({ unit: "grapheme", maxLength: 40 }) },
  { weight: 1, arbitrary: fc.constantFrom(...lengths).map((length) => "y".repeat(length)) },
  { weight: 1, arbitrary: fc.constant(null) },
);
const eight = fc.option(fc.double(), { nil: null, freq: 8 });
const tables = fc.array(fc.boolean(), { maxLength: 4 }).chain((isText) =>
  fc.record({
    isText: fc.constant(isText),
    rows: fc.array(
      fc.record({
        cells: fc.tuple(...isText.map((is): fc.Arbitrary<Cell> => (is ? text : eight))),
        hash: fc.integer(),
      }),
      { minLength: 1, maxLength: 60 },
    ),
  }),
);

/** As they come from a parser of the kernel. */
function inKernel<View extends Int32Array | Float64Array | Uint8Array>(view: View): View {
  const copy = memory.bytes(view.byteLength);
  copy.set(new Uint8Array(view.buffer, view.byteOffset, view.byteLength));
  const Make = view.constructor as new (buffer: ArrayBufferLike, at: number, length: number) => View;
  return instance.claim(new Make(copy.buffer, copy.byteOffset, view.length));
}

function columnsOf(rows: Cell[][], isText: boolean[], isHere: boolean): RawColumn[] {
  const place = isHere ? inKernel : <T>(view: T): T => view;
  return isText.map((is, c): RawColumn => {
    const cells = rows.map((row) => row[c]);
    if (is) {
      const { bytes, starts, ends } = textVector(cells as (string | null)[]);
      return { text: { kind: "text", bytes: place(bytes), starts: place(starts), ends: place(ends) } };
    }
    const nulls = cells.includes(null) ? place(Uint8Array.from(cells, (cell) => Number(cell === null))) : undefined;
    return { eight: place(Float64Array.from(cells, (cell) => (cell as number) ?? 0)), nulls };
  });
}

function cellsOf(codec: RowCodec, block: Uint8Array, isText: boolean[]): Cell[][] {
  const cells: Cell[][] = [];
  for (let at = 0; at < block.length; ) {
    const { rows, next, columns } = codec.read(block, at, isText);
    at = next;
    for (let row = 0; row < rows; row++) {
      cells.push(
        columns.map(({ text: texts, eight: numbers, nulls }) => {
          if (texts === undefined) return nulls?.[row] ? null : (numbers[row] as number);
          const { bytes, starts, ends } = texts;
          return ends[row] < 0 ? null : Buffer.from(bytes.subarray(starts[row], ends[row])).toString();
        }),
      );
    }
    if (rows === 0) break;
  }
  return cells;
}

test("both codecs write the same records, and read them back", () => {
  const codecs: [RowCodec, boolean][] = [
    [new ScalarRows(), false],
    [new SimdRows(instance, memory), true],
    [new SimdRows(instance, memory), false],
  ];
  fc.assert(
    fc.property(tables, ({ isText, rows }) => {
      const expected: Cell[][][] = Array.from({ length: PARTITIONS }, () => []);
      for (const { cells, hash } of rows) expected[hash >>> 24].push(cells);
      const written = codecs.map(([codec, isHere]) => {
        const buffers = new RowBuffers(() => codec);
        const columns = columnsOf(
          rows.map(({ cells }) => cells),
          isText,
          isHere,
        );
        const place = codec.room(rows.length);
        rows.forEach(({ hash }, i) => {
          place.rows[i] = i;
          place.hashes[i] = hash;
        });
        buffers.append(rows.length, place.rows, place.hashes, "layout", columns);
        return buffers.takeAll().map(({ partition, blocks }) => ({ partition, bytes: Buffer.concat(blocks) }));
      });
      expect(written[1]).toEqual(written[0]);
      expect(written[2]).toEqual(written[0]);
      for (const { partition, bytes } of written[0]) {
        for (const [codec] of codecs)
          expect(cellsOf(codec, bytes, isText)).toEqual(isText.length === 0 ? [] : expected[partition!]);
      }
    }),
    tries(60),
  );
});
