/**
 * The command line: parses arguments, calls the same functions as the API, prints. Results alone go to stdout; progress,
 * notices and errors to stderr. Exit codes: 0 ok, 1 failed, 2 usage, 3 too many rejected rows, 130 interrupted.
 */
import { existsSync, readFileSync } from "node:fs";
import { Command, CommanderError } from "commander";
import { ThreadmillError, UsageError } from "../base/errors.ts";
import { exitNow, noteLost } from "../executor/exit.ts";
import { reportError } from "./errors.ts";

/** Each command's code is loaded when it is asked for; for help and completion all of them are. */
const commands: Record<string, (program: Command) => Promise<Command>> = {
  demo: async () => (await import("./demo.ts")).demoCommand(),
  generate: async () => (await import("./generate.ts")).generateCommand(),
  query: async () => (await import("./query.ts")).queryCommand(),
  run: async () => (await import("./run.ts")).runCommand(),
  doctor: async () => (await import("./doctor.ts")).doctorCommand(),
  completion: async (program) => (await import("./completion.ts")).completionCommand(program),
};

function version(): string {
  return JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")).version;
}

async function createProgram(name: string | undefined): Promise<Command> {
  const program = new Command("threadmill")
    .description("Parallel data processing in TypeScript: plain functions over big files, on every core.")
    .version(version(), "-V, --version")
    .helpOption("-h, --help", "show help")
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({ outputError: () => {} });
  const isOne = name !== undefined && name !== "completion" && Object.hasOwn(commands, name);
  for (const command of isOne ? [name] : Object.keys(commands)) {
    const made = await commands[command](program);
    program.addCommand(made.exitOverride().configureOutput({ outputError: () => {} }));
  }
  program.addHelpText(
    "after",
    `
Examples:
  threadmill demo
  threadmill generate logs --files 4 --lines 1000000
  threadmill query 'logs/*.csv' --columns id,ts:timestamp,url,user --by 'url, hour=hour(ts)' --aggregate 'clicks=count(), visitors=distinct(user)'
  threadmill run visitors.ts -o visitors.parquet

Exit codes: 0 ok, 1 failed, 2 usage, 3 rows rejected above --max-errors, 130 interrupted.`,
  );
  return program;
}

/** Runs the command line; sets the exit code and ends the process when a thread would keep it alive. */
export async function main(argv: string[]): Promise<void> {
  let code = 0;
  process.on("beforeExit", stalled);
  try {
    const program = await createProgram(argv[0]);
    if (argv.length === 0)
      throw new UsageError("ERR_USAGE", "no command was given", { hint: "Try: threadmill demo, or threadmill --help" });
    await program.parseAsync(argv, { from: "user" });
    code = Number(process.exitCode ?? 0);
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) code = 0;
    else code = reportError(error instanceof CommanderError ? fromCommander(error) : error);
  }
  // Interrupted while a named pipe has no writer: process.exit() would wait for that open, in Node's thread pool.
  if (code === 130) noteLost();
  process.off("beforeExit", stalled);
  await exitNow(code);
}

/** Node leaves with 0 when nothing is left to wait for. With the answer still missing that would be a lie. */
function stalled(): void {
  process.exitCode = reportError(
    new ThreadmillError(
      "ERR_STALLED",
      "the run waits for something that will never come; this is a fault of threadmill",
      {
        hint: "Report it with what THREADMILL_LOG=debug prints.",
      },
    ),
  );
}

function fromCommander(error: CommanderError): UsageError {
  const message = error.message.replace(/^error: /, "");
  const word = /^unknown command '(.*)'/.exec(message)?.[1];
  if (word !== undefined && (existsSync(word) || /[*?[@]|\.\w+$/.test(word))) {
    return new UsageError("ERR_USAGE", message, { hint: `To ask files a question: threadmill query '${word}' …` });
  }
  return new UsageError("ERR_USAGE", message, { hint: "See threadmill --help, or threadmill COMMAND --help." });
}
