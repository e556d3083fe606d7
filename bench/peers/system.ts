/**
 * Tools of the system, one thread each. mawk: what people reach for first; no quotes, no types. `wc -l`: does nothing but look
 * at every byte, the floor for one thread and a check of the machine.
 */
import { spawnSync } from "node:child_process";
import type { Peer } from "./peer.ts";

/** Standard output of a small command; the reason why it cannot be had is thrown. */
function output(program: string, ...args: string[]): string {
  const child = spawnSync(program, args, { encoding: "utf8" });
  if (child.error) throw new Error(`${program} is not installed`);
  return `${child.stdout}${child.stderr}`.trim();
}

export const mawkPeer: Peer = {
  name: "mawk",
  answers: true,
  version: async () => output("mawk", "-W", "version").split("\n")[0],
  formulations({ question: { mawk } }, { files }) {
    return mawk ? [{ name: "", serves: false, command: ["mawk", "-F,", mawk, ...files] }] : [];
  },
};

export const wcPeer: Peer = {
  name: "wc -l",
  answers: false,
  version: async () => output("wc", "--version").split("\n")[0],
  // Compressed bytes are no yardstick.
  formulations: (_job, { name, files }) =>
    name === "gzip" || name === "zstd" ? [] : [{ name: "", serves: false, command: ["wc", "-l", ...files] }],
};
