/**
 * Where an expression stands in the text it was parsed from, so that an error, even one found later by the type check,
 * can point at it. Kept beside the expressions, not in them: they are plain data and travel in plans.
 */
import { UsageError } from "../base/errors.ts";
import type { Expression } from "./expression.ts";

/** start and end (exclusive) are offsets in UTF-16 units of `text`. */
export interface TextPlace {
  text: string;
  start: number;
  end: number;
}

const places = new WeakMap<Expression, TextPlace>();
const LINE_CHARS_SHOWN = 100;

export function setPlace<E extends Expression>(expression: E, place: TextPlace | undefined): E {
  if (place !== undefined) places.set(expression, place);
  return expression;
}

export function placeOf(expression: Expression): TextPlace | undefined {
  return places.get(expression);
}

/** A UsageError ERR_EXPRESSION whose message shows the text with carets under the fault, where the place is known. */
export function expressionError(message: string, place: TextPlace | undefined, hint?: string): UsageError {
  const shown = place === undefined ? message : `${message}, at column ${place.start + 1}\n${caretLines(place)}`;
  return new UsageError("ERR_EXPRESSION", shown, hint === undefined ? {} : { hint });
}

function caretLines({ text, start, end }: TextPlace): string {
  const lineStart = text.lastIndexOf("\n", start - 1) + 1;
  const newline = text.indexOf("\n", start);
  const lineEnd = newline < 0 ? text.length : newline;
  const from = Math.max(lineStart, start - LINE_CHARS_SHOWN / 2);
  const to = Math.min(lineEnd, from + LINE_CHARS_SHOWN);
  const line = text.slice(from, to).replace(/\t/g, " ");
  const carets = "^".repeat(Math.max(1, Math.min(end, to) - start));
  return `  ${line}\n  ${" ".repeat(start - from)}${carets}`;
}

/** `Did you mean "status"?` for the candidate nearest by edit distance, or else a list of what there is. */
export function suggest(name: string, candidates: readonly string[], noun: string): string {
  const wanted = name.toLowerCase();
  let best: string | undefined;
  let bestDistance = Math.max(1, Math.floor(name.length / 3)) + 1;
  for (const candidate of candidates) {
    const distance = editDistance(wanted, candidate.toLowerCase());
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  if (best !== undefined) return `Did you mean "${best}"?`;
  if (candidates.length === 0) return `There are no ${noun} here.`;
  const shown = candidates.slice(0, 40).join(", ");
  return `The ${noun} are: ${shown}${candidates.length > 40 ? ", …" : ""}.`;
}

/** Optimal string alignment distance: a swap of neighbours counts as one edit. */
export function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      let distance = Math.min(row[j - 1] + 1, last[j] + 1, last[j - 1] + cost);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        distance = Math.min(distance, beforeLast[j - 2] + 1);
      row.push(distance);
    }
    [beforeLast, last] = [last, row];
  }
  return last[b.length];
}
