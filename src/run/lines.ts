/** Counts the lines of a file before an offset, for messages: only when there is something to say. */
import { closeSync, openSync, readSync } from "node:fs";
import { CHUNK_BYTES } from "../base/limits.ts";
import type { Source } from "../input/source.ts";

/** Newlines before `offset`. 0 for compressed files and streams, which are read from their beginning. */
export async function linesBefore(source: Source, offset: number): Promise<number> {
  if (offset === 0 || source.kind !== "file" || source.codec !== "none") return 0;
  const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  const fd = openSync(source.path, "r");
  let lines = 0;
  try {
    for (let at = 0; at < offset; ) {
      const read = readSync(fd, buffer, 0, Math.min(buffer.length, offset - at), at);
      if (read === 0) break;
      for (let i = buffer.indexOf(10); i >= 0 && i < read; i = buffer.indexOf(10, i + 1)) lines++;
      at += read;
    }
  } finally {
    closeSync(fd);
  }
  return lines;
}
