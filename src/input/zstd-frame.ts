/**
 * The shape of one zstd frame (RFC 8878), behind its magic:
 *
 *     frame   descriptor (1) | window (0-1) dictionary (0,1,2,4) content size (0,1,2,4,8) | blocks | checksum (0,4)
 *     block   3 bytes little-endian: bit 0 last, bits 1-2 type (0 raw, 1 run of one byte, 2 compressed), then 21 bits of size
 *
 * It decodes nothing; it finds where the frame ends.
 */

/** Node's decoder refuses windows above this (2^27): they would cost that much memory. */
const WINDOW_BYTES_MAX = 128 * 1024 * 1024;

type Step = "descriptor" | "frame header" | "block header" | "checksum";

/**
 * Finds the end of a frame behind its magic, from piece to piece, without copying: it gathers the headers (a few bytes)
 * and counts its way over all else.
 */
export class FrameWalker {
  isOver = false;
  /** What cannot be decoded, found at the end of what was walked. */
  fault: string | undefined;
  isHeaderBad = false;
  /** What the header that is being gathered is, and how many bytes it has. */
  #step: Step = "descriptor";
  #wanted = 1;
  #header: number[] = [];
  /** Bytes of the block's content that are still to come. */
  #left = 0;
  #descriptor = 0;

  /** Walks on through a piece. Returns how many of its bytes belong to the frame, or up to which a fault was found. */
  walk(piece: Uint8Array): number {
    let at = 0;
    while (at < piece.length && !this.isOver) {
      if (this.#left > 0) {
        const taken = Math.min(this.#left, piece.length - at);
        this.#left -= taken;
        at += taken;
      } else {
        this.#header.push(piece[at++]);
        if (this.#header.length === this.#wanted) this.#take(this.#header);
        if (this.fault !== undefined) return this.isHeaderBad ? at : at - this.#wanted;
      }
      if (this.#left === 0 && this.#step === "checksum" && !this.#hasChecksum) this.isOver = true;
    }
    return at;
  }

  #expect(step: Step, bytes: number): void {
    this.#step = step;
    this.#wanted = bytes;
  }

  #take(header: number[]): void {
    this.#header = [];
    if (this.#step === "descriptor") this.#takeDescriptor(header[0]);
    else if (this.#step === "frame header") this.#takeFrameHeader(header);
    else if (this.#step === "block header") this.#takeBlockHeader(header);
    else this.isOver = true;
  }

  #takeDescriptor(descriptor: number): void {
    this.#descriptor = descriptor;
    const contentBytes = [this.#windowBytes === 0 ? 1 : 0, 2, 4, 8][descriptor >> 6];
    if (descriptor & 0x08) this.#refuse("a reserved bit of the frame header is set");
    this.#expect("frame header", this.#windowBytes + this.#dictionaryBytes + contentBytes);
  }

  /** A frame of a single segment has no window of its own. */
  get #windowBytes(): number {
    return (this.#descriptor & 0x20) !== 0 ? 0 : 1;
  }
  get #hasChecksum(): boolean {
    return (this.#descriptor & 0x04) !== 0;
  }
  get #dictionaryBytes(): number {
    return [0, 1, 2, 4][this.#descriptor & 3];
  }

  #takeFrameHeader(header: number[]): void {
    const dictionary = header.slice(this.#windowBytes, this.#windowBytes + this.#dictionaryBytes);
    if (dictionary.some((byte) => byte !== 0)) this.#refuse("the frame needs a dictionary, which is not supported");
    const base = 2 ** (10 + (header[0] >> 3));
    if (this.#windowBytes > 0 && base + (base / 8) * (header[0] & 7) > WINDOW_BYTES_MAX) {
      this.#refuse("the frame needs a window above 128 MB (made with --long): compress it without");
    }
    this.#expect("block header", 3);
  }

  #takeBlockHeader(header: number[]): void {
    const bits = header[0] | (header[1] << 8) | (header[2] << 16);
    const type = (bits >> 1) & 3;
    if (type === 3) {
      this.fault = "a block of a reserved type";
      return;
    }
    this.#left = type === 1 ? 1 : bits >>> 3;
    if (bits & 1) this.#expect("checksum", 4);
  }

  #refuse(fault: string): void {
    this.fault = fault;
    this.isHeaderBad = true;
  }
}
