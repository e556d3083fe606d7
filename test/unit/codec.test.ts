// Codecs against data that node:zlib makes: members, frames, padding, every truncation of a small file, garbage tails.
import {
  appendFileSync,
  mkdtempSync,
  renameSync,
  rmSync,
  truncateSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { constants, deflateSync, gzipSync, zstdCompressSync } from "node:zlib";
import { afterAll, describe, expect, test } from "vitest";
import { CHUNK_BYTES } from "../../src/base/limits.ts";
import {
  decompress,
  peek,
  readChunks,
  readFileDecompressed,
  readSample,
  readSource,
  scanFileDecompressed,
} from "../../src/input/codec.ts";
import { DECODED_BYTES } from "../../src/input/compressed.ts";
import { type Codec, detectCodec } from "../../src/input/magic.ts";
import { checkPinned } from "../../src/input/pin.ts";
import { resolveSources } from "../../src/input/source.ts";

const folder = mkdtempSync(join(tmpdir(), "codec-"));
afterAll(() => rmSync(folder, { recursive: true }));

async function file(name: string, bytes: Uint8Array | string): Promise<import("../../src/input/source.ts").Source> {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return (await resolveSources([path]))[0];
}

function replaceFile(path: string): void {
  writeFileSync(`${path}2`, "1,2\n3,4\n");
  renameSync(`${path}2`, path);
}

async function* pieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function all(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  return Buffer.concat(parts);
}

async function decoded(bytes: Uint8Array, codec: Codec, size = 7): Promise<string> {
  return (await all(decompress(pieces(bytes, size), codec, "x"))).toString();
}

function skippable(content: string, nibble = 0): Buffer {
  const head = Buffer.from([0x50 + nibble, 0x2a, 0x4d, 0x18, 0, 0, 0, 0]);
  head.writeUInt32LE(content.length, 4);
  return Buffer.concat([head, Buffer.from(content)]);
}

const withChecksum = { params: { [constants.ZSTD_c_checksumFlag]: 1 } };
const lines = Array.from({ length: 300_000 }, (_, i) => `${i},${(i * 2654435761) % 1e9},text ${i % 7}\n`).join("");

describe.each([1, 2, 5, 1 << 16])("in pieces of %i", (size) => {
  test("gzip: one member, several, with names, zero padding", async () => {
    const a = gzipSync("alpha\n");
    const b = gzipSync("beta\n");
    expect(await decoded(a, "gzip", size)).toBe("alpha\n");
    expect(await decoded(Buffer.concat([a, gzipSync(""), b, b]), "gzip", size)).toBe("alpha\nbeta\nbeta\n");
    expect(await decoded(Buffer.concat([a, b, Buffer.alloc(1000)]), "gzip", size)).toBe("alpha\nbeta\n");
    const named = Buffer.concat([a.subarray(0, 3), Buffer.from([0x1c]), a.subarray(4, 10)]);
    const extra = Buffer.concat([named, Buffer.from([3, 0, 1, 2, 3]), Buffer.from("name\0why\0"), a.subarray(10)]);
    expect(await decoded(extra, "gzip", size)).toBe("alpha\n");
  });

  test("zstd: one frame, several, skippable ones anywhere, checksums", async () => {
    const a = zstdCompressSync("alpha\n");
    const b = zstdCompressSync("beta\n", withChecksum);
    expect(await decoded(a, "zstd", size)).toBe("alpha\n");
    expect(await decoded(Buffer.concat([a, b, zstdCompressSync(""), a]), "zstd", size)).toBe("alpha\nbeta\nalpha\n");
    const mixed = Buffer.concat([
      skippable("hi"),
      a,
      skippable("", 15),
      skippable("x".repeat(99), 7),
      b,
      skippable("end"),
    ]);
    expect(await decoded(mixed, "zstd", size)).toBe("alpha\nbeta\n");
    expect(await decoded(skippable("only"), "zstd", size)).toBe("");
  });
});

test("large data comes back whole, in bounded chunks", async () => {
  for (const [codec, bytes] of [
    ["gzip", gzipSync(lines)],
    ["zstd", zstdCompressSync(lines)],
    ["gzip", Buffer.concat([gzipSync(lines, { level: 0 }), gzipSync(lines)])],
    ["zstd", Buffer.concat([zstdCompressSync(lines, withChecksum), zstdCompressSync(lines)])],
  ] as const) {
    const parts: Uint8Array[] = [];
    for await (const chunk of decompress(pieces(bytes, CHUNK_BYTES), codec)) parts.push(chunk);
    expect(Math.max(...parts.map((part) => part.length))).toBeLessThanOrEqual(DECODED_BYTES);
    const whole = Buffer.concat(parts).toString();
    expect(whole.length % lines.length === 0 && whole.replaceAll(lines, "") === "").toBe(true);
  }
});

describe("damage", () => {
  const gzip = Buffer.concat([gzipSync("alpha,1\n"), gzipSync("beta,2\n")]);
  const zstd = Buffer.concat([
    skippable("s"),
    zstdCompressSync("alpha,1\n", withChecksum),
    zstdCompressSync("beta,2\n"),
  ]);

  test.each([
    ["gzip", gzip, [gzipSync("alpha,1\n").length]],
    ["zstd", zstd, [9, 9 + zstdCompressSync("alpha,1\n", withChecksum).length]],
  ] as const)("%s cut at every byte is ERR_TRUNCATED, except between frames", async (codec, bytes, whole) => {
    for (let end = 1; end < bytes.length; end++) {
      const result = decoded(bytes.subarray(0, end), codec, 4);
      if ((whole as readonly number[]).includes(end)) await result;
      else await expect(result, `cut at ${end}`).rejects.toMatchObject({ code: "ERR_TRUNCATED", place: { file: "x" } });
    }
  });

  test.each([
    ["gzip", gzip],
    ["zstd", zstd],
  ] as const)("a tail behind %s is an error that names the offset", async (codec, bytes) => {
    for (const tail of ["garbage", "\0\0\0x", "(x", "\x1fx", "Q"]) {
      const result = decoded(Buffer.concat([bytes, Buffer.from(tail, "latin1")]), codec, 5);
      await expect(result, tail).rejects.toMatchObject({
        code: tail === "Q" && codec === "zstd" ? "ERR_TRUNCATED" : "ERR_CORRUPT",
      });
    }
    await expect(decoded(Buffer.concat([bytes, Buffer.from("garbage")]), codec)).rejects.toThrow(
      `byte ${bytes.length})`,
    );
  });

  test("zstd: where a fault lies does not depend on how the bytes come", async () => {
    const frame = zstdCompressSync("beta\n");
    const badBlock = Buffer.concat([zstdCompressSync("alpha\n"), frame]);
    const block = badBlock.length - frame.length + 6;
    badBlock[block] |= 0x06;
    const badHeader = Buffer.from(frame);
    badHeader[4] |= 0x08;
    for (const size of [1, 2, 3, 5, 64, 1 << 20]) {
      await expect(decoded(badBlock, "zstd", size)).rejects.toThrow(
        `a block of a reserved type (zstd, at compressed byte ${block})`,
      );
      await expect(decoded(badHeader, "zstd", size)).rejects.toThrow(
        "reserved bit of the frame header is set (zstd, at compressed byte 0)",
      );
    }
  });

  test("every flipped bit is an error, or decodes to the same (headers that nobody reads)", async () => {
    const outcomes = new Set<string>();
    for (const [codec, bytes] of [
      ["gzip", gzip],
      ["zstd", zstd.subarray(9, 9 + 21)],
    ] as const) {
      const expected = await decoded(bytes, codec).catch(() => "alpha,1\n");
      for (let at = 0; at < bytes.length; at++) {
        const bad = Buffer.from(bytes);
        bad[at] ^= 1 << (at % 8);
        const outcome = await decoded(bad, codec).catch((error) => error.code as string);
        outcomes.add(outcome === expected ? "same" : outcome);
      }
    }
    expect([...outcomes].every((outcome) => ["same", "ERR_CORRUPT", "ERR_TRUNCATED"].includes(outcome))).toBe(true);
  });

  test("what is no gzip, wants a dictionary or a huge window", async () => {
    await expect(decoded(deflateSync("x"), "gzip")).rejects.toMatchObject({ code: "ERR_CORRUPT" });
    const frame = [0x28, 0xb5, 0x2f, 0xfd];
    await expect(decoded(Buffer.from([...frame, 0x01, 0, 9, 1, 0, 0]), "zstd")).rejects.toThrow("dictionary");
    await expect(decoded(Buffer.from([...frame, 0x00, 0xf8, 1, 0, 0]), "zstd")).rejects.toThrow("--long");
    await expect(decoded(Buffer.from([...frame, 0x00, 0x08, 7, 0, 0]), "zstd")).rejects.toThrow("reserved type");
  });
});

test("a consumer that stops early leaves nothing open", async () => {
  let closed = 0;
  async function* endless(bytes: Uint8Array) {
    try {
      for (;;) yield bytes;
    } finally {
      closed++;
    }
  }
  const raw = Buffer.from(lines);
  for (const [codec, bytes] of [
    ["gzip", gzipSync(raw)],
    ["zstd", zstdCompressSync(raw)],
    ["none", raw],
  ] as const) {
    for await (const chunk of decompress(endless(bytes), codec)) {
      expect(chunk.length).toBeGreaterThan(0);
      break;
    }
  }
  expect(closed).toBe(3);
});

test.each([
  ["gzip", (bytes: Uint8Array) => gzipSync(bytes, { level: 1 })],
  ["zstd", (bytes: Uint8Array) => zstdCompressSync(bytes)],
] as const)(
  "%s for one who keeps nothing: the same bytes, and memory that was read is given back",
  async (codec, compress) => {
    // Several members that are each longer than what is read at a time.
    const text = Buffer.from(lines.repeat(4));
    const source = await file(`scanned-${codec}`, Buffer.concat([text, text.subarray(7), text].map(compress)));
    const parts: Buffer[] = [];
    const buffers = new Set<ArrayBuffer>();
    let mostHeld = 0;
    for await (const chunk of scanFileDecompressed(source)) {
      expect(chunk.length).toBeLessThanOrEqual(CHUNK_BYTES);
      parts.push(Buffer.from(chunk));
      buffers.add(chunk.buffer as ArrayBuffer);
      mostHeld = Math.max(mostHeld, [...buffers].filter((buffer) => !buffer.detached).length);
    }
    expect(Buffer.concat(parts).equals(Buffer.concat([text, text.subarray(7), text]))).toBe(true);
    // The one at hand, and the last ones of each member, which are not full.
    expect(mostHeld).toBeLessThanOrEqual(4);
    expect(buffers.size).toBeGreaterThan(20);
  },
);

describe("plain files", () => {
  test("chunks go where `into` says, from the start of the range, `last` with the last", async () => {
    const source = await file("plain", lines);
    const room = new Uint8Array(100_000);
    let text = "";
    const lasts: boolean[] = [];
    for (const { bytes, last } of readChunks(source, { start: 10 }, () => room)) {
      expect(bytes.buffer).toBe(room.buffer);
      text += Buffer.from(bytes).toString();
      lasts.push(last);
    }
    expect(text === lines.slice(10)).toBe(true);
    expect(lasts.indexOf(true)).toBe(lasts.length - 1);
  });

  test("an empty file gives one empty last chunk", async () => {
    const chunks = [...readChunks(await file("empty", ""), { start: 0 }, (n) => new Uint8Array(n))];
    expect(chunks).toEqual([{ bytes: new Uint8Array(0), last: true }]);
  });

  const read = (source: Parameters<typeof readChunks>[0]) => [
    ...readChunks(source, { start: 0 }, (n) => new Uint8Array(n)),
  ];

  test.each([
    ["was truncated", (path: string) => truncateSync(path, 3)],
    ["grew", (path: string) => appendFileSync(path, "more")],
    ["vanished", (path: string) => unlinkSync(path)],
    ["was changed", (path: string) => utimesSync(path, 1, 1)],
    ["was replaced", replaceFile],
  ])("a file that %s under the run is ERR_INPUT_CHANGED", async (what, change) => {
    const source = await file("pinned", "1,2\n3,4\n");
    checkPinned(source);
    change(source.path);
    expect(() => checkPinned(source)).toThrow(what);
    expect(() => read(source)).toThrow(expect.objectContaining({ code: "ERR_INPUT_CHANGED" }));
  });

  test("a change between two reads is found", async () => {
    const source = await file("shrinks", lines);
    const chunks = readChunks(source, { start: 0 }, () => new Uint8Array(1000));
    chunks.next();
    truncateSync(source.path, 1500);
    expect(() => [...chunks]).toThrow(expect.objectContaining({ code: "ERR_INPUT_CHANGED" }));
  });
});

describe("samples and streams", () => {
  test("a sample is decompressed and short", async () => {
    for (const bytes of [Buffer.from(lines), gzipSync(lines), zstdCompressSync(lines)]) {
      const source = await file("sampled", bytes);
      const sample = await readSample(source, 1000);
      expect([Buffer.from(sample.bytes).toString(), sample.isWhole]).toEqual([lines.slice(0, 1000), false]);
      expect((await all(readFileDecompressed(source))).toString() === lines).toBe(true);
    }
  });

  test("a sample goes on to the end of the second line, and says whether there is more", async () => {
    const row = `${"x,".repeat(500_000)}\n`;
    for (const [text, bytes, isWhole] of [
      [row.repeat(3), row.length * 2, false],
      // Nobody looked behind the second line.
      [row.repeat(2), row.length * 2, false],
      [row + row.slice(0, -1), row.length * 2 - 1, true],
      ["a\nb\n", 4, true],
      ["a", 1, true],
    ] as const) {
      const sample = await readSample(await file("wide", text));
      expect([sample.bytes.length, sample.isWhole]).toEqual([bytes, isWhole]);
      const peeked = await peek(pieces(Buffer.from(text), 100_000), 1000, 2);
      expect([peeked.sample.length, peeked.isWhole]).toEqual([bytes, isWhole]);
      expect((await all(peeked.chunks)).toString() === text).toBe(true);
    }
    const endless = await readSample(await file("endless", Buffer.alloc(20_000_000, "x")));
    expect(endless.bytes.length).toBeLessThan(17_000_000);
  });

  test("binary content is found inside a codec too", async () => {
    const source = await file(
      "binary.gz",
      gzipSync(Buffer.concat([Buffer.from("\x7fELF", "latin1"), Buffer.alloc(99)])),
    );
    await expect(readSample(source)).rejects.toMatchObject({ code: "ERR_BINARY" });
  });

  test("a stream's codec is told by its first bytes, however they are cut", async () => {
    const [stdin] = await resolveSources(["-"]);
    for (const bytes of [Buffer.from("a,b\n"), gzipSync("a,b\n"), zstdCompressSync("a,b\n"), Buffer.from("x")]) {
      const expected = bytes.length === 1 ? "x" : "a,b\n";
      expect((await all(readSource(stdin, pieces(bytes, 1)))).toString()).toBe(expected);
    }
    expect(detectCodec(new Uint8Array(0))).toBe("none");
  });

  test("peek loses nothing and closes the stream", async () => {
    for (const bytes of [0, 1, 4, 5, 100]) {
      const { sample, chunks } = await peek(pieces(Buffer.from("12345"), 2), bytes);
      expect(Buffer.from(sample).toString()).toBe("12345".slice(0, bytes));
      expect((await all(chunks)).toString()).toBe("12345");
    }
  });
});
