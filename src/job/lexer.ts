/** Cuts the text of an expression into tokens with their places. Not for meaning: that is the parser's. */
import { expressionError } from "./place.ts";

export interface Token {
  kind: "name" | "quoted-name" | "number" | "string" | "symbol" | "end";
  /** A name's, string's or symbol's content; a number's text. */
  value: string;
  start: number;
  end: number;
}

const symbols = ["<=", ">=", "<>", "!=", "==", "||", "=", "<", ">", "+", "-", "*", "/", "%", "(", ")", ","];
const spacePattern = /\s*/y;
const namePattern = /[\p{L}_@$][\p{L}\p{N}_@$]*/uy;
const pathPattern = /[\p{L}\p{N}_@$]+/uy;
const numberPattern = /(?:\d[\d_]*(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?/y;

function matchAt(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0];
}

/** The tokens of the text, the last one of kind "end". Throws UsageError ERR_EXPRESSION at what is no token. */
export function tokens(text: string): Token[] {
  const found: Token[] = [];
  let at = 0;
  for (;;) {
    at += matchAt(spacePattern, text, at)?.length ?? 0;
    if (at >= text.length) break;
    const token = nextToken(text, at);
    found.push(token);
    at = token.end;
  }
  found.push({ kind: "end", value: "", start: text.length, end: text.length });
  return found;
}

function nextToken(text: string, start: number): Token {
  const first = text[start];
  if (first === "'" || first === '"') return quoted(text, start, "string");
  if (first === "`" || matchAt(namePattern, text, start) !== undefined) return name(text, start);
  const number = matchAt(numberPattern, text, start);
  if (number !== undefined) {
    const end = start + number.length;
    const tail = matchAt(pathPattern, text, end);
    if (tail !== undefined) {
      const place = { text, start, end: end + tail.length };
      throw expressionError(
        `"${number}${tail}" is no number`,
        place,
        "Put text in quotes, or an odd column name in backticks.",
      );
    }
    return { kind: "number", value: number.replaceAll("_", ""), start, end };
  }
  const symbol = symbols.find((candidate) => text.startsWith(candidate, start));
  if (symbol !== undefined) return { kind: "symbol", value: symbol, start, end: start + symbol.length };
  const odd = String.fromCodePoint(text.codePointAt(start)!);
  const hint = {
    "&": 'Use "and".',
    "|": 'Use "or", or "||" to join texts.',
    "!": 'Use "not".',
    ";": "Separate with commas.",
  }[odd];
  throw expressionError(`unexpected ${JSON.stringify(odd)}`, { text, start, end: start + odd.length }, hint);
}

/** A quoted string; the quote is doubled, or has a backslash before it, to stand for itself. */
function quoted(text: string, start: number, kind: "string" | "quoted-name"): Token {
  const quote = text[start];
  let value = "";
  for (let at = start + 1; at < text.length; at++) {
    const next = text[at + 1];
    if (text[at] === "\\" && next === quote) {
      value += quote;
      at++;
    } else if (text[at] !== quote) value += text[at];
    else if (next === quote) {
      value += quote;
      at++;
    } else return { kind, value, start, end: at + 1 };
  }
  const what = kind === "string" ? "a text" : "a name";
  throw expressionError(
    `${what} begins here and never ends`,
    { text, start, end: start + 1 },
    `Close it with ${quote}.`,
  );
}

/** A name of segments joined by dots; each segment plain or in backticks. */
function name(text: string, start: number): Token {
  let at = start;
  let value = "";
  let isQuoted = false;
  for (;;) {
    if (text[at] === "`") {
      const segment = quoted(text, at, "quoted-name");
      value += segment.value;
      at = segment.end;
      isQuoted = true;
    } else {
      const segment = matchAt(at === start ? namePattern : pathPattern, text, at)!;
      value += segment;
      at += segment.length;
    }
    const continues = text[at] === "." && (text[at + 1] === "`" || matchAt(pathPattern, text, at + 1) !== undefined);
    if (!continues) return { kind: isQuoted ? "quoted-name" : "name", value, start, end: at };
    value += ".";
    at++;
  }
}
