/** Facts about the machine that a record needs to be understood later. */
import os from "node:os";

export interface Machine {
  /** A folder name: model and cores. */
  id: string;
  cpu: string;
  cores: number;
  memoryGb: number;
  system: string;
  node: string;
  /** Load average of the last minute when the bench began: what else was going on. */
  load: number;
}

export function describeMachine(): Machine {
  const cpu = os.cpus()[0]?.model.trim() ?? "unknown";
  const cores = os.availableParallelism();
  const words = `${cpu} ${cores} cores ${os.platform()}`.toLowerCase().match(/[a-z0-9.]+/g) ?? ["unknown"];
  return {
    id: words.join("-"),
    cpu,
    cores,
    memoryGb: Math.round(os.totalmem() / 2 ** 30),
    system: `${os.type()} ${os.release()} ${os.arch()}`,
    node: process.versions.node,
    load: Math.round(os.loadavg()[0] * 100) / 100,
  };
}
