// Blocks of a stream: sizes, long records, the limit. That cuts are right for any data is in property/split.test.ts.
import { expect, test } from "vitest";
import { type CutOptions, cutStream } from "../../src/input/stream.ts";

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

async function cut(text: string, options: Partial<CutOptions>, chunkBytes = 10): Promise<string[]> {
  async function* chunks() {
    // One buffer for all chunks, as a reader may do: blocks must not keep it.
    const room = new Uint8Array(chunkBytes);
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length; at += chunkBytes) {
      const piece = bytes.subarray(at, at + chunkBytes);
      room.set(piece);
      yield room.subarray(0, piece.length);
    }
  }
  const blocks = await collect(cutStream(chunks(), { quote: '"', delimiter: ",", ...options }));
  return blocks.map(({ bytes }) => Buffer.from(bytes).toString());
}

test("nothing in, nothing out", async () => {
  expect(await cut("", { blockBytes: 4 })).toEqual([]);
});

test("blocks are about as large as asked, whatever the chunks", async () => {
  const rows = "1,2\n".repeat(100);
  expect(await cut(rows, { blockBytes: 8 }, 1000)).toEqual(Array(50).fill("1,2\n1,2\n"));
  expect(await cut(rows, { blockBytes: 1e6 })).toEqual([rows]);
});

test("a block grows for a long record, and the last one needs no newline", async () => {
  const long = `"${"x\n".repeat(50)}",1\n`;
  expect(await cut(`a,b\n${long}c`, { blockBytes: 4 })).toEqual(["a,b\n", long, "c"]);
});

test("a quote inside plain text opens nothing; with no quote byte newlines alone count", async () => {
  expect(await cut('5" disk\nnext\n', { blockBytes: 8 })).toEqual(['5" disk\n', "next\n"]);
  expect(await cut('"a\nb"\n', { blockBytes: 2, quote: "" }, 2)).toEqual(['"a\n', 'b"\n']);
});

test("a record above the limit is cut off and the rest of it dropped; offsets and lines still hold", async () => {
  const long = `"${"x\n".repeat(60)}",1\n`;
  async function* chunks() {
    yield Buffer.from(`ok\n${long}next\n"${"y".repeat(500)}`);
  }
  const blocks = await collect(cutStream(chunks(), { quote: '"', delimiter: ",", blockBytes: 8, lineBytesMax: 50 }));
  const start = 3 + long.length;
  const kept = blocks.map(({ bytes, start, lines }) => [
    bytes.length > 50 ? "long" : `${Buffer.from(bytes)}`,
    start,
    lines,
  ]);
  expect(kept).toEqual([
    ["ok\n", 0, 0],
    ["long", 3, 1],
    ["next\n", start, 62],
    ["long", start + 5, 63],
  ]);
});

test("where the source pauses, the whole records that are there are a block", async () => {
  const gates = Array.from({ length: 3 }, () => Promise.withResolvers<void>());
  async function* chunks() {
    yield Buffer.from('a,1\n"b');
    await gates[0].promise;
    yield Buffer.from("\n");
    await gates[1].promise;
    yield Buffer.from('",2\nc,3\nd');
    await gates[2].promise;
    yield Buffer.from(",4\n");
  }
  const blocks = cutStream(chunks(), { quote: '"', delimiter: ",", pauseMs: 1 });
  const next = async () => Buffer.from((await blocks.next()).value?.bytes ?? []).toString();
  expect(await next()).toBe("a,1\n");
  gates[0].resolve();
  gates[1].resolve();
  expect(await next()).toBe('"b\n",2\nc,3\n');
  gates[2].resolve();
  expect(await next()).toBe("d,4\n");
  expect((await blocks.next()).done).toBe(true);
});
