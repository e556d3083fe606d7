/**
 * Where the bytes of a result go: an atomic file, or a stream such as stdout. A sink honours backpressure and gathers
 * small pieces. A reader that went away (`| head`) shows as ClosedPipe, which the caller takes for a quiet end.
 */
import { OUTPUT_FLUSH_CHARS } from "../base/limits.ts";
import { createAtomicFile, writeError } from "./atomic-file.ts";

export interface Sink {
  readonly bytes: number;
  /** Takes text. Await what it returns before more is written; undefined (most often): go on, which spares a turn per row. */
  text(text: string): Promise<void> | undefined;
  raw(bytes: Uint8Array): Promise<void>;
  /** Hands over the text that was gathered. */
  flush(): Promise<void>;
  /** Everything written is where it belongs. */
  commit(): Promise<void>;
  /** Gives up: a file is removed, a stream keeps what it got. */
  abort(): Promise<void>;
}

/** The reader of the pipe went away. Not an error of the run. */
export class ClosedPipe extends Error {}

interface Target {
  readonly bytes: number;
  write(chunk: Uint8Array): Promise<void>;
  commit(): Promise<void>;
  abort(): Promise<void>;
}

/** Gathers text before it goes to the target: one call per row would cost more than the formatting. */
function gather(target: Target): Sink {
  let pieces: string[] = [];
  let chars = 0;
  async function flush(): Promise<void> {
    if (chars === 0) return;
    const text = pieces.join("");
    pieces = [];
    chars = 0;
    await target.write(Buffer.from(text));
  }
  return {
    get bytes(): number {
      return target.bytes;
    },
    text(text) {
      pieces.push(text);
      chars += text.length;
      return chars >= OUTPUT_FLUSH_CHARS ? flush() : undefined;
    },
    async raw(bytes) {
      await flush();
      if (bytes.length > 0) await target.write(bytes);
    },
    flush,
    async commit() {
      await flush();
      await target.commit();
    },
    abort: () => target.abort(),
  };
}

/** A sink that makes the file at `path`, whole or not at all. Errors as createAtomicFile. */
export async function fileSink(path: string): Promise<Sink> {
  return gather(await createAtomicFile(path));
}

/**
 * A sink over a stream that stays open afterwards. Writes after the reader is gone throw ClosedPipe; an abort ends a
 * write that a silent reader holds up, with the signal's reason.
 */
export function streamSink(stream: NodeJS.WritableStream, signal?: AbortSignal): Sink {
  let bytes = 0;
  let waiting = 0;
  let failed: NodeJS.ErrnoException | undefined;
  const onError = (error: NodeJS.ErrnoException): void => {
    failed ??= error;
  };
  stream.on("error", onError);
  // Waiting for the callback of each piece is the backpressure: the next is made only when this one left.
  const write = (chunk: Uint8Array): Promise<void> =>
    new Promise((resolve, reject) => {
      if (failed !== undefined) return reject(streamFailure(failed));
      const onClose = (): void => reject(new ClosedPipe("the output was closed"));
      const onAbort = (): void => reject(signal!.reason);
      stream.once("close", onClose);
      signal?.addEventListener("abort", onAbort, { once: true });
      waiting++;
      stream.write(chunk, (error) => {
        waiting--;
        stream.off("close", onClose);
        signal?.removeEventListener("abort", onAbort);
        if (error) reject(streamFailure((failed ??= error)));
        else {
          bytes += chunk.length;
          resolve();
        }
      });
    });
  return gather({
    get bytes(): number {
      return bytes;
    },
    write,
    async commit() {
      if (failed !== undefined) throw streamFailure(failed);
      stream.off("error", onError);
    },
    // A failed stream, or one with a write under way, may report an error later: the listener stays, so that this does not end the process.
    async abort() {
      if (failed === undefined && waiting === 0) stream.off("error", onError);
    },
  });
}

const closedCodes = ["EPIPE", "ECONNRESET", "ERR_STREAM_DESTROYED", "ERR_STREAM_PREMATURE_CLOSE"];

function streamFailure(error: NodeJS.ErrnoException): Error {
  if (closedCodes.includes(error.code ?? "")) return new ClosedPipe("the reader of the output closed it");
  return writeError(error, "stdout", false);
}
