/** Makes an executor by kind, so that what runs on top does not know which one it has. */
import { UsageError } from "../base/errors.ts";
import { InlineExecutor } from "./inline.ts";
import { ThreadExecutor, type ThreadExecutorOptions } from "./threads.ts";

/**
 * Makes an executor. Throws UsageError ERR_BAD_OPTION for a kind or a number that it cannot have.
 * @example await using executor = createExecutor("threads", { workers: 4 });
 */
export function createExecutor(
  kind: "threads" | "inline",
  options: ThreadExecutorOptions = {},
): ThreadExecutor | InlineExecutor {
  if (kind === "threads") return new ThreadExecutor(options);
  if (kind === "inline") return new InlineExecutor(options);
  throw new UsageError("ERR_BAD_OPTION", `there is no executor "${String(kind)}"`, { hint: "Take threads or inline." });
}
