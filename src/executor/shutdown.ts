/** How a pool ends: wait for what runs, cancel the rest, stop every worker; what cannot be stopped is in the report. */
import type { Call } from "./call.ts";
import type { ShutdownOptions, ShutdownReport } from "./executor.ts";
import type { PoolWorker } from "./pool-worker.ts";

/** What the pool lends to its shutdown. */
export interface PoolParts {
  /** Calls that have not settled; the pool takes them out. */
  open: ReadonlySet<Call>;
  /** Workers that are neither dead nor lost; the pool takes them out. */
  workers: ReadonlyMap<number, PoolWorker>;
  change: Change;
  report: ShutdownReport;
  stopDeadlineMs: number;
  stop(worker: PoolWorker): void;
}

const WAIT_MS_MAX = 30_000;

export async function shutDown(options: ShutdownOptions, parts: PoolParts): Promise<ShutdownReport> {
  const { open, workers, change } = parts;
  const { wait = true, cancelPending = !wait, deadlineMs = wait ? WAIT_MS_MAX : parts.stopDeadlineMs } = options;
  if (cancelPending) cancelOpen(parts, (call) => !call.isRunning);
  if (wait) await change.until(() => open.size === 0, deadlineMs);
  cancelOpen(parts, () => true);
  for (const worker of [...workers.values()]) if (worker.isLive) parts.stop(worker);
  // Every worker ends in dead or lost, by its own deadline.
  await change.until(() => workers.size === 0);
  return parts.report;
}

function cancelOpen({ open, workers, report }: PoolParts, matches: (call: Call) => boolean): void {
  for (const call of [...open].filter(matches)) {
    // Cancelled or timed out before: it is about to settle with its own error.
    const isStopping = call.isRunning && workers.get(call.workerId!)?.isLive !== true;
    if (call.isCancelled || isStopping) continue;
    report.cancelledTasks.push(call.name);
    call.cancel("the executor was shut down");
  }
}

/** Wakes who waits for a condition; one waiter at a time. */
export class Change {
  #onChange: (() => void) | undefined;

  notify(): void {
    this.#onChange?.();
  }
  /** Resolves when `holds`, or after `deadlineMs`. */
  async until(holds: () => boolean, deadlineMs?: number): Promise<void> {
    if (holds()) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = deadlineMs === undefined ? undefined : setTimeout(resolve, deadlineMs);
    this.#onChange = () => {
      if (holds()) resolve();
    };
    await promise;
    clearTimeout(timer);
    this.#onChange = undefined;
  }
}
