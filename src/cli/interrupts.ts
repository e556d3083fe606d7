/** Ctrl-C, a request to end, and a terminal that went away: all of them end the work in order, so that nothing is left behind. */

const signals: NodeJS.Signals[] = ["SIGINT", "SIGTERM", "SIGHUP"];

/** Calls back on each of the signals, until what it returns is called. */
export function onInterrupt(callback: () => void): () => void {
  const onSignal = (signal: NodeJS.Signals): void => {
    // A terminal that is gone takes no more words, and saying so again would end the process before it has cleaned up.
    if (signal === "SIGHUP") for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});
    callback();
  };
  for (const signal of signals) process.on(signal, onSignal);
  return () => {
    for (const signal of signals) process.off(signal, onSignal);
  };
}
