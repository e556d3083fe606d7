/**
 * Access logs in Apache's and nginx's formats: one line, one record. A value ends where the text behind it in the
 * format begins; inside double quotes (nginx: anywhere) a backslash escapes. `-` and nothing at all are null.
 */
import { UsageError } from "../../base/errors.ts";
import type { ParserOptions } from "../../input/batch.ts";
import type { ParserMemory } from "./buffer.ts";
import { isBlank, LineParser } from "./lines.ts";
import { type LogPiece, parseLogFormat } from "./log-format.ts";

export { COMBINED, COMMON, logColumns } from "./log-format.ts";

const BACKSLASH = 92;
const SPACE = 32;

/** One value of a line, and the text behind it. */
export interface LogPart {
  /** Positions in a row's ranges, or -1: of the value itself, and for %r of method, path and protocol. */
  slots: number[];
  /** The text behind the value; empty: the line's end. */
  behind: Uint8Array;
  /** A backslash escapes. */
  escapes: boolean;
  bracketed: boolean;
  isList: boolean;
}

export class LogParser extends LineParser {
  /** The text before the first value. */
  protected readonly before: Uint8Array;
  protected readonly parts: LogPart[] = [];

  constructor(options: ParserOptions, logFormat: string, memory?: ParserMemory) {
    super(options, memory);
    const pieces = parseLogFormat(logFormat);
    const slots = wantedSlots(options, pieces);
    this.before = literalAt(pieces, 0);
    pieces.forEach((piece, i) => {
      if (piece.kind !== "value") return;
      const behind = literalAt(pieces, i + 1);
      const quoted = behind[0] === 34 && literalAt(pieces, i - 1).at(-1) === 34;
      const own = piece.columns.map((column) => slots.get(column.name) ?? -1);
      const { bracketed, isList } = piece;
      this.parts.push({ slots: own, behind, escapes: quoted || piece.escapes, bracketed, isList });
    });
  }

  protected override parseLine(start: number, end: number, line: number): boolean {
    if (isBlank(this.bytes, start, end)) return false;
    let p = startsWith(this.bytes, start, end, this.before) ? start + this.before.length : -1;
    const row = this.rows * this.stride;
    for (const part of this.parts) {
      if (p < 0) break;
      p = this.#value(part, p, end, row);
    }
    if (p === end) return true;
    this.reject("no-match", "the line does not have the log format", start, end, line);
    return false;
  }

  /** Reads one value and the text behind it. Returns the index behind both, or -1. */
  #value(part: LogPart, from: number, end: number, row: number): number {
    const { bytes } = this;
    let start = from;
    let p = from;
    let escaped = false;
    // Apache writes the time in brackets by itself, and the format does not show them.
    if (part.bracketed && bytes[p] === 91) {
      while (p < end && bytes[p] !== 93) p++;
      if (p === end) return -1;
      this.#store(part, ++start, p, row, false);
      return startsWith(bytes, p + 1, end, part.behind) ? p + 1 + part.behind.length : -1;
    }
    const { behind, escapes, isList } = part;
    if (behind.length === 0) {
      escaped = escapes && bytes.subarray(p, end).includes(BACKSLASH);
      p = end;
    }
    for (; p < end; p++) {
      if (escapes && bytes[p] === BACKSLASH) {
        escaped = true;
        p++;
      } else if (bytes[p] === behind[0] && startsWith(bytes, p, end, behind)) {
        if (!isList || p === start || !inList(bytes, p)) break;
      }
    }
    if (p > end || (p === end && behind.length > 0)) return -1;
    this.#store(part, start, p, row, escaped);
    return p + behind.length;
  }

  #store(part: LogPart, start: number, end: number, row: number, escaped: boolean): void {
    if (end === start || (end === start + 1 && this.bytes[start] === 45)) return;
    if (part.slots.every((slot) => slot < 0)) return;
    let from = start;
    let to = end;
    if (escaped) {
      from = this.reserveScratch(end - start);
      to = unescapeLog(this.bytes, start, end, from);
    }
    this.#set(row, part.slots[0], from, to);
    if (part.slots.length > 1) this.#splitRequest(part.slots, from, to, row);
  }

  #set(row: number, slot: number, start: number, end: number): void {
    if (slot < 0 || start >= end) return;
    this.ranges[row + slot] = start;
    this.ranges[row + slot + 1] = end;
  }

  /** `GET /a b HTTP/1.1`: up to the first space, the middle, and the last word where it names a protocol. */
  #splitRequest(slots: number[], start: number, end: number, row: number): void {
    const { bytes } = this;
    let first = start;
    while (first < end && bytes[first] !== SPACE) first++;
    if (first === end) return;
    let last = end - 1;
    while (bytes[last] !== SPACE) last--;
    const hasProtocol = startsWith(bytes, last + 1, end, PROTOCOL);
    this.#set(row, slots[1], start, first);
    // `GET HTTP/1.1` has no path: the one space is both.
    this.#set(row, slots[2], first + 1, hasProtocol ? Math.max(first + 1, last) : end);
    if (hasProtocol) this.#set(row, slots[3], last + 1, end);
  }
}

