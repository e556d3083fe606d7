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
