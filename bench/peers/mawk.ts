/** mawk: the tool that people reach for first; one thread, no quotes, no types. */
import { spawnSync } from "node:child_process";
import type { Command } from "../command.ts";
import type { Peer } from "./peer.ts";

/** Standard output of a small command; the reason why it cannot be had is thrown. */
export function output(program: string, ...args: string[]): string {
  const child = spawnSync(program, args, { encoding: "utf8" });
  if (child.error) throw new Error(`${program} is not installed`);
  return `${child.stdout}${child.stderr}`.trim();
}

/** `command` over the files, decompressed on the way where they are compressed. */
export function overFiles(command: Command, kind: string, files: readonly string[]): Command {
  if (kind !== "csv.gz") return [...command, ...files];
  return ["sh", "-c", `gzip -dc "$@" | ${command.map(quoted).join(" ")}`, "sh", ...files];
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

export const mawkPeer: Peer = {
  name: "mawk",
  answers: true,
  version: async () => output("mawk", "-W", "version").split("\n")[0],
  command: (job, { kind, files }) => (job.mawk ? overFiles(["mawk", "-F,", job.mawk], kind, files) : undefined),
};
