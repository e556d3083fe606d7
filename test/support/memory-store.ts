/** A spill store without files: what goes through it is copied, as a disk would. */
import type { Segment, SpillStore } from "../../src/kernel/partition/piece.ts";

export class MemoryStore implements SpillStore {
  written = 0;
  #bytes: Buffer[] = [];

  write(blocks: readonly Uint8Array[]): Segment {
    const bytes = Buffer.concat(blocks);
    this.#bytes.push(bytes);
    this.written += bytes.length;
    return { path: "", offset: this.#bytes.length - 1, length: bytes.length };
  }

  read({ offset }: Segment): Uint8Array {
    return Uint8Array.from(this.#bytes[offset]);
  }
}
