/** Names of runs: each like no other of this process, whose workers may serve several, nor of any process beside it. */

let runs = 0;

/** Made of the time, the process and a count; not by node:crypto, which takes longer to load than a small run takes. */
export function runName(): string {
  const micros = Math.floor((performance.timeOrigin + performance.now()) * 1000);
  return [++runs, process.pid, micros].map((part) => part.toString(36)).join("-");
}
