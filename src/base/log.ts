/**
 * The log: one line per message, on stderr, so that stdout stays the answer's. Colours on a terminal (NO_COLOR respected),
 * one JSON object per line otherwise. Not for progress bars and results, which are the CLI's.
 */
import { styleText } from "node:util";

export type LogLevel = "debug" | "info" | "warn" | "error" | "silent";
const order: readonly LogLevel[] = ["debug", "info", "warn", "error", "silent"];

/** Where lines go: `process.stderr`, or anything that takes text. */
export interface LogSink {
  write(text: string): unknown;
  isTTY?: boolean;
}

export interface LogOptions {
  /** Least level that is written. Default: the environment's THREADMILL_LOG, else "info". */
  level?: LogLevel;
  /** Default: process.stderr. */
  sink?: LogSink;
  /** Default: text on a terminal, json elsewhere. */
  format?: "text" | "json";
  /** Default: on a terminal, unless NO_COLOR is set to something. */
  colour?: boolean;
  /** The time of a line. Default: now. */
  now?: () => Date;
}

type Facts = Readonly<Record<string, unknown>>;

export interface Log {
  level: LogLevel;
  debug(message: string, facts?: Facts): void;
  info(message: string, facts?: Facts): void;
  warn(message: string, facts?: Facts): void;
  error(message: string, facts?: Facts): void;
  /** A log that adds these facts to each of its lines. */
  with(facts: Facts): Log;
}

const styles = { debug: "gray", info: "cyan", warn: "yellow", error: "red" } as const;

function plain(value: unknown): unknown {
  if (typeof value === "bigint") return String(value);
  if (!(value instanceof Error)) return value;
  const { code } = value as { code?: unknown };
  return { name: value.name, ...(code !== undefined && { code }), message: value.message, stack: value.stack };
}

function asJson(record: Facts): string {
  try {
    return JSON.stringify(record, (_key, value) => plain(value));
  } catch {
    // A cycle: a log line must never throw into the work that it tells about.
    return JSON.stringify({ ...record, facts: "unprintable" }, ["time", "level", "message", "facts"]);
  }
}

function asText(value: unknown): string {
  if (value instanceof Error) return value.stack ?? value.message;
  return typeof value === "string" ? value : asJson({ value }).slice('{"value":'.length, -1);
}

function levelOf(name: string | undefined): LogLevel {
  return order.includes(name as LogLevel) ? (name as LogLevel) : "info";
}

/** A log. See {@link LogOptions} for the defaults. */
export function createLog(options: LogOptions = {}, facts: Facts = {}): Log {
  const sink: LogSink = options.sink ?? process.stderr;
  const json = (options.format ?? (sink.isTTY ? "text" : "json")) === "json";
  const colour = options.colour ?? (sink.isTTY === true && !process.env.NO_COLOR);
  const paint = (style: Parameters<typeof styleText>[0], text: string) =>
    colour ? styleText(style, text, { validateStream: false }) : text;
  const write = (level: keyof typeof styles, message: string, more: Facts = {}): void => {
    if (order.indexOf(level) < order.indexOf(log.level)) return;
    const all = { ...facts, ...more };
    if (json) {
      sink.write(`${asJson({ time: (options.now?.() ?? new Date()).toISOString(), level, message, ...all })}\n`);
      return;
    }
    const tail = Object.entries(all).map(([key, value]) => ` ${paint("gray", `${key}=`)}${asText(value)}`);
    sink.write(`${paint(styles[level], level.padEnd(5))} ${message}${tail.join("")}\n`);
  };
  const log: Log = {
    level: options.level ?? levelOf(process.env.THREADMILL_LOG),
    debug: (message, more) => write("debug", message, more),
    info: (message, more) => write("info", message, more),
    warn: (message, more) => write("warn", message, more),
    error: (message, more) => write("error", message, more),
    with: (more) => createLog({ ...options, level: log.level }, { ...facts, ...more }),
  };
  return log;
}
