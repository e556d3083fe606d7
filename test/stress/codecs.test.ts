/**
 * Damaged gzip and zstd: reading gives the right bytes or a clear error, and ends. And whole runs over what cannot be
 * told apart from damage: files of any bytes, on any borders of splits.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { constants, gzipSync, zstdCompressSync } from "node:zlib";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { InputError } from "../../src/base/errors.ts";
import { InlineExecutor } from "../../src/executor/index.ts";
import { count, csv, from, int, run, sum, text } from "../../src/index.ts";
import { decompress } from "../../src/input/codec.ts";
import type { Codec } from "../../src/input/magic.ts";
import { tries } from "../support/cases.ts";
import { naiveParse } from "../support/naive-parser.ts";

const folder = mkdtempSync(join(tmpdir(), "threadmill-codecs-"));
const executor = new InlineExecutor();
afterAll(async () => {
  await executor.shutdown();
  rmSync(folder, { recursive: true });
});

const checksum = { params: { [constants.ZSTD_c_checksumFlag]: 1 } };
const encoders: Record<string, { codec: Codec; encode: (bytes: Uint8Array) => Buffer; hasChecksum: boolean }> = {
  gzip: { codec: "gzip", encode: (bytes) => gzipSync(bytes), hasChecksum: true },
  "gzip, stored": { codec: "gzip", encode: (bytes) => gzipSync(bytes, { level: 0 }), hasChecksum: true },
  zstd: { codec: "zstd", encode: (bytes) => zstdCompressSync(bytes), hasChecksum: false },
  "zstd with checksums": { codec: "zstd", encode: (bytes) => zstdCompressSync(bytes, checksum), hasChecksum: true },
};

const content = fc.oneof(
  fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
  fc
    .tuple(fc.string({ minLength: 1, maxLength: 9 }), fc.nat(20_000))
    .map(([word, times]) => Buffer.from(word.repeat(times))),
);

/** One damage: bytes flipped, cut out, doubled or put in. Places are fractions of the length. */
const damage = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  length: fc.nat(12),
  kind: fc.constantFrom("flip", "cut", "double", "insert", "zero", "end"),
  byte: fc.nat(255),
});
type Damage = typeof damage extends fc.Arbitrary<infer T> ? T : never;

function damaged(bytes: Buffer, { at, length, kind, byte }: Damage): Buffer {
  const from = Math.min(bytes.length, Math.floor(at * bytes.length));
  const to = Math.min(bytes.length, from + length + 1);
  const piece = bytes.subarray(from, to);
  if (kind === "end") return bytes.subarray(0, from);
  const between: Record<typeof kind, Buffer> = {
    flip: Buffer.from(piece.map((each, i) => (i === 0 ? each ^ (byte || 1) : each))),
    cut: Buffer.alloc(0),
    double: Buffer.concat([piece, piece]),
    insert: Buffer.concat([Buffer.alloc(length, byte), piece]),
    zero: Buffer.alloc(piece.length),
  };
  return Buffer.concat([bytes.subarray(0, from), between[kind], bytes.subarray(to)]);
}

async function decoded(bytes: Buffer, codec: Codec, pieceBytes: number): Promise<Buffer | InputError> {
  function* pieces() {
    for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
  }
  const parts: Uint8Array[] = [];
  try {
    for await (const part of decompress(pieces(), codec, "input")) parts.push(part);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return error;
  }
  return Buffer.concat(parts);
}

describe.each(Object.entries(encoders))("%s", (_name, { codec, encode, hasChecksum }) => {
  test("any damage gives the right bytes or a clear error", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(content, { minLength: 1, maxLength: 4 }),
        fc.array(damage, { minLength: 1, maxLength: 3 }),
        fc.constantFrom(1, 7, 1 << 16),
        async (members, damages, pieceBytes) => {
          const whole = Buffer.concat(members.map(encode));
          const bad = damages.reduce(damaged, whole);
          const outcome = await decoded(bad, codec, Math.max(pieceBytes, Math.ceil(bad.length / 500)));
          if (outcome instanceof InputError) {
            expect(outcome.code).toMatch(/^ERR_(CORRUPT|TRUNCATED)$/);
            expect(outcome.place.file).toBe("input");
            expect(Number(/\d+(?=\)| bytes$)/.exec(outcome.message)?.[0])).toBeLessThanOrEqual(bad.length);
            return;
          }
          // Frames that are left whole are right: each is one of the members. Without a checksum nobody can know more.
          if (hasChecksum) expect(isMadeOf(outcome, members)).toBe(true);
        },
      ),
      tries(150),
    );
  });

  test("bytes that only begin like it", async () => {
    const start = encode(Buffer.from("alpha")).subarray(0, 4);
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), fc.nat(4), async (tail, kept) => {
        const outcome = await decoded(Buffer.concat([start.subarray(0, kept), tail]), codec, 50);
        if (outcome instanceof InputError) expect(outcome.code).toMatch(/^ERR_(CORRUPT|TRUNCATED)$/);
      }),
      tries(200),
    );
  });
});

