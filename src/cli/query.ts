/** `threadmill query FILES`: questions without code, in the little expression language. */
import { Command, Option } from "commander";
import { UsageError } from "../base/errors.ts";
import type { ColumnType } from "../input/batch.ts";
import type { SchemaRequest } from "../input/infer.ts";
import { aggregateFromCall, aggregateUsages } from "../job/aggregate-call.ts";
import { Answer, type FormatRequest, type Job, type JobDefinition } from "../job/job.ts";
import { parseAggregates, parseExpression, parseKeys, parseSort } from "../job/parse.ts";
import { run } from "../run/run.ts";
import { type AnswerFlags, Answering, addAnswerFlags, wholeNumber } from "./answer.ts";
import { explain } from "./explain.ts";

interface QueryFlags extends AnswerFlags {
  format?: SchemaRequest["format"];
  delimiter?: string;
  quote?: string;
  header?: boolean;
  columns?: string;
  pattern?: string;
  logFormat?: string;
  where?: string[];
  by?: string;
  aggregate?: string;
  select?: string;
  sort?: string;
  limit?: number;
}

const formats = ["csv", "tsv", "ndjson", "common", "combined", "log", "text"];

/** In lines of up to 120 characters. */
function wrapped(items: readonly string[]): string {
  const lines = ["Aggregates:"];
  for (const [at, item] of items.entries()) {
    const text = at < items.length - 1 ? `${item},` : item;
    if (lines[lines.length - 1].length + text.length > 118) lines.push(" ");
    lines[lines.length - 1] += ` ${text}`;
  }
  return lines.join("\n");
}

const examples = `
Examples:
  threadmill query access.log.gz --by path --aggregate 'hits=count(), p99=quantile(bytes, 0.99)' --sort 'hits desc' --limit 10
  threadmill query 'logs/*.csv' --columns id,ts:timestamp,url,user --by 'url, hour=hour(ts)' --aggregate 'clicks=count(), visitors=distinct(user)'
  threadmill query events.ndjson --where 'status >= 500 and url contains "cart"' --select 'ts, url, user' -o errors.parquet
  cat app.log | threadmill query - --format text --pattern '^(?<level>\\w+) (?<message>.*)$' --by level --aggregate 'n=count()'

Operators: = != < <= > >= and or not + - * / %, in (…), between … and …, is null, contains, starts_with, ends_with, matches.
${wrapped(aggregateUsages)}.
Functions: lower upper length substr trim replace concat, host path param, minute hour day week month year (time[, zone]),
hour_of_day day_of_week day_of_month month_of_year, bucket abs round floor ceil, int float text timestamp, coalesce, if.`;

export function queryCommand(): Command {
  const command = new Command("query")
    .description("ask files a question, without code")
    .argument("<files...>", "files, quoted globs, folders, @list, - for stdin")
    .addOption(new Option("--format <format>", "default: by what the file looks like").choices(formats))
    .option("--delimiter <byte>", "csv: one byte; 'tab' or \\t is understood")
    .option("--quote <byte>", "csv: one byte; '' for none")
    .option("--header", "the first line names the columns")
    .option("--no-header", "there is no such line")
    .option("--columns <list>", "name:type,… (text int bigint float bool timestamp); a name without a type is inferred")
    .option("--pattern <regex>", "text: a regular expression with named groups, one record a line")
    .option("--log-format <format>", "log: an Apache LogFormat or nginx log_format string")
    .option("--where <expression>", "rows to keep; may be given several times", (text: string, all: string[] = []) => [
      ...all,
      text,
    ])
    .option("--by <keys>", "group by: url, hour=hour(ts)")
    .option("--aggregate <list>", "clicks=count(), visitors=distinct(user)")
    .option("--select <list>", "rows instead of groups: ts, url, ms=ttfb*1000")
    .option("--sort <keys>", "clicks desc, url; default: by key")
    .option("--limit <n>", "at most so many rows", wholeNumber("--limit"));
  return addAnswerFlags(command).addHelpText("after", examples).action(action);
}

async function action(files: string[], flags: QueryFlags): Promise<void> {
  const job = jobOf(files, flags);
  const answer = await Answering.open(flags);
  try {
    if (flags.explain) return void process.stdout.write(await explain(job, answer.options));
    await answer.write(run(job, answer.options), flags.aggregate ?? flags.select ?? files.join(" "));
  } finally {
    await answer.close();
  }
}

/** The job that the flags describe. Throws UsageError, with a caret under the text where there is one. */
export function jobOf(files: string[], flags: QueryFlags): Job<unknown> {
  if (flags.select && (flags.by || flags.aggregate)) {
    throw new UsageError("ERR_USAGE", "--select gives rows, --by and --aggregate give groups: one of the two");
  }
  return new Answer<unknown>({
    sources: files,
    request: requestOf(flags),
    steps: (flags.where ?? []).map((where) => ({ kind: "where" as const, expression: parseExpression(where) })),
    group: groupOf(flags),
    select: flags.select === undefined ? undefined : parseKeys(flags.select),
    sort: flags.sort === undefined ? [] : parseSort(flags.sort),
    limit: flags.limit,
    timeZone: undefined,
  });
}

function groupOf(flags: QueryFlags): JobDefinition["group"] {
  if (!flags.by && !flags.aggregate) return undefined;
  const calls = parseAggregates(flags.aggregate ?? "count()");
  return {
    keys: flags.by ? parseKeys(flags.by) : [],
    aggregates: calls.map((call) => ({ name: call.name, call: aggregateFromCall(call) })),
  };
}

function requestOf(flags: QueryFlags): FormatRequest {
  return {
    ...(flags.format && { format: flags.format }),
    ...(flags.delimiter !== undefined && { delimiter: flags.delimiter }),
    ...(flags.quote !== undefined && { quote: flags.quote }),
    ...(flags.header !== undefined && { header: flags.header }),
    ...(flags.columns !== undefined && { columns: columnsOf(flags.columns) }),
    ...(flags.pattern !== undefined && { format: "text" as const, pattern: flags.pattern }),
    ...(flags.logFormat !== undefined && { format: "log" as const, logFormat: flags.logFormat }),
  };
}

function columnsOf(text: string): { name: string; type?: ColumnType }[] {
  return text.split(",").map((item) => {
    const [name, type] = item.split(":").map((part) => part.trim());
    if (!name) throw new UsageError("ERR_USAGE", `--columns has an empty name in ${JSON.stringify(text)}`);
    // An unknown type is refused where the schema is resolved, with the list of those there are.
    return type === undefined ? { name } : { name, type: type as ColumnType };
  });
}
