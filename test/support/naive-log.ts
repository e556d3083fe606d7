/** The naive reader of access logs: indexOf on a string, for the directives that the tests use. See naive-parser.ts. */

/** Columns by directive: of `%r` and `$request` the request comes first, then what is in it. */
const request = ["request", "method", "path", "protocol"];
const columns: Record<string, string[]> = {
  "%h": ["host"],
  "%l": ["identity"],
  "%u": ["user"],
  "%t": ["time"],
  "%r": request,
  "%>s": ["status"],
  "%b": ["bytes"],
  "%{Referer}i": ["referer"],
  "%{User-agent}i": ["agent"],
  $remote_addr: ["host"],
  $remote_user: ["user"],
  $time_local: ["time"],
  $request: request,
  $status: ["status"],
  $body_bytes_sent: ["bytes"],
  $http_referer: ["referer"],
  $http_user_agent: ["agent"],
};

/** Values by column of one line (latin1: a character is a byte), or undefined where the line is not of the format. */
export function naiveLogLine(line: string, logFormat: string): Map<string, string> | undefined {
  // Literal, directive, literal, directive, …, literal.
  const pieces = logFormat.split(/(%>?(?:\{[^}]*\})?[a-zA-Z]|\$\w+)/);
  const found = new Map<string, string>();
  let at = pieces[0].length;
  if (!line.startsWith(pieces[0])) return undefined;
  for (let i = 1; i < pieces.length; i += 2) {
    const behind = pieces[i + 1];
    const isBracketed = pieces[i] === "%t" && line[at] === "[";
    const isQuoted = pieces[i - 1].endsWith('"') && behind.startsWith('"');
    const escapes = (isQuoted || pieces[i].startsWith("$")) && !isBracketed;
    const start = isBracketed ? at + 1 : at;
    const end = isBracketed ? line.indexOf("]", at) : endOf(line, at, behind, escapes);
    if (end < 0) return undefined;
    at = isBracketed ? end + 1 : end;
    if (!line.startsWith(behind, at)) return undefined;
    at += behind.length;
    const raw = line.slice(start, end);
    if (raw === "" || raw === "-") continue;
    const names = columns[pieces[i]];
    const text = escapes ? unescaped(raw) : raw;
    found.set(names[0], text);
    if (names.length > 1) splitRequest(text, found);
  }
  return at === line.length ? found : undefined;
}

function endOf(line: string, from: number, behind: string, escapes: boolean): number {
  if (behind === "") return line.length;
  for (let at = from; at < line.length; at++) {
    if (escapes && line[at] === "\\") at++;
    else if (line.startsWith(behind, at)) return at;
  }
  return -1;
}

function unescaped(raw: string): string {
  const letters: Record<string, string> = {
    n: "\n",
    t: "\t",
    r: "\r",
    b: "\b",
    v: "\v",
    f: "\f",
    '"': '"',
    "\\": "\\",
  };
  return raw.replace(/\\(?:x([0-9a-fA-F]{2})|([\s\S]))/g, (all, hex, letter) =>
    hex === undefined ? (letters[letter] ?? all) : String.fromCharCode(Number.parseInt(hex, 16)),
  );
}

function splitRequest(text: string, found: Map<string, string>): void {
  const [, method, rest] = /^([^ ]*) ([\s\S]*)$/.exec(text) ?? [];
  if (method === undefined) return;
  const last = / (HTTP\/[^ ]*)$/.exec(` ${rest}`);
  const path = last === null ? rest : rest.slice(0, Math.max(0, rest.length - last[0].length));
  for (const [name, value] of [
    ["method", method],
    ["path", path],
    ["protocol", last?.[1] ?? ""],
  ]) {
    if (value !== "") found.set(name, value);
  }
}
