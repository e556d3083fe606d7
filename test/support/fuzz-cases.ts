/** Cases of the fuzzing: hostile bytes in more and larger shapes than the properties try, for one format. */
import fc from "fast-check";
import { type HostileCase, hostileBytes, type Target } from "./hostile.ts";

/** So long that windows of the index, chunks and carries begin and end in the midst of anything. */
const BYTES_MAX = 40_000;

function repeated(target: Target): fc.Arbitrary<Buffer> {
  const poke = fc.tuple(fc.nat(BYTES_MAX), fc.nat(255));
  return fc
    .tuple(
      hostileBytes(target, 12, 1),
      fc.integer({ min: 1, max: 400 }),
      fc.array(poke, { maxLength: 20, size: "max" }),
    )
    .map(([block, times, pokes]) => {
      const count = Math.min(times, Math.ceil(BYTES_MAX / Math.max(1, block.length)));
      const source = Buffer.concat(Array.from({ length: count }, () => block));
      for (const [at, byte] of pokes) if (at < source.length) source[at] = byte;
      return source;
    });
}

/** Every n-th byte is this one. */
function everywhere(target: Target): fc.Arbitrary<Buffer> {
  const byte = fc.constantFrom(..."\"'\0\n\r,\\{[: \xff\xc3", ...target.pieces.map((piece) => piece[0]));
  return fc.tuple(repeated(target), byte, fc.integer({ min: 1, max: 70 })).map(([source, what, step]) => {
    for (let at = step - 1; at < source.length; at += step) source.write(what, at, 1, "latin1");
    return source;
  });
}

/** Few lines, but long ones, of many fields. */
function wide(target: Target): fc.Arbitrary<Buffer> {
  const line = fc
    .tuple(
      fc.constantFrom(...target.pieces),
      fc.constantFrom("", "a", " ", "é", '""'),
      fc.integer({ min: 1, max: 9000 }),
    )
    .map(([piece, more, times]) => (piece.replaceAll("\n", "") + more).repeat(times).slice(0, BYTES_MAX / 2));
  return fc.array(line, { minLength: 1, maxLength: 3 }).map((lines) => Buffer.from(lines.join("\n")));
}

export function fuzzBytes(target: Target): fc.Arbitrary<Buffer> {
  return fc.oneof(
    hostileBytes(target, 60),
    fc.uint8Array({ maxLength: 3000, size: "max" }).map((bytes) => Buffer.from(bytes)),
    repeated(target),
    everywhere(target),
    wide(target),
  );
}

export function fuzzCase(target: Target): fc.Arbitrary<HostileCase> {
  return fuzzBytes(target).chain((source) => {
    const place = fc.nat({ max: source.length });
    return fc.record({
      source: fc.constant(source),
      cuts: fc.array(place, { maxLength: 12 }),
      ends: fc.array(place, { maxLength: 8 }),
      inPlace: fc.boolean(),
      lineBytesMax: fc.constantFrom(5, 40, 3000, 1 << 20),
    });
  });
}
