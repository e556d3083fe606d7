/** stdin and named pipes: read by the coordinator, cut at record ends, handed to workers as blocks of bytes. */
import { LINE_BYTES_MAX, SNIFF_BYTES } from "../base/limits.ts";
import { peek, readSource } from "../input/codec.ts";
import type { Source } from "../input/source.ts";
import { cutStream } from "../input/stream.ts";
import type { Plan } from "../job/plan.ts";
import type { StreamBlock } from "./execute.ts";

/** The streams of a run: each can be looked at before it is read, and is read once. */
export class Streams {
  #opened = new Map<number, AsyncIterable<Uint8Array>>();

  /** The first bytes (decompressed) of a stream, which are not lost. */
  async sample(source: Source): Promise<Uint8Array> {
    const { sample, chunks } = await peek(readSource(source), SNIFF_BYTES);
    this.#opened.set(source.index, chunks);
    return sample;
  }

  /** Blocks of all streams, one stream after the other. Split ids go on from `firstId`. */
  async *blocks(sources: Source[], plan: Plan, firstId: number): AsyncGenerator<StreamBlock> {
    let id = firstId;
    const { format } = plan;
    const quote = format.kind === "csv" ? format.quote : "";
    const delimiter = format.kind === "csv" ? format.delimiter : "\n";
    for (const source of sources) {
      const chunks = this.#opened.get(source.index) ?? readSource(source);
      const options = { quote, delimiter, path: source.path, lineBytesMax: plan.lineBytesMax ?? LINE_BYTES_MAX };
      for await (const block of cutStream(chunks, options)) {
        const end = block.start + block.bytes.length;
        const split = { id: id++, source: source.index, start: block.start, end, first: block.first };
        yield { split, bytes: shared(block.bytes), linesBefore: block.lines };
      }
    }
  }
}

/** A copy that all threads see, so that a block is not copied again on its way to a worker. */
function shared(bytes: Uint8Array): Uint8Array {
  const copy = new Uint8Array(new SharedArrayBuffer(bytes.length));
  copy.set(bytes);
  return copy;
}
