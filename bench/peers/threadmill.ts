/** This package's own command line, as built; where runs are repeated, its API. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { threadmill } from "../command.ts";
import type { Peer } from "./peer.ts";

export const threadmillPeer: Peer = {
  name: "threadmill",
  answers: true,
  version: async () => `${JSON.parse(readFileSync("package.json", "utf8")).version}, Node ${process.versions.node}`,
  formulations(job, { files }, threads) {
    if (job.mode === "warm") {
      const script = fileURLToPath(new URL("../run-threadmill.ts", import.meta.url));
      return [{ name: "", serves: true, command: [process.execPath, script, String(threads), ...files] }];
    }
    const [verb, ...rest] = job.question.threadmill;
    const flags = ["--workers", String(threads), "--to", "csv", "--no-progress"];
    return [{ name: "", serves: false, command: threadmill(verb, ...rest, ...files, ...flags) }];
  },
};
