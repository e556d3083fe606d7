/** Files made from the main job's: compressed as one member or frame each, joined into one, or with everything that quotes can hold. */
import { closeSync, createReadStream, createWriteStream, openSync, readSync, writeSync } from "node:fs";
import { pipeline } from "node:stream/promises";
import { constants, createGzip, createZstdCompress } from "node:zlib";

const CHUNK_BYTES = 4 * 1024 * 1024;
const COMMA = 44;
const NEWLINE = 10;

/** As `gzip` and `zstd` do by default: one member of level 6, one frame of level 3. */
export async function compress(source: string, target: string, codec: "gzip" | "zstd"): Promise<void> {
  const packer =
    codec === "gzip"
      ? createGzip({ level: 6, chunkSize: CHUNK_BYTES })
      : createZstdCompress({ params: { [constants.ZSTD_c_compressionLevel]: 3 }, chunkSize: CHUNK_BYTES });
  await pipeline(createReadStream(source, { highWaterMark: CHUNK_BYTES }), packer, createWriteStream(target));
}

export async function join(sources: readonly string[], target: string): Promise<void> {
  for (const source of sources) {
    await pipeline(createReadStream(source, { highWaterMark: CHUNK_BYTES }), createWriteStream(target, { flags: "a" }));
  }
}

/** What follows the URL within its quotes: a delimiter and doubled quotes always, in every third line a line break too. */
const tails = [',""a"""', ',""a"""', ',""b"",\nnext"'].map((text) => Buffer.from(text));

/** Event lines with URL, user and browser in quotes; the URL holds commas, quotes and, in a third of the lines, a newline. */
export function quote(source: string, target: string): void {
  const input = openSync(source, "r");
  const output = openSync(target, "w");
  const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  // Three quoted fields and the longest tail are less than the shortest line.
  const out = Buffer.allocUnsafe(2 * CHUNK_BYTES);
  let kept = 0;
  let line = 0;
  for (;;) {
    const length = kept + readSync(input, chunk, kept, CHUNK_BYTES - kept, null);
    if (length === kept) break;
    const end = chunk.lastIndexOf(NEWLINE, length - 1) + 1;
    const quoted = quoteLines(chunk, end, out, line);
    writeSync(output, out, 0, quoted.at);
    line = quoted.line;
    chunk.copyWithin(0, end, length);
    kept = length - end;
  }
  closeSync(input);
  closeSync(output);
}

const QUOTE = 34;
/** Fields: URL, user, browser. */
const isQuoted = [false, false, true, true, false, true, false, false, false];

function quoteLines(chunk: Buffer, end: number, out: Buffer, firstLine: number): { at: number; line: number } {
  let at = 0;
  let line = firstLine;
  let field = 0;
  for (let i = 0; i < end; i++) {
    const byte = chunk[i];
    if (byte === COMMA || byte === NEWLINE) {
      if (field === 2) at += tails[line % 3].copy(out, at);
      else if (isQuoted[field]) out[at++] = QUOTE;
      out[at++] = byte;
      field = byte === COMMA ? field + 1 : 0;
      if (byte === NEWLINE) line++;
      if (isQuoted[field]) out[at++] = QUOTE;
    } else {
      out[at++] = byte;
    }
  }
  return { at, line };
}
