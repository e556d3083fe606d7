/**
 * Splits a sample of CSV into rows of fields for the sniffer: small data, so clarity over speed. Not a parser for runs:
 * it rejects nothing and reports nothing.
 */
import { type Dialect, FIELD_START, QUOTE_SEEN, QUOTED, type QuoteState, UNQUOTED } from "./quotes.ts";

/** A field's text; null where it is empty (DuckDB reads "" between delimiters as null). */
export type Field = string | null;

/**
 * Rows of a sample; empty lines are left out. `isWhole`: the sample is all there is, so that a last line without a
 * newline is a row; otherwise what follows the last complete record is dropped.
 */
export function splitFields(sample: string, dialect: Dialect, isWhole: boolean): Field[][] {
  if (dialect.quote === "" || !sample.includes(dialect.quote)) return splitPlain(sample, dialect.delimiter, isWhole);
  const rows: Field[][] = [];
  let row: Field[] = [];
  let text = "";
  let state: QuoteState = FIELD_START;
  const endField = () => {
    row.push(text === "" ? null : text);
    text = "";
    state = FIELD_START;
  };
  const endRow = () => {
    if (text.endsWith("\r") && state === UNQUOTED) text = text.slice(0, -1);
    const isBlank = row.length === 0 && text === "" && state !== QUOTE_SEEN;
    endField();
    if (!isBlank) rows.push(row);
    row = [];
  };
  for (const char of sample) {
    if (state === QUOTED) {
      if (char === dialect.quote) state = QUOTE_SEEN;
      else text += char;
    } else if (char === "\n") endRow();
    else if (char === dialect.delimiter) endField();
    else if (char === dialect.quote && state === FIELD_START) state = QUOTED;
    else if (char === dialect.quote && state === QUOTE_SEEN) {
      text += char;
      state = QUOTED;
    } else {
      // The \r between a closing quote and the newline is part of the line end.
      if (state !== QUOTE_SEEN || char !== "\r") text += char;
      state = state === QUOTE_SEEN ? QUOTE_SEEN : UNQUOTED;
    }
  }
  if (isWhole && (row.length > 0 || text !== "" || state !== FIELD_START)) endRow();
  return rows;
}

/** Without quotes rows are lines, and fields what is between delimiters. */
function splitPlain(sample: string, delimiter: string, isWhole: boolean): Field[][] {
  const lines = sample.split("\n");
  const rest = lines.pop();
  if (isWhole && rest) lines.push(rest);
  const rows: Field[][] = [];
  for (const line of lines) {
    const text = line.endsWith("\r") ? line.slice(0, -1) : line;
    if (text !== "") rows.push(text.split(delimiter).map((field) => (field === "" ? null : field)));
  }
  return rows;
}

/** The sample as text without a byte order mark; an incomplete character at its end becomes a replacement character. */
export function decodeSample(sample: Uint8Array): string {
  return new TextDecoder().decode(sample);
}

/** Complete lines of a sample that are not blank. */
export function sampleLines(sample: string, isWhole: boolean): string[] {
  const lines = sample.split(/\r?\n/);
  if (!isWhole) lines.pop();
  return lines.filter((line) => line.trim() !== "");
}
