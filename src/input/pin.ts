/**
 * A file's size, modification time and identity are pinned when the run starts; this checks that they still hold.
 * Not for: what the bytes mean, or streams (they cannot be pinned).
 */
import { fstatSync, statSync } from "node:fs";
import { InputError } from "../base/errors.ts";
import type { Source } from "./source.ts";

/** The error for a file that is no longer what it was when the run started. `what` completes "… while it was being read". */
export function changedError(path: string, what: string, offset?: number, cause?: unknown): InputError {
  return new InputError("ERR_INPUT_CHANGED", `${path}: ${what} while it was being read`, {
    hint: "run again when nothing writes to the file any more, or work on a copy",
    place: { file: path, ...(offset !== undefined && { offset }) },
    cause,
  });
}

/**
 * Throws InputError `ERR_INPUT_CHANGED` unless the file is still the one that was pinned: same inode, size and
 * modification time (nanoseconds). With `fd` the open file is asked, else whatever lies at the path now. Streams pass.
 */
export function checkPinned(source: Source, fd?: number): void {
  if (source.kind === "stream") return;
  let now: { size: bigint; mtimeNs: bigint; ino: bigint; dev: bigint };
  try {
    now = fd === undefined ? statSync(source.path, { bigint: true }) : fstatSync(fd, { bigint: true });
  } catch (cause) {
    throw changedError(source.path, "it vanished", undefined, cause);
  }
  if (String(now.ino) !== source.ino || String(now.dev) !== source.dev) {
    throw changedError(source.path, "it was replaced by another file");
  }
  if (Number(now.size) < source.size) {
    throw changedError(source.path, `it was truncated from ${source.size} to ${now.size} bytes`, Number(now.size));
  }
  if (Number(now.size) > source.size) {
    throw changedError(source.path, `it grew from ${source.size} to ${now.size} bytes`, source.size);
  }
  if (String(now.mtimeNs) !== source.mtimeNs) throw changedError(source.path, "it was changed");
}