const PROTOCOL: Uint8Array = Buffer.from("HTTP/");

function literalAt(pieces: LogPiece[], i: number): Uint8Array {
  const piece = pieces[i];
  return piece?.kind === "literal" ? new Uint8Array(piece.bytes) : new Uint8Array(0);
}

function startsWith(bytes: Uint8Array, p: number, end: number, text: Uint8Array): boolean {
  if (p + text.length > end) return false;
  for (let i = 0; i < text.length; i++) if (bytes[p + i] !== text[i]) return false;
  return true;
}

/** Whether the byte at p is a space of a list of upstream servers: `a, b : c`. */
function inList(bytes: Uint8Array, p: number): boolean {
  if (bytes[p] !== SPACE) return false;
  const isBeforeColon = bytes[p + 1] === 58 && bytes[p + 2] === SPACE;
  return bytes[p - 1] === 44 || isBeforeColon || (bytes[p - 1] === 58 && bytes[p - 2] === SPACE);
}

/** Wanted columns by name. Throws ERR_UNKNOWN_COLUMN for one that the format does not have. */
function wantedSlots(options: ParserOptions, pieces: LogPiece[]): Map<string, number> {
  const names = pieces.flatMap((piece) => (piece.kind === "value" ? piece.columns.map((column) => column.name) : []));
  const slots = new Map<string, number>();
  options.wanted.forEach((column, slot) => {
    const { name } = options.schema.columns[column];
    if (!names.includes(name)) {
      throw new UsageError("ERR_UNKNOWN_COLUMN", `the log format has no column ${JSON.stringify(name)}`, {
        hint: `It has: ${names.join(", ")}.`,
      });
    }
    if (!slots.has(name)) slots.set(name, slot * 2);
  });
  return slots;
}

const LETTERS: Record<number, number> = { 110: 10, 116: 9, 114: 13, 98: 8, 118: 11, 102: 12 };

/** NaN for any other byte. */
function hexDigit(byte: number): number {
  if (byte >= 48 && byte <= 57) return byte - 48;
  const letter = byte | 32;
  return letter >= 97 && letter <= 102 ? letter - 87 : Number.NaN;
}

/** Resolves `\"`, `\\`, `\n` and the like, and `\xhh`, to `at` in the same bytes; an unknown escape stays as it is. Returns the end. */
function unescapeLog(bytes: Uint8Array, start: number, end: number, at: number): number {
  let out = at;
  for (let p = start; p < end; p++) {
    if (bytes[p] !== BACKSLASH || p + 1 >= end) {
      bytes[out++] = bytes[p];
      continue;
    }
    const kind = bytes[++p];
    const code = kind === 120 && p + 2 < end ? hexDigit(bytes[p + 1]) * 16 + hexDigit(bytes[p + 2]) : Number.NaN;
    if (kind === 34 || kind === BACKSLASH) bytes[out++] = kind;
    else if (LETTERS[kind] !== undefined) bytes[out++] = LETTERS[kind];
    else if (!Number.isNaN(code)) {
      bytes[out++] = code;
      p += 2;
    } else {
      bytes[out++] = BACKSLASH;
      bytes[out++] = kind;
    }
  }
  return out;
}
