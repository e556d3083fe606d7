/**
 * How many terminal columns a text takes, cutting it to fit, and making it harmless. Widths follow Unicode's East Asian
 * Width (UAX #11) and emoji presentation, per grapheme cluster, as current terminals draw them.
 */

/** One column per character, and no clusters: ASCII, Latin letters, dashes, quotation marks and the like, lines and blocks. */
const plain = /^[\x20-\x7e\xa1-\xac\xae-\u02ff\u2010-\u2027\u2500-\u259f]*$/;
let segmenter: Intl.Segmenter | undefined;
const zeroWidth = /^[\p{M}\p{Default_Ignorable_Code_Point}]+$/u;
const emoji = /^(?:\p{RI}\p{RI}|\p{Emoji_Presentation}|\p{Emoji}\uFE0F)/u;

/** First and last code point of the ranges that are Wide or Fullwidth, emoji apart. */
const wide: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x2329, 0x232a],
  [0x2e80, 0x303e],
  [0x3041, 0x4dbf],
  [0x4e00, 0xa4cf],
  [0xa960, 0xa97f],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe10, 0xfe19],
  [0xfe30, 0xfe6f],
  [0xff01, 0xff60],
  [0xffe0, 0xffe6],
  [0x16fe0, 0x18dff],
  [0x1aff0, 0x1b2ff],
  [0x1f200, 0x1f2ff],
  [0x20000, 0x3fffd],
];

/** The grapheme clusters of a text. The segmenter is made when it is first needed: that takes tens of milliseconds. */
function graphemes(text: string): Intl.Segments {
  segmenter ??= new Intl.Segmenter("en", { granularity: "grapheme" });
  return segmenter.segment(text);
}

/** Terminal columns of one grapheme cluster. */
function graphemeWidth(grapheme: string): number {
  if (zeroWidth.test(grapheme)) return 0;
  if (emoji.test(grapheme)) return 2;
  const code = grapheme.codePointAt(0)!;
  if (code < 0x1100) return 1;
  return wide.some(([first, last]) => code >= first && code <= last) ? 2 : 1;
}

/** Terminal columns that a text without control characters takes. */
export function textWidth(text: string): number {
  if (plain.test(text)) return text.length;
  let width = 0;
  for (const { segment } of graphemes(text)) width += graphemeWidth(segment);
  return width;
}

/** The text if it fits `width` columns, else its beginning and …; never wider than `width` (at least 1). */
export function cutToWidth(text: string, width: number): string {
  if (plain.test(text)) return text.length <= width ? text : `${text.slice(0, width - 1)}…`;
  let used = 0;
  let kept = 0;
  for (const { segment, index } of graphemes(text)) {
    used += graphemeWidth(segment);
    if (used > width) return `${text.slice(0, kept)}…`;
    if (used <= width - 1) kept = index + segment.length;
  }
  return text;
}

/** Pads to `width` columns, on the left where `right` is asked for. */
export function padToWidth(text: string, width: number, right: boolean): string {
  const gap = " ".repeat(Math.max(0, width - textWidth(text)));
  return right ? gap + text : text + gap;
}

const named: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };
/** C0, DEL and C1 controls, line separators, bidirectional overrides, the byte order mark, and halves of surrogate pairs. */
const harmful = /[\p{Cc}\u2028\u2029\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069\ufeff\p{Cs}]/gu;

/** Makes data unable to drive a terminal: control characters, escapes and text-direction overrides become visible. */
export function visible(text: string): string {
  if (plain.test(text)) return text;
  return text.replace(harmful, (found) => {
    const code = found.codePointAt(0)!;
    return named[found] ?? (code < 0x100 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u{${code.toString(16)}}`);
  });
}
