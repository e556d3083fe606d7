/** What it means when a kernel ends in an error that is not ours: a trap of WebAssembly, or memory that the machine does not give. */
import { TaskError } from "../base/errors.ts";
import { wasm } from "./simd/webassembly.ts";

const memoryHint = "Use --memory, so that groups spill to disk, or fewer workers.";

/** The TaskError that says so; undefined for any other error. After one, the kernel's memory is of no use any more. */
export function kernelFailure(error: unknown): TaskError | undefined {
  if (error instanceof TaskError) return error.code.startsWith("ERR_KERNEL_") ? error : undefined;
  if (!(error instanceof Error)) return undefined;
  const { message } = error;
  if (error.name === "RangeError" && /allocation failed|could not allocate memory/i.test(message)) {
    return lackOf(`the system gives no more memory: ${message}`, error);
  }
  if (error instanceof wasm.RuntimeError) {
    // The allocator's way to say that there is no block of this size.
    if (message === "unreachable")
      return lackOf("in the kernel's memory there is no room for a block of this size", error);
    return new TaskError("ERR_KERNEL_BROKEN", `the kernel stopped: ${message}`, {
      hint: "Please report this. THREADMILL_KERNEL=scalar does without WebAssembly.",
      cause: error,
    });
  }
  return undefined;
}

function lackOf(message: string, cause: unknown): TaskError {
  return new TaskError("ERR_KERNEL_MEMORY", message, { hint: memoryHint, cause });
}
