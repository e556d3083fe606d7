/** A job whose parser traps once (MARKER names the file that makes it once), or always, in the midst of its input. */
import { closeSync, openSync } from "node:fs";
import { count, sum } from "../../../src/job/aggregate.ts";
import { from, type Job } from "../../../src/job/job.ts";
import { csv, float, int, text } from "../../../src/job/source-format.ts";
import { SimdCsvParser } from "../../../src/kernel/simd/csv-parser.ts";
import { wasm } from "../../../src/kernel/simd/webassembly.ts";

export const userFile: string = import.meta.url;

/** (module (func (export "f") unreachable)) */
const trap = Uint8Array.from([
  ...[0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 7, 5, 1, 1, 102, 0, 0, 10, 5, 1, 3, 0, 0, 11],
]);

let isDue = false;
const { push } = SimdCsvParser.prototype;
SimdCsvParser.prototype.push = function (chunk, last) {
  const batch = push.call(this, chunk, last);
  if (isDue) {
    isDue = false;
    (new wasm.Instance(new wasm.Module(trap), {}).exports as { f(): void }).f();
  }
  return batch;
};

function isFirst(): boolean {
  try {
    closeSync(openSync(process.env.MARKER!, "wx"));
    return true;
  } catch {
    return false;
  }
}

function jobWith(isBad: (id: number) => boolean): Job<unknown> {
  return from("set by the test", csv({ columns: { id: int, url: text, ms: float } }))
    .filter((event) => {
      // The parser's next batch is not given out any more.
      isDue ||= isBad(event.id!);
      return true;
    })
    .groupBy("url")
    .aggregate({ n: count(), ids: sum("id") }) as Job<unknown>;
}

export const trapsOnce: Job<unknown> = jobWith((id) => id > 9000 && isFirst());
export const traps: Job<unknown> = jobWith((id) => id > 9000);
