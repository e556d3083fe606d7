/** Notices that a stream pauses, so that what it has brought so far can be worked on. Not for: reading or cutting it. */
import { takesLonger } from "../base/wait.ts";

/** Stands between two chunks that are further apart than the given time. */
export const PAUSE: unique symbol = Symbol("pause");

/** The same chunks, and one PAUSE in each gap of at least `ms` milliseconds. */
export async function* withPauses(
  chunks: AsyncIterable<Uint8Array>,
  ms: number,
): AsyncGenerator<Uint8Array | typeof PAUSE, void, undefined> {
  const iterator = chunks[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = iterator.next();
      if (await takesLonger(next, ms)) yield PAUSE;
      const { done, value } = await next;
      if (done) return;
      yield value;
    }
  } finally {
    await iterator.return?.();
  }
}
