/**
 * NDJSON: one JSON object per line, columns by path (`a.b` is field b of the object in field a; a top-level field
 * whose name has the dots in it is found too). Strings come decoded; numbers and booleans as their text; objects and
 * arrays as their JSON text; a missing field and null are null. Of a field that comes twice the last one counts.
 *
 * Logs keep their key order: each object level remembers which key came at which place in the line before, and
 * compares those bytes first, so that most keys cost one comparison and no lookup.
 */
import type { ParserOptions } from "../../input/batch.ts";
import type { ParserMemory } from "./buffer.ts";
import { seen, skipColon, skipSpace, skipString, skipStringByWords, skipValue, unescapeString } from "./json.ts";
import { isBlank, LineParser } from "./lines.ts";

const QUOTE = 34;
/** Places per object level that are remembered. */
const ORDER_MAX = 1024;
/** Keys nobody wants that are remembered per level. */
const UNWANTED_MAX = 1024;

/** A key of an object level: where its value goes. */
interface Key {
  /** The key's raw bytes, with the closing quote. */
  raw: Uint8Array;
  /** Position in a row's ranges, or -1. */
  slot: number;
  child: Level | undefined;
}

/** The wanted keys of an object at one place of the records; names of keys that nobody wants join them later. */
export interface Level {
  keys: Map<string, Key>;
  wanted: number;
  order: Key[];
  /** Every slot at or under this level: nulled when its object is replaced. */
  slots: number[];
}

export class NdjsonParser extends LineParser {
  /** What is wanted of the records. */
  protected readonly root: Level = newLevel();
  /** Row position in ranges of the line being read. */
  #row = 0;
  /** Where the last failure was noticed. */
  #failedAt = 0;

  constructor(options: ParserOptions, memory?: ParserMemory) {
    super(options, memory);
    options.wanted.forEach((column, slot) => {
      if (options.wanted.indexOf(column) !== slot) return;
      const name = options.schema.columns[column].name;
      addPath(this.root, name.split("."), slot * 2);
      if (name.includes(".")) wantedKey(this.root, name).slot = slot * 2;
    });
  }

  protected override parseLine(start: number, end: number, line: number): boolean {
    if (isBlank(this.bytes, start, end)) return false;
    this.#row = this.rows * this.stride;
    const first = skipSpace(this.bytes, start);
    if (this.bytes[first] !== 123) return this.#refuse("not a JSON object", start, end, line);
    this.#failedAt = first;
    let p = this.#object(this.root, first, 0);
    if (p >= 0) {
      p = skipSpace(this.bytes, p);
      if (p >= end) return true;
      this.#failedAt = p;
    }
    return this.#refuse(`not valid JSON at byte ${this.#failedAt - start}`, start, end, line);
  }

  #refuse(message: string, start: number, end: number, line: number): boolean {
    this.reject("bad-json", message, start, end, line);
    return false;
  }

  #object(level: Level, from: number, depth: number): number {
    let p = skipSpace(this.bytes, from + 1);
    if (this.bytes[p] === 125) return p + 1;
    for (let place = 0; ; place++) {
      // The bytes may move when a value is decoded.
      const bytes = this.bytes;
      this.#failedAt = p;
      if (bytes[p] !== QUOTE) return -1;
      let key = level.order[place];
      let behind = key === undefined ? -1 : matches(bytes, p + 1, key.raw);
      if (behind < 0) {
        behind = skipString(bytes, p);
        if (behind < 0) return -1;
        key = findKey(level, bytes, p + 1, behind);
        if (place < ORDER_MAX) level.order[place] = key;
      }
      p = skipColon(bytes, behind);
      if (p < 0) return -1;
      this.#failedAt = p;
      p = this.#value(key, p, depth);
      if (p < 0) return -1;
      p = skipSpace(this.bytes, p);
      if (this.bytes[p] === 125) return p + 1;
      this.#failedAt = p;
      if (this.bytes[p] !== 44) return -1;
      p = skipSpace(this.bytes, p + 1);
    }
  }

  #value(key: Key, p: number, depth: number): number {
    const { bytes } = this;
    if (key.child !== undefined) for (const slot of key.child.slots) this.ranges[this.#row + slot + 1] = -1;
    if (key.slot < 0) {
      if (bytes[p] === QUOTE) return skipStringByWords(bytes, this.words, p);
      return key.child !== undefined && bytes[p] === 123
        ? this.#object(key.child, p, depth + 1)
        : skipValue(bytes, p, depth);
    }
    const at = this.#row + key.slot;
    if (bytes[p] === QUOTE) {
      seen.escape = false;
      const end = skipStringByWords(bytes, this.words, p);
      if (end >= 0) this.#storeString(at, p + 1, end - 1);
      return end;
    }
    const end =
      key.child !== undefined && bytes[p] === 123 ? this.#object(key.child, p, depth + 1) : skipValue(bytes, p, depth);
    this.ranges[at] = p;
    this.ranges[at + 1] = bytes[p] === 110 ? -1 : end;
    return end;
  }

  #storeString(at: number, start: number, end: number): void {
    if (!seen.escape) {
      this.ranges[at] = start;
      this.ranges[at + 1] = end;
      return;
    }
    const to = this.reserveScratch(end - start);
    this.ranges[at] = to;
    this.ranges[at + 1] = unescapeString(this.bytes, start, end, this.bytes, to);
  }
}

/** The index behind the key where bytes go on with it at p, else -1. */
function matches(bytes: Uint8Array, p: number, raw: Uint8Array): number {
  const length = raw.length;
  for (let i = 0; i < length; i++) if (bytes[p + i] !== raw[i]) return -1;
  return p + length;
}

function newLevel(): Level {
  return { keys: new Map(), wanted: 0, order: [], slots: [] };
}

function wantedKey(level: Level, name: string): Key {
  let key = level.keys.get(name);
  if (key === undefined) {
    key = { raw: Buffer.from(`${JSON.stringify(name).slice(1)}`), slot: -1, child: undefined };
    level.keys.set(name, key);
    level.wanted++;
  }
  return key;
}

function addPath(level: Level, path: string[], slot: number): void {
  level.slots.push(slot);
  const key = wantedKey(level, path[0]);
  if (path.length === 1) key.slot = slot;
  else addPath((key.child ??= newLevel()), path.slice(1), slot);
}

/** The key whose raw text is bytes[start..behind) with its closing quote; unknown ones are remembered up to a bound. */
function findKey(level: Level, bytes: Uint8Array, start: number, behind: number): Key {
  const raw = bytes.slice(start, behind);
  const text = raw.subarray(0, raw.length - 1);
  let name = Buffer.from(text.buffer, 0, text.length).toString();
  if (text.includes(92)) name = JSON.parse(`"${name}"`) as string;
  const known = level.keys.get(name);
  if (known === undefined) {
    const key: Key = { raw, slot: -1, child: undefined };
    if (level.keys.size < level.wanted + UNWANTED_MAX) level.keys.set(name, key);
    return key;
  }
  // The same key may be written with other escapes: compare with what this source writes.
  return known.raw.length === raw.length && matches(raw, 0, known.raw) >= 0 ? known : { ...known, raw };
}
