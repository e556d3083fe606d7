/**
 * Answers of different engines, made comparable. An answer is CSV in each engine's own manner: quotes where it likes them, times
 * with a T and a Z or without, rows in any order. Canonical fields are parted by 0x1f, rows end in 0x1e. Large answers are
 * compared by the sum of their rows' hashes (two of 32 bits), which knows no order; where those differ, and a float sum may,
 * row by row.
 */
import { readFileSync } from "node:fs";

const QUOTE = 34;
const COMMA = 44;
const SEMICOLON = 59;
const NEWLINE = 10;
const RETURN = 13;
const SPACE = 32;
const T = 84;
const Z = 90;
const FIELD_BREAK = 0x1f;
const ROW_END = 0x1e;
/** Floats are sums in different orders. */
const RELATIVE_ERROR_MAX = 1e-9;

export interface CanonicalAnswer {
  rows: number;
  digest: string;
  bytes: Uint8Array;
}

export function readAnswer(path: string, hasHeader: boolean): CanonicalAnswer {
  const bytes = readFileSync(path);
  const isEnded = bytes.length === 0 || bytes[bytes.length - 1] === NEWLINE;
  return canonical(isEnded ? bytes : Buffer.concat([bytes, Buffer.of(NEWLINE)]), hasHeader);
}

/** Works in place: what is canonical is never longer. */
function canonical(bytes: Uint8Array, hasHeader: boolean): CanonicalAnswer {
  let at = 0;
  let rowStart = 0;
  let rows = 0;
  let [first, second] = [0, 0];
  let isQuoted = false;
  let isSkipped = hasHeader;
  const { length } = bytes;
  for (let i = 0; i < length; i++) {
    // An engine told to read semicolons may write them, too.
    const byte = bytes[i] === SEMICOLON && !isQuoted ? COMMA : bytes[i];
    if (byte === QUOTE) {
      if (isQuoted && bytes[i + 1] === QUOTE) bytes[at++] = bytes[++i];
      else isQuoted = !isQuoted;
    } else if (isQuoted || (byte !== COMMA && byte !== NEWLINE && byte !== RETURN)) {
      bytes[at++] = byte === SPACE ? T : byte;
    } else if (byte !== RETURN) {
      // 2019-09-14T00:00:00Z and 2019-09-14 00:00:00 are the same.
      if (at > rowStart && bytes[at - 1] === Z) at--;
      bytes[at++] = byte === COMMA ? FIELD_BREAK : ROW_END;
      if (byte === COMMA) continue;
      if (isSkipped) at = rowStart;
      else {
        const [one, other] = hashes(bytes, rowStart, at);
        first = (first + one) >>> 0;
        second = (second + other) >>> 0;
        rows++;
      }
      isSkipped = false;
      rowStart = at;
    }
  }
  return { rows, digest: `${first}-${second}`, bytes: bytes.subarray(0, at) };
}

const pair: [number, number] = [0, 0];

function hashes(bytes: Uint8Array, start: number, end: number): [number, number] {
  let [one, other] = [0x811c9dc5, 0x9e3779b9];
  for (let i = start; i < end; i++) {
    one = Math.imul(one ^ bytes[i], 0x01000193);
    other = Math.imul((other << 13) | (other >>> 19), 0x5bd1e995) ^ bytes[i];
  }
  pair[0] = Math.imul(one ^ (one >>> 15), 0x2c1b3c6d) >>> 0;
  pair[1] = Math.imul(other ^ (other >>> 13), 0x735a2d97) >>> 0;
  return pair;
}

/** The first difference, for people; undefined where there is none. */
export function difference(expected: CanonicalAnswer, actual: CanonicalAnswer): string | undefined {
  if (expected.rows === actual.rows && expected.digest === actual.digest) return undefined;
  const [left, right] = [rowsOf(expected), rowsOf(actual)];
  const at = left.findIndex((row, index) => !areAlike(row, right[index]));
  if (at < 0 && left.length === right.length) return undefined;
  const row = at < 0 ? left.length : at;
  return `row ${row}: ${shown(left[row])} against ${shown(right[row])}; ${left.length} and ${right.length} rows`;
}

function rowsOf({ bytes }: CanonicalAnswer): string[] {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    .toString("utf8")
    .split("\x1e")
    .slice(0, -1)
    .sort();
}

function areAlike(row: string, other: string | undefined): boolean {
  if (row === other) return true;
  if (other === undefined) return false;
  const [left, right] = [row.split("\x1f"), other.split("\x1f")];
  return left.length === right.length && left.every((field, at) => isNear(field, right[at]));
}

function isNear(field: string, other: string): boolean {
  if (field === other) return true;
  // Whole numbers are exact.
  if (!/[.eE]/.test(field + other) || field === "" || other === "") return false;
  const [left, right] = [Number(field), Number(other)];
  return Math.abs(left - right) <= RELATIVE_ERROR_MAX * Math.max(Math.abs(left), Math.abs(right));
}

const shown = (row: string | undefined): string => (row === undefined ? "(none)" : row.replaceAll("\x1f", ","));
