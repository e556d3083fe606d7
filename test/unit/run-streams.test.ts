// Streams of a run: looked at, read once, given up while their writers are silent. With real named pipes.
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { count } from "../../src/job/aggregate.ts";
import { from } from "../../src/job/job.ts";
import { csv, int, text } from "../../src/job/source-format.ts";
import { prepare, run } from "../../src/run/run.ts";

let folder: string;
let pipe: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "threadmill-streams-"));
  pipe = join(folder, "pipe");
  execFileSync("mkfifo", [pipe]);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const format = csv({ delimiter: ",", columns: { k: text, v: int } });
const counts = () => from(pipe, format).groupBy("k").aggregate({ n: count() });

describe.runIf(process.platform === "linux")("a named pipe", () => {
  test("is read to its end, whichever side opens it first", async () => {
    for (const isWriterFirst of [false, true]) {
      const write = () => spawn("sh", ["-c", `printf 'a,1\\nb,2\\na,3\\n' > ${pipe}`]);
      const early = isWriterFirst ? write() : undefined;
      const answer = run(counts(), { workers: 0 });
      const writer = early ?? write();
      expect(await (await answer).toArray()).toEqual([
        { k: "a", n: 2 },
        { k: "b", n: 1 },
      ]);
      if (writer.exitCode === null) await once(writer, "close");
    }
  });

  test("without a writer, and with a silent one: an abort ends the first look at it", async () => {
    for (const isSilent of [false, true]) {
      const writer = isSilent ? openSync(pipe, "r+") : undefined;
      const abort = new AbortController();
      const prepared = prepare(counts(), { signal: abort.signal });
      prepared.catch(() => {});
      await setImmediate();
      abort.abort();
      await expect(prepared).rejects.toMatchObject({ code: "ERR_INTERRUPTED" });
      if (writer !== undefined) closeSync(writer);
    }
  });

  test("a run that has enough, or is aborted, ends although the writer goes on", async () => {
    const writer = openSync(pipe, "r+");
    writeSync(writer, "a,1\n".repeat(10_000));
    const abort = new AbortController();
    const groups = run(counts(), { workers: 0, signal: abort.signal });
    await setImmediate();
    abort.abort();
    await expect(groups).rejects.toMatchObject({ code: "ERR_INTERRUPTED" });
    closeSync(writer);
  });

  test("a live stream is looked at as far as it goes before it pauses; nothing of it is lost", async () => {
    const writer = openSync(pipe, "r+");
    writeSync(writer, "k,v\na,1\nb,2\n");
    const prepared = await prepare(from(pipe).groupBy("k").aggregate({ n: count() }), {});
    expect(prepared.plan.schema.columns).toEqual([
      { name: "k", type: "text" },
      { name: "v", type: "int" },
    ]);
    closeSync(writer);
    const blocks: string[] = [];
    for await (const { bytes } of prepared.streams.blocks(prepared.sources, prepared.plan, 0))
      blocks.push(Buffer.from(bytes).toString());
    expect(blocks.join("")).toBe("k,v\na,1\nb,2\n");
    prepared.streams.close();
  });
});
