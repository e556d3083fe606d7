/** What a worker thread does from its start to its end: opens the table, then runs one task after the other. */
import { readlinkSync } from "node:fs";
import { parentPort, workerData } from "node:worker_threads";
import { ThreadTable } from "../shared/thread-table.ts";
import { setThreadWorker } from "../shared/worker-context.ts";
import type { CoordinatorMessage, WorkerReply, WorkerSetup } from "./protocol.ts";
import { runTask } from "./run-task.ts";

/** Serves the coordinator on the thread's port. For the entry file, which knows how to `leave` the thread. */
export function serveThread(leave: () => void): void {
  const setup = workerData as WorkerSetup;
  const row = ThreadTable.open(setup.table).row(setup.row);
  row.threadId = ownThreadId();
  row.state = "idle";
  row.beat();
  setThreadWorker({ id: setup.id, name: setup.name, row });

  const port = parentPort!;
  const reply = (message: WorkerReply, transfer: readonly unknown[]) =>
    port.postMessage(message, transfer as ArrayBuffer[]);

  port.on("message", (message: CoordinatorMessage) => {
    if (message.type === "run") void runTask(message, row, reply);
    else leave();
  });
  reply({ type: "ready" }, []);
  // A module that does not load says so to the first task that needs it.
  for (const module of setup.preload) import(/* @vite-ignore */ module).catch(() => {});
}

/** Linux only: `<pid>/task/<tid>`. */
function ownThreadId(): number {
  try {
    return Number(readlinkSync("/proc/thread-self").split("/").at(-1));
  } catch {
    return 0;
  }
}
