/**
 * Where records end, for formats with and without quotes: the one state machine that split.ts and stream.ts share.
 * It agrees with the CSV parsers on where a record ends: a quote opens only at the start of a field; inside, a doubled
 * quote is a quote; what follows a closing quote up to the delimiter or line end is plain text (a rejected row, but its
 * record ends at the next newline all the same).
 */

/** One byte each, as one-character strings; quote "" where quotes mean nothing. */
export interface Dialect {
  quote: string;
  delimiter: string;
}

export const FIELD_START = 0;
export const UNQUOTED = 1;
export const QUOTED = 2;
/** Right after a quote inside quotes: it closes the field unless another quote follows. */
export const QUOTE_SEEN = 3;

export type QuoteState = 0 | 1 | 2 | 3;

export const NEWLINE = 10;
const RETURN = 13;

/** What a scan met. Offsets are indexes into the scanned bytes. */
export interface QuoteScan {
  state: QuoteState;
  /** Index just after the last record's newline; -1: no record ended. */
  lastEnd: number;
}

/** Scans bytes[from..to) from `state`, telling the judge what it meets. */
export function scanQuotes(
  bytes: Uint8Array,
  from: number,
  to: number,
  state: QuoteState,
  dialect: Dialect,
  judge?: Judge,
): QuoteScan {
  const quote = dialect.quote === "" ? -1 : dialect.quote.charCodeAt(0);
  const delimiter = dialect.delimiter.charCodeAt(0);
  let lastEnd = -1;
  for (let i = from; i < to; i++) {
    const byte = bytes[i];
    if (state === QUOTED) {
      if (byte === quote) state = QUOTE_SEEN;
    } else if (byte === NEWLINE) {
      judge?.endRecord(i + 1);
      state = FIELD_START;
      lastEnd = i + 1;
    } else if (byte === delimiter) {
      judge?.endField();
      state = FIELD_START;
    } else if (byte === quote && state !== UNQUOTED) {
      state = QUOTED;
    } else {
      // A quote inside plain text, or text after a closing quote: legal or rejected, but suspicious.
      if (judge && (byte === quote || (state === QUOTE_SEEN && byte !== RETURN))) judge.suspicions++;
      state = UNQUOTED;
    }
  }
  return { state, lastEnd };
}

/**
 * The same as `scanQuotes` to the end of the bytes without a judge, faster: it runs from quote to quote, and looks at
 * fields and newlines only next to them.
 */
export function scanQuotesFast(bytes: Uint8Array, from: number, state: QuoteState, dialect: Dialect): QuoteScan {
  const quote = dialect.quote.charCodeAt(0);
  const delimiter = dialect.delimiter.charCodeAt(0);
  const size = bytes.length;
  let lastEnd = -1;
  for (let i = from; i < size; i++) {
    const start = i;
    while (i < size && bytes[i] !== quote) i++;
    if (state !== QUOTED && i > start) {
      const last = bytes[i - 1];
      state = last === NEWLINE || last === delimiter ? FIELD_START : UNQUOTED;
      let end = i;
      while (end > start && bytes[end - 1] !== NEWLINE) end--;
      if (end > start) lastEnd = end;
    }
    if (i === size) break;
    if (state === QUOTED) state = QUOTE_SEEN;
    else state = state === UNQUOTED ? UNQUOTED : QUOTED;
  }
  return { state, lastEnd };
}

/** Listens to a scan to judge whether its hypothesis (outside or inside quotes) makes sense of the bytes. */
export class Judge {
  suspicions = 0;
  /** Ends of records, and the fields of each; the first may be a part only. */
  readonly ends: number[] = [];
  readonly #counts: number[] = [];
  #fields = 1;

  endField(): void {
    this.#fields++;
  }

  endRecord(end: number): void {
    this.ends.push(end);
    this.#counts.push(this.#fields);
    this.#fields = 1;
  }

  /** Suspicions, and complete records whose number of fields is not `fields` (0: the most common one). */
  score(fields: number): number {
    const counts = this.#counts.slice(1);
    const expected = fields || mostCommon(counts);
    return this.suspicions + counts.filter((count) => count !== expected).length;
  }
}

function mostCommon(values: number[]): number {
  const times = new Map<number, number>();
  for (const value of values) times.set(value, (times.get(value) ?? 0) + 1);
  let best = 0;
  for (const [value, n] of times) if (n > (times.get(best) ?? 0)) best = value;
  return best;
}
