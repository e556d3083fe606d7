/**
 * A run has one format and one list of columns, found in its first source. Further sources are compared with that one
 * before they are read, so that none of them is read by columns that it does not have. Not for: the rows themselves.
 */
import { setImmediate } from "node:timers/promises";
import { InputError } from "../base/errors.ts";
import { SNIFF_BYTES } from "../base/limits.ts";
import type { Format } from "../input/batch.ts";
import { readSample } from "../input/codec.ts";
import { decodeSample, splitFields } from "../input/fields.ts";
import type { Sample } from "../input/sample.ts";
import { resembles } from "../input/sniff.ts";
import type { Source } from "../input/source.ts";

/** Enough to tell one format from another, and for most headers; of thousands of files, no more is looked at. */
const HEAD_BYTES = 4096;
/** Files that are looked at without a pause, so that an interrupt gets through. */
const FILES_AT_ONCE = 64;
const HEADER_CHARS_SHOWN = 200;

export interface First {
  source: Source;
  sample: Sample;
  format: Format;
  /** The user did not name the format. */
  isSniffed: boolean;
}

export class Alike {
  readonly #first: First;
  /** Undefined: the format has none. */
  readonly #header: string[] | undefined;

  constructor(first: First) {
    this.#first = first;
    this.#header = headerOf(first.format, first.sample);
  }

  /** Throws InputError ERR_HEADER or ERR_MIXED_FORMATS for a file that is not like the first source. */
  async checkFiles(sources: readonly Source[]): Promise<void> {
    const others = sources.filter((source) => source.kind === "file" && source !== this.#first.source);
    if (this.#header === undefined && !this.#first.isSniffed) return;
    for (const [at, source] of others.entries()) {
      if (at % FILES_AT_ONCE === FILES_AT_ONCE - 1) await setImmediate();
      if (source.size === 0) continue;
      const sample = await readSample(source, HEAD_BYTES);
      const isCut = this.#header !== undefined && !headerOf(this.#first.format, sample) && !sample.isWhole;
      // A header with line ends in its names is longer than the two lines that a sample has at least.
      this.check(source, isCut ? await readSample(source, SNIFF_BYTES) : sample);
    }
  }

  /** Throws as `checkFiles`. `sample`: the beginning of the source. */
  check(source: Source, sample: Sample): void {
    const { format, isSniffed, source: first } = this.#first;
    if (source === first || sample.bytes.length === 0) return;
    if (isSniffed && !resembles(sample, format)) {
      throw new InputError("ERR_MIXED_FORMATS", `${source.path} is no ${format.kind}, as ${first.path} is`, {
        hint: "ask about files of different formats one after the other, or name the format if it is the same: --format",
        place: { file: source.path },
      });
    }
    const header = headerOf(format, sample);
    if (!this.#header || !header || isSame(header, this.#header)) return;
    const message = `the first line of ${source.path} is not the header of ${first.path}: ${show(header)} instead of ${show(this.#header)}`;
    throw new InputError("ERR_HEADER", message, {
      hint: "all files of a run need the same columns in the same order, and a header line each: ask about the others apart",
      place: { file: source.path },
    });
  }
}

/** The names in the first row; undefined where there is no header, or no whole row. */
function headerOf(format: Format, { bytes, isWhole }: Sample): string[] | undefined {
  if (format.kind !== "csv" || !format.header) return undefined;
  return splitFields(decodeSample(bytes), format, isWhole)[0]?.map((name) => name ?? "");
}

function isSame(a: string[], b: string[]): boolean {
  return a.length === b.length && a.every((name, i) => name === b[i]);
}

function show(names: string[]): string {
  const text = names.join(",");
  return JSON.stringify(text.length > HEADER_CHARS_SHOWN ? `${text.slice(0, HEADER_CHARS_SHOWN)}…` : text);
}
