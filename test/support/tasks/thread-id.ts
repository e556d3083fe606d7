// Which of this process's threads runs a task.
import { threadId } from "node:worker_threads";

export function ownThreadId(): number {
  return threadId;
}
