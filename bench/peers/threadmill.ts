/** This package's own command line, as built. */
import { readFileSync } from "node:fs";
import { threadmill } from "../command.ts";
import type { Peer } from "./peer.ts";

export const threadmillPeer: Peer = {
  name: "threadmill",
  answers: true,
  version: async () => `${JSON.parse(readFileSync("package.json", "utf8")).version}, Node ${process.versions.node}`,
  command(job, { files }, threads) {
    const [verb, ...rest] = job.threadmill;
    const flags = ["--workers", String(threads), "--to", "csv", "--no-progress"];
    return threadmill(verb, ...rest, ...files, ...flags);
  },
};
