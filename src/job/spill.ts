/**
 * Spill files: what a worker's group-by has no room for, until its partitions are finished. One file per worker and
 * session in the folder of the run, appended to, never read while it is written by another. The run removes the folder.
 */
import { closeSync, fstatSync, openSync, readSync, writevSync } from "node:fs";
import { join } from "node:path";
import { TaskError } from "../base/errors.ts";
import { mapBytes } from "../base/pages.ts";
import { makeRunFolder } from "../base/run-folder.ts";
import { formatBytes } from "../base/units.ts";
import type { Segment, SpillStore } from "../kernel/partition/piece.ts";

/** Blocks per call: systems take 1024. */
const BLOCKS_PER_WRITE = 512;

let files = 0;

export class SpillFile implements SpillStore {
  readonly #folder: string;
  readonly #worker: string;
  #path = "";
  #file: number | undefined;
  #length = 0;
  /** Of another worker's file, which is read in many segments. */
  #reading: { path: string; file: number } | undefined;

  /** Nothing is made before the first write. */
  constructor(folder: string, worker: string) {
    this.#folder = folder;
    this.#worker = worker;
  }

  /** Throws TaskError ERR_SPILL_FAILED: the disk is full, or cannot be written. */
  write(blocks: readonly Uint8Array[]): Segment {
    const offset = this.#length;
    try {
      if (this.#file === undefined) this.#open();
      for (let at = 0; at < blocks.length; at += BLOCKS_PER_WRITE)
        this.#append(blocks.slice(at, at + BLOCKS_PER_WRITE));
    } catch (error) {
      throw this.#failed("written", error);
    }
    return { path: this.#path, offset, length: this.#length - offset };
  }

  #open(): void {
    makeRunFolder(this.#folder);
    this.#path = join(this.#folder, `${this.#worker}-${process.pid}-${++files}.spill`);
    this.#file = openSync(this.#path, "wx", 0o600);
  }

  #append(blocks: Uint8Array[]): void {
    let left = blocks;
    while (left.length > 0) {
      let written = writevSync(this.#file!, left);
      this.#length += written;
      let whole = 0;
      while (whole < left.length && written >= left[whole].length) written -= left[whole++].length;
      left = left.slice(whole);
      if (left.length > 0) left[0] = left[0].subarray(written);
    }
  }

  read({ path, offset, length }: Segment): Uint8Array {
    const bytes = mapBytes(length);
    try {
      const file = this.#fileOf(path);
      for (let at = 0; at < length; ) {
        const count = readSync(file, bytes, at, length - at, offset + at);
        if (count === 0) throw new Error(`it ends at byte ${fstatSync(file).size}`);
        at += count;
      }
    } catch (error) {
      throw this.#failed("read", error, path);
    }
    return bytes;
  }

  #fileOf(path: string): number {
    if (this.#reading?.path !== path) {
      this.#stopReading();
      this.#reading = { path, file: openSync(path, "r") };
    }
    return this.#reading.file;
  }

  #stopReading(): void {
    if (this.#reading) closeSync(this.#reading.file);
    this.#reading = undefined;
  }

  /** Closes what is open; the files stay where they are. A later write begins a new one. */
  close(): void {
    this.#stopReading();
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
    this.#length = 0;
  }

  #failed(what: string, error: unknown, path: string = this.#path || this.#folder): TaskError {
    const { code, message } = error as NodeJS.ErrnoException;
    const isFull = code === "ENOSPC" || code === "EDQUOT";
    const reason = isFull ? `the disk is full after ${formatBytes(this.#length)}` : message;
    return new TaskError("ERR_SPILL_FAILED", `the temporary file ${path} could not be ${what}: ${reason}`, {
      cause: error,
      hint: "Name another folder with THREADMILL_TMP, or give more memory with --memory.",
    });
  }
}
