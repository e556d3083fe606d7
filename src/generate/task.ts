/**
 * What a worker does: makes a run of blocks of one file and writes them to their place. Plain data in, plain data out.
 *
 * Where a segment starts is the sum of the lengths before it, and these are known only when they are made. So workers
 * hand the position on in shared memory: `starts[k]` is UNKNOWN, then the byte at which segment k begins, then it never
 * changes; whoever has made segment k in memory waits for starts[k], stores starts[k + 1], and only then writes, so that
 * many workers write into one file at once. Segments must be started in order, or the workers wait for one that waits
 * for a worker. GIVEN_UP, stored by the coordinator, ends every wait.
 */
import { closeSync, openSync, writeSync } from "node:fs";
import { InputError, InterruptedError } from "../base/errors.ts";
import { makerOf } from "./block.ts";
import type { EventOptions } from "./options.ts";

/** This module's URL, for an executor's task. */
export const taskModule: string = import.meta.url;

export const UNKNOWN: bigint = -1n;
export const GIVEN_UP: bigint = -2n;

export interface Segment {
  options: EventOptions;
  /** An existing file that is written into. */
  path: string;
  /** The file's number. */
  file: number;
  firstBlock: number;
  blocks: number;
  /** A BigInt64Array's memory, one start per segment and one more for the end; undefined: the segment is the whole file. */
  starts?: SharedArrayBuffer;
  /** Its number among the file's segments. */
  index: number;
}

const hints: Record<string, string> = {
  ENOSPC: "The disk is full: free some space, or write fewer --files or --lines.",
  EDQUOT: "Your disk quota is used up: free some space, or write elsewhere.",
  EFBIG: "A file may not be that large here: write fewer --lines per file.",
  EACCES: "Choose a folder that you may write to.",
  EPERM: "Choose a folder that you may write to.",
  EROFS: "The file system is read-only: choose another folder.",
};

/** A system error as one of ours, with what to try next. Others pass unchanged. */
export function writeError(error: unknown, path: string): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (typeof code !== "string" || code.startsWith("ERR_")) return error;
  const name = code === "ENOSPC" || code === "EDQUOT" ? "ERR_DISK_FULL" : "ERR_CANNOT_WRITE";
  return new InputError(name, `cannot write ${path}: ${(error as Error).message}`, {
    hint: hints[code] ?? "Check the folder, or choose another one.",
    place: { file: path },
    cause: error,
  });
}

function writeAll(descriptor: number, bytes: Uint8Array, position: number): void {
  for (let done = 0; done < bytes.length; ) {
    done += writeSync(descriptor, bytes, done, bytes.length - done, position + done);
  }
}

/** Waits until the segment's start is known, and hands on the next one's. Pairs with the same call in other workers. */
function claim(starts: BigInt64Array, index: number, length: number): number {
  Atomics.wait(starts, index, UNKNOWN);
  const start = Atomics.load(starts, index);
  // compareExchange: GIVEN_UP, once stored, must stay.
  if (start !== GIVEN_UP) Atomics.compareExchange(starts, index + 1, UNKNOWN, start + BigInt(length));
  Atomics.notify(starts, index + 1);
  if (start === GIVEN_UP) throw new InterruptedError("ERR_ABORTED", "another part of the logs could not be written");
  return Number(start);
}

/**
 * Makes and writes one segment.
 * @returns the number of bytes written
 * @throws InputError ERR_DISK_FULL, ERR_CANNOT_WRITE
 */
export function writeSegment(segment: Segment): number {
  const maker = makerOf(segment.options);
  const descriptor = open(segment.path);
  try {
    if (segment.starts === undefined) {
      let position = 0;
      for (let i = 0; i < segment.blocks; i++) {
        const bytes = maker.make(segment.file, segment.firstBlock + i);
        writeAll(descriptor, bytes, position);
        position += bytes.length;
      }
      return position;
    }
    const parts: Uint8Array[] = [];
    for (let i = 0; i < segment.blocks; i++) {
      const bytes = maker.make(segment.file, segment.firstBlock + i);
      // The maker's buffer is used again for the next block; the last one can be written from where it is.
      parts.push(i + 1 < segment.blocks ? bytes.slice() : bytes);
    }
    const length = parts.reduce((sum, part) => sum + part.length, 0);
    let position = claim(new BigInt64Array(segment.starts), segment.index, length);
    for (const part of parts) {
      writeAll(descriptor, part, position);
      position += part.length;
    }
    return length;
  } catch (error) {
    throw writeError(error, segment.path);
  } finally {
    closeSync(descriptor);
  }
}

function open(path: string): number {
  try {
    // r+: a segment that starts after the run was given up must not bring back a file that was removed.
    return openSync(path, "r+");
  } catch (error) {
    throw writeError(error, path);
  }
}
