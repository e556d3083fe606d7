/**
 * What the first bytes of a file say: its codec, and whether it is text at all. Names are never asked.
 */
import { InputError } from "../base/errors.ts";

export type Codec = "none" | "gzip" | "zstd";

/** Bytes that a verdict about binary content looks at. */
const TEXT_SAMPLE_BYTES = 16 * 1024;
/** Text may hold a stray NUL (such a row is rejected, not the file); a file with more than these and 2 % is binary. */
const NULS_IN_TEXT_MAX = 8;

/** The codec by magic bytes; `head` should hold at least 4 bytes where there are as many. */
export function detectCodec(head: Uint8Array): Codec {
  if (head[0] === 0x1f && head[1] === 0x8b) return "gzip";
  if (head[0] === 0x28 && head[1] === 0xb5 && head[2] === 0x2f && head[3] === 0xfd) return "zstd";
  if ((head[0] & 0xf0) === 0x50 && head[1] === 0x2a && head[2] === 0x4d && head[3] === 0x18) return "zstd";
  return "none";
}

const useText = "give a text file: CSV, TSV, NDJSON or a log, plain or compressed by gzip or zstd";
const decompress = "decompress it first, or recompress it with gzip or zstd";
const utf8 = "convert it to UTF-8 first, for example: iconv -f utf-16 -t utf-8";

/** Known beginnings of files that are no text, as latin-1; the first that fits counts. */
const binaries: { magics: string[]; what: string; hint: string }[] = [
  { magics: ["\xff\xfe\0\0", "\0\0\xfe\xff"], what: "UTF-32 text", hint: utf8.replace("utf-16", "utf-32") },
  { magics: ["\xff\xfe", "\xfe\xff"], what: "UTF-16 text", hint: utf8 },
  { magics: ["\x7fELF"], what: "an ELF program", hint: useText },
  { magics: ["\x89PNG\r\n"], what: "a PNG image", hint: useText },
  { magics: ["\xff\xd8\xff"], what: "a JPEG image", hint: useText },
  { magics: ["GIF87a", "GIF89a"], what: "a GIF image", hint: useText },
  { magics: ["%PDF-"], what: "a PDF document", hint: useText },
  // The byte after the magic begins the first page's header; "PAR1" alone could be a column's name.
  { magics: ["PAR1\x15"], what: "a parquet file", hint: "export it as CSV or NDJSON first" },
  { magics: ["ARROW1\0"], what: "an Arrow file", hint: "export it as CSV or NDJSON first" },
  { magics: ["SQLite format 3\0"], what: "an SQLite database", hint: "export its table as CSV first" },
  { magics: ["PK\x03\x04"], what: "a zip archive", hint: decompress },
  { magics: ["BZh91AY&SY", "BZh11AY&SY", "BZh61AY&SY"], what: "bzip2-compressed", hint: decompress },
  { magics: ["\xfd7zXZ\0"], what: "xz-compressed", hint: decompress },
  { magics: ["\x04\x22\x4d\x18"], what: "lz4-compressed", hint: decompress },
];

/** Throws InputError `ERR_BINARY` when the (decompressed) beginning of a file is clearly no text. */
export function checkText(path: string, sample: Uint8Array): void {
  const head = Buffer.from(sample.buffer, sample.byteOffset, Math.min(sample.length, 64)).toString("latin1");
  const known = binaries.find(({ magics }) => magics.some((magic) => head.startsWith(magic)));
  if (known) throw binaryError(path, `it is ${known.what}`, known.hint);
  const looked = sample.subarray(0, TEXT_SAMPLE_BYTES);
  const nuls = [0, 0];
  for (let i = 0; i < looked.length; i++) if (looked[i] === 0) nuls[i & 1]++;
  const all = nuls[0] + nuls[1];
  if (all <= NULS_IN_TEXT_MAX || all * 50 <= looked.length) return;
  // UTF-16 without a byte order mark: western text has a NUL in nearly every second byte, always on the same side.
  const halves = all * 5 > looked.length * 2 && Math.min(...nuls) * 10 < all;
  if (halves) throw binaryError(path, "it looks like UTF-16 text", utf8);
  throw binaryError(path, `${all} of its first ${looked.length} bytes are NUL`, useText);
}

function binaryError(path: string, what: string, hint: string): InputError {
  return new InputError("ERR_BINARY", `${path} is not a text file: ${what}`, { hint, place: { file: path } });
}
