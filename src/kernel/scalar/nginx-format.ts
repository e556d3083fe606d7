/**
 * nginx's log_format strings: what their variables are called here (ngx_http_log_module, ngx_http_core_module,
 * ngx_http_upstream_module). Columns that mean what an Apache directive means have its column's name.
 */
import type { Column, ColumnType } from "../../input/batch.ts";

/** One variable: its columns, and whether it may be a list (`a, b : c`), as those of upstream servers are. */
export interface NginxVariable {
  columns: Column[];
  isList: boolean;
}

const variables: Record<string, [name: string, type: ColumnType]> = {
  remote_addr: ["host", "text"],
  remote_user: ["user", "text"],
  remote_port: ["remote_port", "int"],
  time_local: ["time", "timestamp"],
  time_iso8601: ["time", "timestamp"],
  msec: ["time", "timestamp"],
  request_method: ["method", "text"],
  request_uri: ["path", "text"],
  uri: ["path", "text"],
  document_uri: ["path", "text"],
  args: ["query", "text"],
  query_string: ["query", "text"],
  server_protocol: ["protocol", "text"],
  status: ["status", "int"],
  body_bytes_sent: ["bytes", "int"],
  bytes_sent: ["bytes_sent", "int"],
  request_length: ["bytes_received", "int"],
  content_length: ["content_length", "int"],
  request_time: ["duration", "float"],
  http_user_agent: ["agent", "text"],
  host: ["server", "text"],
  server_addr: ["local_address", "text"],
  server_port: ["port", "int"],
  request_filename: ["file", "text"],
  pid: ["process", "int"],
  connection: ["connection", "int"],
  connection_requests: ["connection_requests", "int"],
  connection_time: ["connection_time", "float"],
  gzip_ratio: ["gzip_ratio", "float"],
  proxy_protocol_addr: ["proxy_protocol_addr", "text"],
};

/** A format is nginx's when a `$variable` comes before any `%` directive. */
export function isNginxFormat(logFormat: string): boolean {
  const first = /\$[a-z_{]|%!?[\d,]*[<>]?(?:\{[^}]*\})?[a-z^]/i.exec(logFormat);
  return first?.[0].startsWith("$") ?? false;
}

/**
 * The string of a whole directive as it stands in a configuration, `log_format main escape=json 'a' 'b';`; anything
 * else comes back as it is.
 */
export function directiveText(logFormat: string): string {
  const directive =
    /^\s*log_format\s+\S+\s+(?:escape=\w+\s+)?((?:'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|\s)+);?\s*$/s.exec(logFormat);
  if (directive === null) return logFormat;
  const parts = directive[1].match(/'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"/gs) ?? [];
  return parts.map((part) => part.slice(1, -1).replace(/\\(["'\\])/g, "$1")).join("");
}

/** What a variable yields, by its name without the `$`. One that nginx does not know, as from `map`, is text. */
export function nginxVariable(variable: string): NginxVariable {
  const name = variable.toLowerCase();
  const isList = name.startsWith("upstream_");
  if (name === "request") {
    return { columns: ["request", "method", "path", "protocol"].map((each) => ({ name: each, type: "text" })), isList };
  }
  const known = Object.hasOwn(variables, name) ? variables[name] : undefined;
  if (known) return { columns: [{ name: known[0], type: known[1] }], isList };
  return { columns: [{ name: named(name), type: "text" }], isList };
}

/** Headers are called as Apache's `%{Referer}i` and `%{Vary}o` are. The client is `host`, so the header keeps its prefix. */
function named(variable: string): string {
  if (variable.startsWith("sent_http_")) return variable.replace("sent_http_", "response_");
  if (variable === "http_host") return variable;
  return variable.replace(/^http_(?=.)/, "");
}
