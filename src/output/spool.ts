/**
 * Values set aside on disk, in order, to be read once more: length-prefixed records in the structured-clone form, in a
 * private temporary file that leaves with the spool. Not a cache and not a format: nothing of it outlives one call.
 */
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deserialize, serialize } from "node:v8";
import { openScratch, type Scratch } from "./atomic-file.ts";

export interface Spool extends AsyncDisposable {
  write(value: unknown): Promise<void>;
  /** All values, in the order of writing. May be called again. */
  read(): AsyncIterable<unknown>;
}

/** An empty spool; the file is made at the first write. Errors as createAtomicFile. */
export function createSpool(): Spool {
  let scratch: Scratch | undefined;
  const records: { start: number; bytes: number }[] = [];
  let end = 0;
  return {
    async write(value) {
      scratch ??= await openScratch(join(tmpdir(), "threadmill-spool"));
      const bytes = serialize(value);
      await scratch.write(bytes, end);
      records.push({ start: end, bytes: bytes.length });
      end += bytes.length;
    },
    async *read() {
      for (const record of records) yield deserialize(await scratch!.read(record.start, record.bytes));
    },
    async [Symbol.asyncDispose]() {
      await scratch?.close();
    },
  };
}
