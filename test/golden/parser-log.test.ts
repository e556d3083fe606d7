/** Access logs: the formats of Apache's and nginx's documentation, their columns, and lines with traps in them. */
import { describe, expect, test } from "vitest";
import { COMBINED, COMMON, logColumns } from "../../src/kernel/scalar/log.ts";
import { parseChunks } from "../support/naive-parser.ts";
import { parserKernels } from "../support/parsers.ts";

function read(logFormat: string, lines: string[], names?: string[]): Record<string, string | null>[] {
  const columns = logColumns(logFormat);
  const wanted = (names ?? columns.map((column) => column.name)).map((name) =>
    columns.findIndex((column) => column.name === name),
  );
  const source = Buffer.from(lines.join("\n"), "latin1");
  const range = { start: 0, end: Number.POSITIVE_INFINITY, first: true };
  const format = { kind: "log", logFormat } as const;
  const options = { format, schema: { columns, fields: 0 }, wanted, lineBytesMax: 1000 };
  const [whole, ...others] = parserKernels.flatMap(({ createParser }) => {
    const parser = createParser(options);
    return [[], Array.from(source.keys())].map((cuts) => parseChunks(parser, source, range, cuts));
  });
  for (const other of others) expect(other).toEqual(whole);
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
    // Two hexadecimal digits or no escape at all.
    ["\\x4g\\x 4\\x4", "\\x4g\\x 4\\x4", "\\x4g\\x", "4\\x4", null],
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

const NGINX_COMBINED =
  '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent"';

describe("nginx", () => {
  const columnsOf = (format: string) =>
    logColumns(format)
      .map((column) => `${column.name}:${column.type}`)
      .join(" ");

  test("combined is the combined of Apache, without the identity that nobody knows", () => {
    const line = '::1 - - [14/Sep/2019:23:56:58 +0200] "GET /\\x22q\\x22 HTTP/2.0" 304 0 "-" "curl/8.5.0 \\xD1\\x8F"';
    const [ours] = read(NGINX_COMBINED, [line]);
    const { identity, ...apaches } = read(COMBINED, [line])[0];
    expect(identity).toBe(null);
    expect(ours).toEqual(apaches);
    expect(ours).toMatchObject({ host: "::1", user: null, path: '/"q"', status: "304", agent: "curl/8.5.0 я" });
    const shared = logColumns(COMBINED).filter((column) => column.name !== "identity");
    expect(logColumns(NGINX_COMBINED)).toEqual(shared);
  });

  test("columns of the variables", () => {
    const format =
      "$msec|$time_iso8601|$time_local|$request_method|$scheme|$host|$http_host|$server_name|$request_uri|$uri|$args" +
      "|$server_protocol|$bytes_sent|$request_length|$request_time|$upstream_response_time|$upstream_addr" +
      // biome-ignore lint/suspicious/noTemplateCurlyInString: nginx writes its variables so too
      "|$upstream_http_x_cache|$http_x_forwarded_for|$sent_http_content_type|$cookie_id|$arg_page|${request_id}|$pid|$my_map";
    expect(columnsOf(format)).toBe(
      "time:timestamp time_2:timestamp time_3:timestamp method:text scheme:text server:text http_host:text " +
        "server_name:text path:text path_2:text query:text protocol:text bytes_sent:int bytes_received:int " +
        "duration:float upstream_response_time:text upstream_addr:text upstream_http_x_cache:text " +
        "x_forwarded_for:text response_content_type:text cookie_id:text arg_page:text request_id:text process:int my_map:text",
    );
  });

  test("a whole directive as it stands in a configuration", () => {
    const directive = `
      log_format  main  escape=default
        '$remote_addr - $remote_user [$time_local] "$request" '
        "$status $body_bytes_sent \\"$http_referer\\" "
        '"$http_user_agent"';
    `;
    expect(logColumns(directive)).toEqual(logColumns(NGINX_COMBINED));
    const line = 'h - - [t] "GET / HTTP/1.1" 200 5 "-" "it\'s"';
    expect(read(directive, [line])).toEqual(read(NGINX_COMBINED, [line]));
  });

  test("lists of upstream servers keep their spaces", () => {
    const format = '$status $upstream_addr $upstream_response_time $request_time "$request"';
    const end = '0.3 "GET / HTTP/1.1"';
    const seen = [
      ["10.0.0.1:80", "0.100"],
      ["-", "-"],
      ["10.0.0.1:80, unix:/tmp/sock", "0.100, -"],
      ["10.0.0.1:80, 10.0.0.2:80 : 10.1.0.1:80", "0.1, 0.2 : 0.3"],
    ];
    const lines = seen.map(([addresses, times]) => `502 ${addresses} ${times} ${end}`);
    const orNull = (text: string) => (text === "-" ? null : text);
    expect(read(format, lines, ["upstream_addr", "upstream_response_time", "duration", "path"])).toEqual(
      seen.map(([addresses, times]) => ({
        upstream_addr: orNull(addresses),
        upstream_response_time: orNull(times),
        duration: "0.3",
        path: "/",
      })),
    );
  });

  test("escapes are resolved outside of quotes too", () => {
    expect(read("$status $request_uri", ["200 /\\x22"])).toEqual([{ status: "200", path: '/"' }]);
    expect(read("$request_uri $status", ["/a\\x22b\\x5Cc 200"])).toEqual([{ path: '/a"b\\c', status: "200" }]);
  });

  test("percent signs and dollars that name nothing are text", () => {
    expect(read("$status 100% $ $host", ["200 100% $ example.org"])).toEqual([
      { status: "200", server: "example.org" },
    ]);
    expect(read("%s $host", ["200 $host"])).toEqual([{ status: "200" }]);
    expect(() => logColumns("$status$host")).toThrow(/nothing separates \$host from the value before it, \$status/);
  });
});

test("a header called Host is not the client", () => {
  expect(logColumns("%{Host}i %h").map((column) => column.name)).toEqual(["http_host", "host"]);
});
