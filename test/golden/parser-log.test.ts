/** Access logs: the formats of Apache's documentation, their columns, and lines with traps in them. */
import { describe, expect, test } from "vitest";
import { COMBINED, COMMON, logColumns } from "../../src/kernel/scalar/log.ts";
import { createParser } from "../../src/kernel/scalar/parser.ts";
import { parseChunks } from "../support/naive-parser.ts";

function read(logFormat: string, lines: string[], names?: string[]): Record<string, string | null>[] {
  const columns = logColumns(logFormat);
  const wanted = (names ?? columns.map((column) => column.name)).map((name) =>
    columns.findIndex((column) => column.name === name),
  );
  const parser = createParser({
    format: { kind: "log", logFormat },
    schema: { columns, fields: 0 },
    wanted,
    lineBytesMax: 1000,
  });
  const source = Buffer.from(lines.join("\n"), "latin1");
  const range = { start: 0, end: Number.POSITIVE_INFINITY, first: true };
  const whole = parseChunks(parser, source, range, []);
  expect(parseChunks(parser, source, range, Array.from(source.keys()))).toEqual(whole);
  return [
    ...whole.rows.map(({ values }) => Object.fromEntries(wanted.map((column, i) => [columns[column].name, values[i]]))),
    ...whole.rejected.map(({ reason, raw }) => ({ reason, raw })),
  ];
}

test("columns of the known formats", () => {
  const names = "host identity user time request method path protocol status bytes".split(" ");
  expect(logColumns(COMMON).map((column) => column.name)).toEqual(names);
  expect(logColumns(COMBINED).map((column) => column.name)).toEqual([...names, "referer", "agent"]);
  expect(logColumns(COMBINED).filter((column) => column.type !== "text")).toEqual([
    { name: "time", type: "timestamp" },
    { name: "status", type: "int" },
    { name: "bytes", type: "int" },
  ]);
});

test("columns of a custom format", () => {
  const format =
    '%v:%p %h %{X-Forwarded-For}i \\"%r\\" %>s %O %D %{ms}T "%{Set-Cookie}o" %{id}C %{UNIQUE_ID}e %{sec}t 100%% %!200,304{Referer}i %>s';
  expect(logColumns(format).map((column) => `${column.name}:${column.type}`)).toEqual(
    (
      "server:text port:int host:text x_forwarded_for:text request:text method:text path:text protocol:text status:int " +
      "bytes_sent:int duration_us:int duration_ms:int response_set_cookie:text cookie_id:text unique_id:text time:timestamp referer:text status_2:int"
    ).split(" "),
  );
});

test("a combined line", () => {
  const line =
    '127.0.0.1 - frank [10/Oct/2000:13:55:36 -0700] "GET /a.gif?q=1 HTTP/1.0" 200 2326 "http://x/" "Mozilla/4.08 [en] (Win98)"';
  expect(read(COMBINED, [line])).toEqual([
    {
      host: "127.0.0.1",
      identity: null,
      user: "frank",
      time: "10/Oct/2000:13:55:36 -0700",
      request: "GET /a.gif?q=1 HTTP/1.0",
      method: "GET",
      path: "/a.gif?q=1",
      protocol: "HTTP/1.0",
      status: "200",
      bytes: "2326",
      referer: "http://x/",
      agent: "Mozilla/4.08 [en] (Win98)",
    },
  ]);
});

describe("lines with traps", () => {
  const wanted = ["request", "method", "path", "protocol"];
  const requests: [string, ...(string | null)[]][] = [
    ["-", null, null, null, null],
    ["", null, null, null, null],
    ["GET /a b HTTP/1.1", "GET /a b HTTP/1.1", "GET", "/a b", "HTTP/1.1"],
    ["GET /", "GET /", "GET", "/", null],
    ["junk", "junk", null, null, null],
    ['GET /\\"q\\"\\\\ HTTP/2.0', 'GET /"q"\\ HTTP/2.0', "GET", '/"q"\\', "HTTP/2.0"],
    ["\\x16\\x03\\t\\q", "\x16\x03\t\\q", null, null, null],
    ["GET /\\xc3\\xa9 HTTP/1.1", "GET /é HTTP/1.1", "GET", "/é", "HTTP/1.1"],
  ];
  for (const [request, ...expected] of requests) {
    test(JSON.stringify(request), () => {
      const [row] = read(COMMON, [`h - - [t] "${request}" 200 -`], wanted);
      expect(wanted.map((name) => row[name])).toEqual(expected);
    });
  }
  test("lines of another format are rejected, blank ones skipped", () => {
    const good = 'h - - [t] "-" 408 5';
    expect(
      read(COMMON, ["junk", "", good, `${good} more "x"`, 'h - - [t "-" 1 2', 'h - - [t] "open'], ["status"]),
    ).toEqual([
      { status: "408" },
      // Nothing says where the last value of a line ends.
      { status: "408" },
      { reason: "no-match", raw: "junk" },
      { reason: "no-match", raw: 'h - - [t "-" 1 2' },
      { reason: "no-match", raw: 'h - - [t] "open' },
    ]);
  });
});

test("formats that cannot be read say so", () => {
  expect(() => logColumns("%h%l")).toThrow(/nothing separates %l/);
  expect(() => logColumns("%y")).toThrow(/%y is not known/);
  expect(() => logColumns("no directive")).toThrow(/no directive/);
  expect(() => logColumns("%h 100%")).toThrow(/is not known/);
});
