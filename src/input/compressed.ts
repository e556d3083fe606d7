/**
 * What the gzip and the zstd walker share: a cursor over compressed bytes that knows its offset, and the pump that
 * drives one of Node's decoders with backpressure. Node's own decoders pass silently over what follows the first
 * frame, so each member or frame gets a decoder of its own and the walkers account for every byte between them.
 */
import type { Transform } from "node:stream";
import { InputError, ThreadmillError } from "../base/errors.ts";
import type { Codec } from "./magic.ts";

/** Decoders emit pieces of this size: each costs a hop to a thread of Node's pool, and fresh memory. 2 MB measured best of 0.5 to 4. */
export const DECODED_BYTES: number = 2 * 1024 * 1024;

/** A cursor over a stream of compressed bytes. */
export class CompressedInput {
  readonly path: string;
  readonly codec: Codec;
  /** Compressed bytes consumed so far. */
  offset = 0;
  #iterator: AsyncIterator<Uint8Array> | Iterator<Uint8Array>;
  #piece: Uint8Array = new Uint8Array(0);
  #ended = false;

  constructor(stream: AsyncIterable<Uint8Array> | Iterable<Uint8Array>, path: string, codec: Codec) {
    this.#iterator = Symbol.asyncIterator in stream ? stream[Symbol.asyncIterator]() : stream[Symbol.iterator]();
    this.path = path;
    this.codec = codec;
  }

  /** What is at hand and not consumed: never empty; undefined at the end of the input. */
  async piece(): Promise<Uint8Array | undefined> {
    while (this.#piece.length === 0 && !this.#ended) {
      const next = await this.#iterator.next();
      if (next.done) this.#ended = true;
      else this.#piece = next.value;
    }
    return this.#piece.length === 0 ? undefined : this.#piece;
  }

  consume(bytes: number): void {
    this.offset += bytes;
    this.#piece = this.#piece.subarray(bytes);
  }

  /** Consumes exactly `bytes` bytes (small: headers). Throws ERR_TRUNCATED when the input ends before. */
  async read(bytes: number): Promise<Uint8Array> {
    const result = new Uint8Array(bytes);
    for (let have = 0; have < bytes; ) {
      const piece = (await this.piece())?.subarray(0, bytes - have);
      if (!piece) throw this.truncated();
      result.set(piece, have);
      have += piece.length;
      this.consume(piece.length);
    }
    return result;
  }

  async close(): Promise<void> {
    await this.#iterator.return?.();
  }

  truncated(): InputError {
    return new InputError(
      "ERR_TRUNCATED",
      `${this.path}: the ${this.codec} data ends early, after ${this.offset} bytes`,
      {
        hint: "the file was cut off: copy or compress it again",
        place: { file: this.path },
      },
    );
  }

  /** `offset`: where in the compressed bytes. */
  corrupt(what: string, offset: number = this.offset, cause?: unknown): InputError {
    return new InputError("ERR_CORRUPT", `${this.path}: ${what} (${this.codec}, at compressed byte ${offset})`, {
      hint: "the file is damaged: copy or compress it again",
      place: { file: this.path },
      cause,
    });
  }
}

/**
 * Runs one decoder: `feed` writes the compressed bytes through `write`, which resolves to false once the decoder wants
 * no more (it reached its end, failed, or the consumer left). Yields what it decodes. Errors of `feed` win.
 */
export async function* pump(
  input: CompressedInput,
  decoder: Transform,
  feed: (write: (piece: Uint8Array) => Promise<boolean>) => Promise<void>,
): AsyncGenerator<Uint8Array, void, undefined> {
  const start = input.offset;
  const feeding = feed((piece) => writePiece(decoder, piece)).catch((error: Error) => {
    decoder.destroy(error);
  });
  try {
    for await (const decoded of decoder) yield decoded as Uint8Array;
  } catch (error) {
    if (error instanceof ThreadmillError) throw error;
    throw input.corrupt(`the data does not decompress: ${(error as Error).message}`, start, error);
  } finally {
    decoder.destroy();
    await feeding;
  }
}

function writePiece(decoder: Transform, piece: Uint8Array): Promise<boolean> {
  if (decoder.destroyed || decoder.readableEnded) return Promise.resolve(false);
  return new Promise((resolve) => {
    const settle = (isWanted: boolean) => {
      decoder.off("end", stop);
      decoder.off("close", stop);
      resolve(isWanted);
    };
    const stop = () => settle(false);
    decoder.once("end", stop);
    decoder.once("close", stop);
    decoder.write(piece, (error) => settle(!error));
  });
}
