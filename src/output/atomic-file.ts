/**
 * A file that appears whole or not at all: written to a hidden temporary in the same folder, flushed to the disk, then
 * renamed over its name. An existing file keeps its permissions, a symbolic link keeps pointing (its target is replaced).
 * Devices and named pipes cannot be renamed over: they are written directly.
 *
 * Temporaries are registered before they exist, so that `abortAll` can remove every one of them from an exit or signal handler.
 */
import { randomBytes } from "node:crypto";
import { constants, unlinkSync } from "node:fs";
import { access, type FileHandle, open, realpath, rename, stat, unlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { ThreadmillError, UsageError } from "../base/errors.ts";
import { removeAbandoned, temporaryOf } from "./temporary.ts";

export interface AtomicFile {
  /** As given by the caller. */
  readonly path: string;
  /** Bytes written so far. */
  readonly bytes: number;
  write(chunk: string | Uint8Array): Promise<void>;
  /** Flushes to the disk and puts the file in its place. */
  commit(): Promise<void>;
  /** Removes what was written; harmless after commit. */
  abort(): Promise<void>;
}

const temporaries = new Set<string>();

/** Removes the temporaries of all files that are neither committed nor aborted. Synchronous: for exit and signal handlers. */
export function abortAll(): void {
  for (const temporary of temporaries) {
    try {
      unlinkSync(temporary);
    } catch {
      // It may not exist yet; nothing can be done about the rest while the process ends.
    }
  }
  temporaries.clear();
  process.off("exit", abortAll);
}

function register(temporary: string): void {
  if (temporaries.size === 0) process.on("exit", abortAll);
  temporaries.add(temporary);
}

function unregister(temporary: string): void {
  temporaries.delete(temporary);
  if (temporaries.size === 0) process.off("exit", abortAll);
}

/**
 * Opens a file for writing whole or not at all.
 * Throws UsageError ERR_IS_DIRECTORY, ERR_NO_FOLDER, ERR_ACCESS; ThreadmillError ERR_DISK_FULL, ERR_WRITE.
 */
export async function createAtomicFile(path: string): Promise<AtomicFile> {
  const target = await inspect(path);
  if (!target.regular) return openFile(path, target.path, undefined, 0o666);
  await removeAbandoned(dirname(target.path), [target.path]);
  const temporary = temporaryOf(target.path);
  register(temporary);
  try {
    return await openFile(path, target.path, temporary, target.mode);
  } catch (error) {
    unregister(temporary);
    throw error;
  }
}

/** Where the bytes will finally lie, and whether a rename can put them there. */
async function inspect(path: string): Promise<{ path: string; regular: boolean; mode: number | undefined }> {
  if (path === "") throw new UsageError("ERR_NO_FOLDER", "the output path is empty", { hint: "Name a file after -o." });
  try {
    const found = await stat(path);
    if (found.isDirectory()) {
      throw new UsageError("ERR_IS_DIRECTORY", `cannot write the result to ${path}: it is a directory`, {
        hint: `Name a file in it, for example ${join(path, "result.csv")}.`,
        place: { file: path },
      });
    }
    await access(path, constants.W_OK);
    return { path: await realpath(path), regular: found.isFile(), mode: found.mode & 0o777 };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw writeError(error, path);
    return { path, regular: true, mode: undefined };
  }
}

/** Refuses at once what could not be written after a long run: a folder, a file in no folder, a place without permission. */
export async function checkTarget(path: string): Promise<void> {
  const target = await inspect(path);
  if (!target.regular || target.mode !== undefined) return;
  try {
    await access(dirname(target.path), constants.W_OK);
  } catch (error) {
    throw writeError(error, path);
  }
}

async function openFile(
  path: string,
  target: string,
  temporary: string | undefined,
  mode: number | undefined,
): Promise<AtomicFile> {
  let handle: FileHandle | undefined;
  let bytes = 0;
  try {
    handle = temporary === undefined ? await open(target, "w") : await open(temporary, "wx", mode ?? 0o666);
    if (temporary !== undefined && mode !== undefined) await handle.chmod(mode);
  } catch (error) {
    await handle?.close().catch(() => {});
    throw writeError(error, path);
  }

  async function discard(): Promise<void> {
    await handle?.close().catch(() => {});
    handle = undefined;
    if (temporary === undefined) return;
    await unlink(temporary).catch(() => {});
    unregister(temporary);
  }

  return {
    path,
    get bytes(): number {
      return bytes;
    },
    async write(chunk) {
      const buffer = typeof chunk === "string" ? Buffer.from(chunk) : chunk;
      try {
        await writeWhole(handle!, buffer, null);
      } catch (error) {
        throw writeError(error, path, temporary !== undefined);
      }
      bytes += buffer.length;
    },
    async commit() {
      try {
        if (temporary !== undefined) await handle!.sync();
        await handle!.close();
        handle = undefined;
        if (temporary === undefined) return;
        await rename(temporary, target);
        unregister(temporary);
        await syncFolder(dirname(target));
      } catch (error) {
        await discard();
        throw writeError(error, path);
      }
    },
    async abort() {
      if (handle !== undefined) await discard();
    },
  };
}

/** A private file for reading back what was written. Removed by close, or by abortAll. */
export interface Scratch {
  write(bytes: Uint8Array, position: number): Promise<void>;
  read(position: number, bytes: number): Promise<Buffer>;
  close(): Promise<void>;
}

/** Opens a scratch file whose name begins with `prefix`, readable by its owner only. Errors as createAtomicFile. */
export async function openScratch(prefix: string): Promise<Scratch> {
  const temporary = `${prefix}.${process.pid}-${randomBytes(4).toString("hex")}.tmp`;
  register(temporary);
  const handle = await open(temporary, "wx+", 0o600).catch((error) => {
    unregister(temporary);
    throw writeError(error, temporary);
  });
  return {
    async write(bytes, position) {
      try {
        await writeWhole(handle, bytes, position);
      } catch (error) {
        throw writeError(error, temporary);
      }
    },
    async read(position, bytes) {
      const buffer = Buffer.allocUnsafe(bytes);
      for (let start = 0; start < bytes; ) {
        const { bytesRead } = await handle.read(buffer, start, bytes - start, position + start);
        if (bytesRead === 0) throw new ThreadmillError("ERR_WRITE", `the scratch file ${temporary} was cut short`);
        start += bytesRead;
      }
      return buffer;
    },
    async close() {
      await handle.close().catch(() => {});
      await unlink(temporary).catch(() => {});
      unregister(temporary);
    },
  };
}

/** One write call may take only part of the bytes. `position` null: where the last write ended. */
async function writeWhole(handle: FileHandle, bytes: Uint8Array, position: number | null): Promise<void> {
  for (let start = 0; start < bytes.length; ) {
    const at = position === null ? null : position + start;
    start += (await handle.write(bytes, start, bytes.length - start, at)).bytesWritten;
  }
}

/** Makes the rename itself durable. Not every file system allows it, and the data is safe without: failures are ignored. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r").catch(() => undefined);
  await handle?.sync().catch(() => {});
  await handle?.close().catch(() => {});
}

/**
 * What went wrong while writing to `path`, as one of ours. Errors that are already ours pass through. `isAtomic`: a file
 * that appears whole or not at all, and no device or pipe.
 */
export function writeError(error: unknown, path: string, isAtomic = true): Error {
  if (error instanceof ThreadmillError) return error;
  const code = (error as NodeJS.ErrnoException)?.code;
  const options = { place: { file: path }, cause: error };
  switch (code) {
    case "ENOENT":
    case "ENOTDIR":
      return new UsageError("ERR_NO_FOLDER", `cannot write the result to ${path}: the folder does not exist`, {
        ...options,
        hint: `Create ${dirname(path)} first, or name another file.`,
      });
    case "EISDIR":
      return new UsageError("ERR_IS_DIRECTORY", `cannot write the result to ${path}: it is a directory`, options);
    case "EACCES":
    case "EPERM":
    case "EROFS":
      return new UsageError("ERR_ACCESS", `cannot write the result to ${path}: not permitted (${code})`, {
        ...options,
        hint: "Name a file in a folder that you may write to.",
      });
    case "ENOSPC":
    case "EDQUOT":
      return new ThreadmillError("ERR_DISK_FULL", `cannot write the result to ${path}: the disk is full (${code})`, {
        ...options,
        hint: `Free some space or name a file on another disk.${isAtomic ? " No partial file was left behind." : ""}`,
      });
    default: {
      const reason = error instanceof Error ? error.message : String(error);
      return new ThreadmillError("ERR_WRITE", `cannot write the result to ${path}: ${reason}`, options);
    }
  }
}
