/** What the bench knows of an engine. */
import type { Command } from "../command.ts";
import type { Data } from "../data/data.ts";
import type { BenchJob } from "../jobs.ts";

export interface Formulation {
  /** Empty where there is only one. */
  name: string;
  command: Command;
  /** The command is one of those that serve.ts describes. */
  serves: boolean;
}

export interface Peer {
  name: string;
  /** False: it answers another, cheaper question, as a yardstick; its answer is not compared. */
  answers: boolean;
  /** Its version. @throws Error with the reason why it cannot be measured here */
  version(): Promise<string>;
  /** The commands that print the answer, or that write it as often as they are told to; none where the job is not for this engine. */
  formulations(job: BenchJob, data: Data, threads: number): Formulation[];
}

/** The same command around each of an engine's queries. */
export function ofQueries(
  queries: Readonly<Record<string, string>>,
  serves: boolean,
  command: (query: string) => Command,
): Formulation[] {
  const names = Object.keys(queries);
  return names.map((name) => {
    const asked = command(queries[name].replace(/\s+/g, " "));
    return { name: names.length > 1 ? name : "", command: serves ? [...asked, "serve"] : asked, serves };
  });
}
