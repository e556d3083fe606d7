/** How fast a folder's files are read, and written if it has none: one measurement, for `doctor`. */
import { randomBytes } from "node:crypto";
import { closeSync, openSync, readSync } from "node:fs";
import { open, readdir, rm, stat, statfs } from "node:fs/promises";
import { join } from "node:path";

/** As much as is read or written. A quarter of a second on a fast disk, some seconds on a slow one. */
const SAMPLE_BYTES = 256_000_000;
/** Below this, opening a file weighs more than reading it. */
const FILE_BYTES_MIN = 1024 * 1024;
const PIECE_BYTES = 1024 * 1024;

export interface DiskSpeed {
  readBytes: number;
  readMs: number;
  /** undefined: the folder's own files were read and nothing was written. */
  writeMs: number | undefined;
}

function readFiles(paths: readonly string[]): { readBytes: number; readMs: number } {
  const piece = new Uint8Array(PIECE_BYTES);
  let readBytes = 0;
  const began = performance.now();
  for (const path of paths) {
    const descriptor = openSync(path, "r");
    try {
      for (let got = 1; got > 0 && readBytes < SAMPLE_BYTES; readBytes += got) got = readSync(descriptor, piece);
    } finally {
      closeSync(descriptor);
    }
  }
  return { readBytes, readMs: performance.now() - began };
}

async function largeFiles(folder: string): Promise<string[]> {
  const found: string[] = [];
  let bytes = 0;
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (!entry.isFile() || bytes >= SAMPLE_BYTES) continue;
    const path = join(folder, entry.name);
    const size = await stat(path).then(
      (facts) => facts.size,
      () => 0,
    );
    if (size < FILE_BYTES_MIN) continue;
    found.push(path);
    bytes += size;
  }
  return found;
}

/**
 * Reads up to 256 MB of the files that are in the folder; without any large ones, writes a file first (at most a tenth of
 * the free space), and removes it again. What was read lately comes from memory, not from the disk: an upper bound.
 * @throws the system's error, if the folder can be neither read nor written
 */
export async function measureDisk(folder: string): Promise<DiskSpeed> {
  const present = await largeFiles(folder);
  if (present.length > 0) return { ...readFiles(present), writeMs: undefined };
  const space = await statfs(folder);
  const bytes = Math.min(SAMPLE_BYTES, Math.floor((space.bavail * space.bsize) / 10));
  const path = join(folder, `.threadmill-doctor-${randomBytes(4).toString("hex")}.tmp`);
  try {
    const began = performance.now();
    const file = await open(path, "wx");
    try {
      // Random bytes: a file system that compresses must not flatter itself.
      const piece = randomBytes(PIECE_BYTES);
      for (let done = 0; done < bytes; done += PIECE_BYTES)
        await file.write(piece, 0, Math.min(PIECE_BYTES, bytes - done));
      await file.sync();
    } finally {
      await file.close();
    }
    const writeMs = performance.now() - began;
    return { ...readFiles([path]), writeMs };
  } finally {
    await rm(path, { force: true });
  }
}
