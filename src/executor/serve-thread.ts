/** What a worker thread does from its start to its end: opens the table, then runs one task after the other. */
import { readlinkSync } from "node:fs";
import { parentPort, workerData } from "node:worker_threads";
import { ThreadTable, type ThreadTableRow } from "../shared/thread-table.ts";
import { setThreadWorker } from "../shared/worker-context.ts";
import type { CoordinatorMessage, ThreadStart, WorkerReply, WorkerSetup } from "./protocol.ts";
import { runTask } from "./run-task.ts";

/** Serves the coordinator on the thread's port. For the entry file, which knows how to `leave` the thread. */
export function serveThread(leave: () => void): void {
  const port = parentPort!;
  let row: ThreadTableRow;
  const reply = (message: WorkerReply, transfer: readonly unknown[]) =>
    port.postMessage(message, transfer as ArrayBuffer[]);

  preload((workerData as ThreadStart).preload);
  port.on("message", (message: CoordinatorMessage) => {
    if (message.type === "run") {
      void runTask(message, row, reply);
    } else if (message.type === "setup") {
      row = becomeWorker(message.setup);
      reply({ type: "ready" }, []);
      preload(message.setup.preload);
    } else {
      leave();
    }
  });
}

function becomeWorker({ table, row: index, id, name }: WorkerSetup): ThreadTableRow {
  const row = ThreadTable.open(table).row(index);
  row.threadId = ownThreadId();
  row.state = "idle";
  row.beat();
  setThreadWorker({ id, name, row });
  return row;
}

/** A module that does not load says so to the first task that needs it. */
function preload(modules: readonly string[]): void {
  for (const module of modules) import(/* @vite-ignore */ module).catch(() => {});
}

/** Linux only: `<pid>/task/<tid>`. */
function ownThreadId(): number {
  try {
    return Number(readlinkSync("/proc/thread-self").split("/").at(-1));
  } catch {
    return 0;
  }
}
