/**
 * The data of the one billion row challenge: `station;12.3` a line, 413 stations, temperatures of one decimal around a mean
 * of each station. Lines are copied from prepared bytes, so that 50 million take seconds; the same numbers give the same bytes.
 */
import { closeSync, openSync, writeSync } from "node:fs";

const STATIONS = 413;
/** Temperatures in tenths of a degree: -99.9 to 99.9. */
const TENTHS_MAX = 999;
const CHUNK_BYTES = 8 * 1024 * 1024;
/** Longest line: name, semicolon, `-99.9`, newline. */
const LINE_BYTES_MAX = 64;

/** 32 bits a call; a Weyl sequence through a finaliser. */
function randomWords(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let word = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    word = Math.imul(word ^ (word >>> 15), 0x735a2d97);
    return (word ^ (word >>> 15)) >>> 0;
  };
}

const starts = "Al Ba Cha Dar El Fre Gó Ha Ís Jo Ka Lu Mo Na Os Pa Qui Re São Ta Ur Ve Wa Xi Yel Zü".split(" ");
const ends = "mouth burg ville ton dalia polis grad stadt abad shima port field haven ñez vík rovo".split(" ");
const extras = ["", "", " City", "", " Springs", "", " Beach", " North", "", " Island"];

/** 413 different names of 5 to 24 bytes, some with letters of two bytes. */
function stationNames(): string[] {
  const names = new Set<string>();
  for (let i = 0; names.size < STATIONS; i++) {
    const middle = i % 3 === 0 ? "" : ["ra", "lin", "mo", "sta"][(i >> 2) % 4];
    names.add(
      `${starts[i % starts.length]}${middle}${ends[(i * 7 + (i >> 4)) % ends.length]}${extras[(i >> 1) % extras.length]}`,
    );
  }
  return [...names];
}

/** `12.3\n` of every tenth from -99.9 to 99.9. */
function temperatureTexts(): Buffer[] {
  return Array.from({ length: 2 * TENTHS_MAX + 1 }, (_, at) => Buffer.from(`${((at - TENTHS_MAX) / 10).toFixed(1)}\n`));
}

/** Writes `lines` lines. */
export function writeStations(path: string, lines: number, seed = 1): void {
  const next = randomWords(seed);
  const names = stationNames().map((name) => Buffer.from(`${name};`));
  const means = names.map(() => (next() % 450) - 100);
  const temperatures = temperatureTexts();
  const out = Buffer.allocUnsafe(CHUNK_BYTES);
  const file = openSync(path, "w");
  let at = 0;
  for (let line = 0; line < lines; line++) {
    const word = next();
    const station = word % STATIONS;
    const name = names[station];
    for (let i = 0; i < name.length; i++) out[at + i] = name[i];
    at += name.length;
    // Three dice of ten degrees each: bell-shaped, and never out of range.
    const spread = ((word >>> 9) % 201) + ((word >>> 17) % 101) + ((word >>> 24) % 101) - 200;
    const text = temperatures[means[station] + spread + TENTHS_MAX];
    for (let i = 0; i < text.length; i++) out[at + i] = text[i];
    at += text.length;
    if (at > CHUNK_BYTES - LINE_BYTES_MAX) {
      writeSync(file, out, 0, at);
      at = 0;
    }
  }
  writeSync(file, out, 0, at);
  closeSync(file);
}
