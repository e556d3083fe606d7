/** stdin and named pipes: read by the coordinator, cut at record ends, handed to workers as blocks of bytes. */
import { LINE_BYTES_MAX, SAMPLE_PAUSE_MS, SNIFF_BYTES, STREAM_PAUSE_MS } from "../base/limits.ts";
import { noteLost, noteReturned } from "../executor/exit.ts";
import { peek, readSource } from "../input/codec.ts";
import { openRawStream, type RawStream } from "../input/raw-stream.ts";
import { SAMPLE_LINES, type Sample } from "../input/sample.ts";
import type { Source } from "../input/source.ts";
import { cutStream } from "../input/stream.ts";
import type { Plan } from "../job/plan.ts";
import type { StreamBlock } from "./execute.ts";

/** The streams of a run: each can be looked at before it is read, and is read once. */
export class Streams {
  #raw: RawStream[] = [];
  #sampled = new Map<number, AsyncIterable<Uint8Array>>();
  #isClosed = false;
  /** Called with the beginning of each stream that `blocks` comes to; may throw. */
  onSample: ((source: Source, sample: Sample) => void) | undefined;

  /**
   * The beginning (decompressed) of a stream, which is not lost. Of a live stream what is there when it pauses.
   * `isDeclared`: nothing about the columns has to be guessed, so that a row is enough.
   */
  async sample(source: Source, isDeclared: boolean): Promise<Sample> {
    const [lines, pauseMs] = isDeclared ? [1, STREAM_PAUSE_MS] : [SAMPLE_LINES, SAMPLE_PAUSE_MS];
    const { sample, isWhole, chunks } = await peek(this.#open(source), SNIFF_BYTES, lines, pauseMs);
    this.#sampled.set(source.index, chunks);
    return { bytes: sample, isWhole };
  }

  /** Blocks of all streams, one stream after the other. Split ids go on from `firstId`. Ends when the streams are closed. */
  async *blocks(sources: Source[], plan: Plan, firstId: number): AsyncGenerator<StreamBlock> {
    let id = firstId;
    const { format } = plan;
    const quote = format.kind === "csv" ? format.quote : "";
    const delimiter = format.kind === "csv" ? format.delimiter : "\n";
    try {
      for (const source of sources) {
        if (this.#isClosed) return;
        // Not earlier: whoever writes to several pipes may fill one after the other.
        if (!this.#sampled.has(source.index)) this.onSample?.(source, await this.sample(source, true));
        const chunks = this.#sampled.get(source.index) ?? this.#open(source);
        const options = {
          quote,
          delimiter,
          path: source.path,
          lineBytesMax: plan.lineBytesMax ?? LINE_BYTES_MAX,
          pauseMs: STREAM_PAUSE_MS,
        };
        for await (const block of cutStream(chunks, options)) {
          // A stream that was closed under its reader ends in the middle of a record.
          if (this.#isClosed) return;
          const end = block.start + block.bytes.length;
          const split = { id: id++, source: source.index, start: block.start, end, first: block.first, exact: true };
          yield { split, bytes: shared(block.bytes), linesBefore: block.lines };
        }
      }
    } catch (error) {
      // Nobody waits for what a closed stream still has to say, for example that its gzip data end early.
      if (!this.#isClosed) throw error;
    }
  }

  /** Gives up all streams, also those whose writers are silent. Reading loops end. Harmless when called again. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const raw of this.#raw) {
      const closed = raw.close();
      if (!closed) continue;
      // A device may hold the thread that reads it: process.exit() would wait for that one too.
      noteLost();
      closed.then(noteReturned);
    }
  }

  #open(source: Source): AsyncIterable<Uint8Array> {
    const raw = openRawStream(source.path);
    this.#raw.push(raw);
    if (this.#isClosed) raw.close();
    return readSource(source, raw.chunks);
  }
}

/** A copy that all threads see, so that a block is not copied again on its way to a worker. */
function shared(bytes: Uint8Array): Uint8Array {
  const copy = new Uint8Array(new SharedArrayBuffer(bytes.length));
  copy.set(bytes);
  return copy;
}
