/** One worker as the pool sees it: its state, its port, its row, and the call that it runs. */
import type { TaskError } from "../base/errors.ts";
import { WORKER_NAME_BYTES_MAX } from "../base/limits.ts";
import type { ThreadTableRow } from "../shared/thread-table.ts";
import type { Call } from "./call.ts";
import type { WorkerState } from "./executor.ts";
import type { WorkerPort } from "./port.ts";
import { PriorityQueue } from "./queue.ts";
import type { RowLease } from "./row-leases.ts";
import { type LifeEvent, nextWorkerState } from "./worker-life.ts";

export class PoolWorker {
  readonly id: number;
  readonly name: string;
  readonly row: ThreadTableRow;
  readonly lease: RowLease;
  /** Calls that only this worker may run. */
  readonly own: PriorityQueue<Call> = new PriorityQueue();
  port!: WorkerPort;
  state: WorkerState = "starting";
  wasReady = false;
  call: Call | undefined = undefined;
  /** Ordinal of the dispatch of `call`. */
  ordinal = 0;
  /** Why it is being stopped. */
  stopError: TaskError | undefined = undefined;
  /** The error that ended it. */
  fault: { error: unknown } | undefined = undefined;
  startTimer: NodeJS.Timeout | undefined = undefined;
  stopTimer: NodeJS.Timeout | undefined = undefined;

  constructor(id: number, executorName: string, lease: RowLease) {
    this.id = id;
    this.name = workerName(executorName, id);
    this.lease = lease;
    this.row = lease.row;
  }
  get isLive(): boolean {
    return this.state === "starting" || this.state === "idle" || this.state === "running";
  }
  live(event: LifeEvent): void {
    this.state = nextWorkerState(this.state, event);
  }
}

/** `tm-<name>-<n>`; the name is cut so that the number stays whole within the operating system's 15 bytes. */
export function workerName(executorName: string, id: number): string {
  const room = WORKER_NAME_BYTES_MAX - `tm--${id}`.length;
  let name = "";
  for (const character of executorName) {
    if (Buffer.byteLength(name + character) > room) break;
    name += character;
  }
  return `tm-${name}-${id}`;
}
