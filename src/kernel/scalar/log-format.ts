/**
 * Apache's LogFormat string (mod_log_config's documentation) and nginx's log_format: which columns a line has, and the
 * text between them. `%r` and `$request` give four columns: request, and the method, path and protocol in it.
 */
import { UsageError } from "../../base/errors.ts";
import type { Column, ColumnType } from "../../input/batch.ts";
import { directiveText, isNginxFormat, nginxVariable } from "./nginx-format.ts";

/** The format called `common`. */
export const COMMON: string = '%h %l %u %t "%r" %>s %b';
/** The format called `combined`; nginx's default is the same. */
export const COMBINED: string = '%h %l %u %t "%r" %>s %b "%{Referer}i" "%{User-agent}i"';

/** One piece of a format: text that stands in every line, or a value. */
export type LogPiece =
  | { kind: "literal"; bytes: Uint8Array }
  | {
      kind: "value";
      /** As the format writes it. */
      text: string;
      columns: Column[];
      /** The value stands in brackets that the format does not show. */
      bracketed: boolean;
      /** A backslash escapes outside of quotes too. */
      escapes: boolean;
      /** The value may be a list, `a, b : c`, whose spaces do not end it. */
      isList: boolean;
    };

const directives: Record<string, [name: string, type: ColumnType]> = {
  h: ["host", "text"],
  a: ["remote_address", "text"],
  A: ["local_address", "text"],
  l: ["identity", "text"],
  u: ["user", "text"],
  t: ["time", "timestamp"],
  s: ["status", "int"],
  b: ["bytes", "int"],
  B: ["bytes", "int"],
  O: ["bytes_sent", "int"],
  I: ["bytes_received", "int"],
  S: ["bytes_total", "int"],
  D: ["duration_us", "int"],
  T: ["duration", "int"],
  v: ["server", "text"],
  V: ["server_name", "text"],
  p: ["port", "int"],
  q: ["query", "text"],
  m: ["method", "text"],
  U: ["path", "text"],
  H: ["protocol", "text"],
  f: ["file", "text"],
  k: ["keepalive", "int"],
  X: ["connection", "text"],
  P: ["process", "int"],
  R: ["handler", "text"],
  L: ["log_id", "text"],
};

/** The columns of a LogFormat string, in its order. A name that comes again gets `_2`, `_3`. Throws ERR_LOG_FORMAT. */
export function logColumns(logFormat: string): Column[] {
  return parseLogFormat(logFormat).flatMap((piece) => (piece.kind === "value" ? piece.columns : []));
}

/** Throws ERR_LOG_FORMAT for a directive that is unknown, and for two values with nothing between them. */
export function parseLogFormat(logFormat: string): LogPiece[] {
  const names = new Map<string, number>();
  const pieces: LogPiece[] = [];
  for (const piece of isNginxFormat(logFormat) ? nginxPieces(logFormat) : apachePieces(logFormat)) {
    const last = pieces.at(-1);
    if (piece.kind === "literal") {
      if (last?.kind === "literal") last.bytes = Buffer.concat([last.bytes, piece.bytes]);
      else pieces.push(piece);
      continue;
    }
    if (last?.kind === "value") {
      fail(`nothing separates ${piece.text} from the value before it, ${last.text}`, logFormat);
    }
    pieces.push({ ...piece, columns: piece.columns.map((column) => unique(column, names)) });
  }
  if (!pieces.some((piece) => piece.kind === "value")) fail("it has no directive", logFormat);
  return pieces;
}

function* apachePieces(logFormat: string): Generator<LogPiece> {
  const pattern = /%(?:!?[\d,]*[<>]?)(?:\{([^}]*)\})?(\^t[io]|[A-Za-z%])|%|[^%]+/g;
  // A format copied from a configuration file still has its quotes escaped.
  for (const [text, argument, letter] of logFormat.replaceAll('\\"', '"').matchAll(pattern)) {
    if (letter === "%") yield literal("%");
    else if (letter === undefined && text !== "%") yield literal(text);
    else {
      const columns = columnsOf(letter ?? "", argument, text, logFormat);
      const bracketed = letter === "t" && argument === undefined;
      yield { kind: "value", text, columns, bracketed, escapes: false, isList: false };
    }
  }
}

function* nginxPieces(logFormat: string): Generator<LogPiece> {
  const format = directiveText(logFormat).replaceAll('\\"', '"');
  for (const [text, braced, plain] of format.matchAll(/\$(?:\{(\w+)\}|(\w+))|\$|[^$]+/g)) {
    const name = braced ?? plain;
    if (name === undefined) yield literal(text);
    else yield { kind: "value", text, ...nginxVariable(name), bracketed: false, escapes: true };
  }
}

function literal(text: string): LogPiece {
  return { kind: "literal", bytes: Buffer.from(text) };
}

function fail(what: string, logFormat: string): never {
  throw new UsageError("ERR_LOG_FORMAT", `the log format ${JSON.stringify(logFormat)} cannot be read: ${what}`, {
    hint: `Give an Apache LogFormat such as ${COMMON} or an nginx log_format such as $remote_addr "$request" $status`,
  });
}

function unique(column: Column, names: Map<string, number>): Column {
  const times = (names.get(column.name) ?? 0) + 1;
  names.set(column.name, times);
  return times === 1 ? column : { ...column, name: `${column.name}_${times}` };
}

function columnsOf(letter: string, argument: string | undefined, text: string, logFormat: string): Column[] {
  if (letter === "r") return ["request", "method", "path", "protocol"].map((name) => ({ name, type: "text" }));
  if (argument !== undefined) {
    const column = argumentColumn(letter, argument);
    if (column !== undefined) return [column];
  }
  const known = directives[letter];
  if (known === undefined) fail(`the directive ${text} is not known`, logFormat);
  return [{ name: known[0], type: known[1] }];
}

/** Directives that mean something else with an argument, as `%{Referer}i`. */
function argumentColumn(letter: string, argument: string): Column | undefined {
  const name = snake(argument);
  switch (letter) {
    case "i":
      if (name === "user_agent") return { name: "agent", type: "text" };
      // The client is `host` already.
      if (name === "host") return { name: "http_host", type: "text" };
      return { name, type: "text" };
    case "o":
      return { name: `response_${name}`, type: "text" };
    case "C":
      return { name: `cookie_${name}`, type: "text" };
    case "e":
    case "n":
    case "x":
    case "^ti":
    case "^to":
      return { name, type: "text" };
    case "T":
      return { name: `duration_${name}`, type: "int" };
    case "t":
      return {
        name: "time",
        type: /(?:^|:)(?:sec|msec|usec)$/.test(argument) || argument === "%s" ? "timestamp" : "text",
      };
    default:
      return undefined;
  }
}

function snake(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]+/g, "_");
}
