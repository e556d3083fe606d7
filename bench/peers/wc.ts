/** `wc -l`: does nothing but look at every byte. The floor for one thread, and a check of the machine. */
import { output, overFiles } from "./mawk.ts";
import type { Peer } from "./peer.ts";

export const wcPeer: Peer = {
  name: "wc -l",
  answers: false,
  version: async () => output("wc", "--version").split("\n")[0],
  command: (_job, { kind, files }) => overFiles(["wc", "-l"], kind, files),
};
