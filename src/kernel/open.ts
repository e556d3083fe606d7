/** Which kernel runs: SIMD where it validates, else, or with THREADMILL_KERNEL=scalar, the scalar twin. */
import { UsageError } from "../base/errors.ts";
import type { Kernel } from "./kernel.ts";
import { scalarKernel } from "./scalar-kernel.ts";
import { hasSimd } from "./simd/instance.ts";
import { openSimdKernel } from "./simd-kernel.ts";

/** The name of the kernel that `openKernel` opens in this process. Throws UsageError ERR_KERNEL for another wish. */
export function kernelName(wish: string | undefined = process.env.THREADMILL_KERNEL): "simd" | "scalar" {
  if (wish === "scalar") return "scalar";
  if (wish === undefined || wish === "" || wish === "simd") return hasSimd() ? "simd" : "scalar";
  throw new UsageError("ERR_KERNEL", `THREADMILL_KERNEL is ${JSON.stringify(wish)}`, {
    hint: "Use scalar or simd, or leave it unset.",
  });
}

/** A kernel for one job in one worker: its parser and its group-by share memory. Drop it to free that. */
export function openKernel(name: "simd" | "scalar" = kernelName()): Kernel {
  return name === "simd" ? openSimdKernel() : scalarKernel;
}