/** Whether the bytes are members put together in any order. */
function isMadeOf(bytes: Buffer, members: Buffer[]): boolean {
  const reached = new Set([0]);
  const open = [0];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    if (at === bytes.length) return true;
    for (const member of members) {
      const next = at + member.length;
      if (member.length === 0 || reached.has(next) || !member.equals(bytes.subarray(at, next))) continue;
      reached.add(next);
      open.push(next);
    }
  }
  return reached.has(bytes.length);
}

const cell = fc.constantFrom("", "a", '"x,\n1"', '"say ""no"""', "é", '"\n"', 'q"', '"open', "\n\n", "\0", "1,2");
const rowsOfFile = fc.array(fc.tuple(cell, fc.constantFrom("1", "-7", "", "9007199254740991")), { maxLength: 60 });

test("runs over cuts in any place and compressed in any way agree with the naive reader", async () => {
  const format = csv({ columns: { name: text, n: int }, delimiter: ",", quote: '"' });
  await fc.assert(
    fc.asyncProperty(
      rowsOfFile,
      fc.integer({ min: 1, max: 200 }),
      fc.constantFrom(20, 1000),
      fc.constantFrom("plain", ...Object.keys(encoders)),
      async (rows, splitBytes, lineBytesMax, how) => {
        // The first row is whole: its fields are counted.
        const bytes = Buffer.from(`first,0\n${rows.map(([name, n]) => `${name},${n}\n`).join("")}`);
        const path = join(folder, "data");
        writeFileSync(path, how === "plain" ? bytes : encoders[how].encode(bytes));
        const job = from(path, format)
          .groupBy("name")
          .aggregate({ rows: count(), total: sum("n") });
        const answer = await run(job, { executor, splitBytes, lineBytesMax, onError: "skip" }).catch((error) => {
          // Many NULs in the beginning are no text.
          expect(bytes.includes(0) && error.code).toBe("ERR_BINARY");
        });
        if (!answer) return;
        const found = [];
        for await (const row of answer) found.push(row);
        const { groups, rejected } = naiveGroups(bytes, lineBytesMax);
        expect(found).toEqual(groups);
        expect((await answer.summary).rejected).toBe(rejected);
      },
    ),
    tries(100),
  );
});

function naiveGroups(bytes: Buffer, lineBytesMax: number): { groups: object[]; rejected: number } {
  const { rows, rejected } = naiveParse(bytes, {
    format: { kind: "csv", delimiter: ",", quote: '"', header: false },
    schema: { columns: [], fields: 2 },
    wanted: [0, 1],
    lineBytesMax,
  });
  const groups = new Map<string | null, { rows: number; total: bigint | null }>();
  let bad = rejected.length;
  for (const { values } of rows) {
    if (values[1] !== null && !/^-?\d+$/.test(values[1])) {
      bad++;
      continue;
    }
    const group = groups.get(values[0]) ?? { rows: 0, total: null };
    group.rows++;
    if (values[1] !== null) group.total = (group.total ?? 0n) + BigInt(values[1]);
    groups.set(values[0], group);
  }
  const isBefore = (a: string | null, b: string | null) =>
    a === null || b === null ? Number(a === null) - Number(b === null) : Buffer.compare(Buffer.from(a), Buffer.from(b));
  return {
    rejected: bad,
    groups: [...groups]
      .sort(([a], [b]) => isBefore(a, b))
      .map(([name, { rows, total }]) => {
        const isSafe = total !== null && Number.isSafeInteger(Number(total));
        return { name, rows, total: isSafe ? Number(total) : total };
      }),
  };
}
