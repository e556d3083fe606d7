/**
 * The door of the command line: threads that the command will need start first, and load their code while the command
 * loads its own. Imports only what that takes.
 */
import { startEarly } from "../executor/start-thread.ts";
import { threadsAhead } from "./foresee.ts";

// The extension of this very file: .ts from the sources, .js from the package.
const workerModule = new URL(`../job/worker${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`, import.meta.url).href;

/** Runs the command line; sets the exit code and ends the process when a thread would keep it alive. */
export async function main(argv: string[]): Promise<void> {
  // By the names that a run gives to its threads.
  const names = Array.from({ length: threadsAhead(argv) }, (_, at) => `tm-job-${at + 1}`);
  startEarly(names, [workerModule]);
  const program = await import("./program.ts");
  await program.main(argv);
}
