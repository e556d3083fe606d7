/**
 * Standard input, named pipes and devices: streams of bytes that can be given up at any moment, also while their writer
 * is silent or has not come yet. Not for: what is in the bytes (codec.ts).
 */
import { closeSync, constants, createReadStream, openSync, statSync } from "node:fs";
import { Socket } from "node:net";
import type { Readable } from "node:stream";
import { CHUNK_BYTES } from "../base/limits.ts";
import { unreadable } from "./source.ts";

export interface RawStream {
  /** Once. Ends early, without an error, when the stream is closed. Throws InputError ERR_UNREADABLE. */
  chunks: AsyncIterable<Uint8Array>;
  /**
   * Ends the stream. What comes back resolves when the operating system has let go of it; undefined: nothing can hang,
   * because it is waited for by polling and not by a thread.
   */
  close: () => Promise<void> | undefined;
}

/** Opens "-" (standard input) or the path of what is no regular file. Throws InputError ERR_UNREADABLE. */
export function openRawStream(path: string): RawStream {
  const { stream, isPolled } = path === "-" ? { stream: process.stdin, isPolled: true } : openPath(path);
  const state = { isClosed: false };
  return {
    chunks: readRaw(stream, path, state),
    close() {
      state.isClosed = true;
      // Without a reader the error of a stream that breaks now would end the process.
      stream.on("error", () => {});
      stream.destroy();
      if (isPolled || stream.closed) return undefined;
      return new Promise((resolve) => stream.once("close", resolve));
    },
  };
}

async function* readRaw(
  stream: Readable,
  path: string,
  state: { isClosed: boolean },
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    for await (const chunk of stream) {
      if (state.isClosed) return;
      yield chunk as Uint8Array;
    }
  } catch (cause) {
    if (!state.isClosed) throw unreadable(path, cause);
  } finally {
    stream.destroy();
  }
}

function openPath(path: string): { stream: Readable; isPolled: boolean } {
  try {
    // Elsewhere polling takes a pipe without a writer for one that has ended.
    if (process.platform === "linux" && statSync(path).isFIFO()) return { stream: openPipe(path), isPolled: true };
    return { stream: createReadStream(path, { highWaterMark: CHUNK_BYTES }), isPolled: false };
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

/** Opening a named pipe waits for its writer, in a thread that nothing can stop, unless it is opened non-blocking and polled. */
function openPipe(path: string): Readable {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    return new Socket({ fd, readable: true, writable: false });
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}
