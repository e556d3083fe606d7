/** Where the scalar parsers are made: one for each format, behind the contract of input/batch.ts. */
import type { Parser, ParserOptions } from "../../input/batch.ts";
import { CsvParser } from "./csv.ts";
import { LogParser } from "./log.ts";
import { NdjsonParser } from "./ndjson.ts";
import { TextParser } from "./text.ts";

/**
 * A parser for the format. Call `begin` first. `reserve` moves the unfinished record to the front of the buffer, so
 * a batch is valid until the next `reserve` or `push`, whichever comes first.
 * Throws UsageError: ERR_CSV_FORMAT, ERR_LOG_FORMAT, ERR_BAD_PATTERN, ERR_UNKNOWN_COLUMN.
 */
export function createParser(options: ParserOptions): Parser {
  const { format } = options;
  switch (format.kind) {
    case "csv":
      return new CsvParser(options, format);
    case "ndjson":
      return new NdjsonParser(options);
    case "log":
      return new LogParser(options, format.logFormat);
    case "text":
      return new TextParser(options, format.pattern, format.flags);
  }
}
