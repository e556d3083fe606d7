/** stdin and named pipes: read by the coordinator, cut at record ends, handed to workers as blocks of bytes. */
import { STREAM_BLOCK_BYTES } from "../base/limits.ts";
import { openStream, type Source } from "../input/source.ts";
import { cutStream } from "../input/stream.ts";
import type { Plan } from "../job/plan.ts";
import type { StreamBlock } from "./execute.ts";

/** Blocks of all streams, one stream after the other. Split ids go on from `firstId`. */
export async function* openStreams(sources: Source[], plan: Plan, firstId: number): AsyncGenerator<StreamBlock> {
  let id = firstId;
  const quote = plan.format.kind === "csv" ? plan.format.quote : "";
  const delimiter = plan.format.kind === "csv" ? plan.format.delimiter : "\n";
  for (const source of sources) {
    const blocks = cutStream(openStream(source), { blockBytes: STREAM_BLOCK_BYTES, quote, delimiter });
    for await (const block of blocks) {
      const end = block.start + block.bytes.length;
      const split = { id: id++, source: source.index, start: block.start, end, first: block.first };
      yield { split, bytes: shared(block.bytes), linesBefore: block.lines };
    }
  }
}

/** A copy that all threads see, so that a block is not copied again on its way to a worker. */
function shared(bytes: Uint8Array): Uint8Array {
  const copy = new Uint8Array(new SharedArrayBuffer(bytes.length));
  copy.set(bytes);
  return copy;
}
