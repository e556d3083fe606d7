/** The entry file of worker threads: opens the table, then runs one task after the other. */
import { readlinkSync } from "node:fs";
import { parentPort, workerData } from "node:worker_threads";
import { ThreadTable } from "../shared/thread-table.ts";
import { setThreadWorker } from "../shared/worker-context.ts";
import type { CoordinatorMessage, WorkerReply, WorkerSetup } from "./protocol.ts";
import { runTask } from "./run-task.ts";

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
  else process.exit(0);
});
reply({ type: "ready" }, []);

/** Linux only: `<pid>/task/<tid>`. */
function ownThreadId(): number {
  try {
    return Number(readlinkSync("/proc/thread-self").split("/").at(-1));
  } catch {
    return 0;
  }
}
