/** What a worker does with one task, thread or process alike: find the function, run it, reply. */
import type { ErrorData } from "../base/errors.ts";
import type { ThreadTableRow } from "../shared/thread-table.ts";
import { transferListOf } from "../shared/transfer.ts";
import { runInTask } from "./context.ts";
import { dataOf } from "./failure.ts";
import type { RunMessage, WorkerReply } from "./protocol.ts";
import { resolvedFunction, resolveFunction } from "./registry.ts";

export type Reply = (reply: WorkerReply, transfer: readonly unknown[]) => void;

/** Never rejects: whatever happens becomes a reply. */
export async function runTask(message: RunMessage, row: ThreadTableRow, reply: Reply): Promise<void> {
  const { ordinal, task, name, attempt, args } = message;
  let code = "ERR_TASK_FAILED";
  try {
    let fn = resolvedFunction(task);
    if (!fn) {
      // "starting" while the module loads: if it takes the worker down, the coordinator knows where.
      row.begin(ordinal, attempt, "starting");
      code = "ERR_MODULE_FAILED";
      fn = await resolveFunction(task);
      code = "ERR_TASK_FAILED";
    }
    row.begin(ordinal, attempt);
    const call = fn;
    const context = { name, module: task.module, key: task.key, attempt, ordinal };
    const value = await runInTask(context, () => call(...args));
    row.state = "idle";
    row.beat();
    code = "ERR_UNSERIALISABLE";
    reply({ type: "done", ordinal, value }, transferListOf(value));
  } catch (error) {
    row.state = "idle";
    const found = code === "ERR_MODULE_FAILED" ? (error as { code?: string }).code : undefined;
    reply({ type: "failed", ordinal, code: found ?? code, error: describe(error, code) }, []);
  }
}

function describe(error: unknown, code: string): ErrorData {
  const data = dataOf(error);
  if (code !== "ERR_UNSERIALISABLE") return data;
  return {
    name: "TaskError",
    code,
    message: `returned what cannot be sent back: ${data.message}`,
    hint: "Return plain data, buffers, maps and sets; a class instance arrives without its methods.",
    cause: data,
  };
}
