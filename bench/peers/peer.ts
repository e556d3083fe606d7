/** What the bench knows of an engine. */
import type { Command } from "../command.ts";
import type { Data } from "../data.ts";
import type { BenchJob } from "../jobs.ts";

export interface Peer {
  name: string;
  /** False: it answers another, cheaper question, as a yardstick; its answer is not compared. */
  answers: boolean;
  /** Its version. @throws Error with the reason why it cannot be measured here */
  version(): Promise<string>;
  /** The command that prints the answer; undefined where the job is not for this engine. */
  command(job: BenchJob, data: Data, threads: number): Command | undefined;
}
