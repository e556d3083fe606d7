/** Live input: rows come out while the writer of stdin thinks, and slow input gives the same answers as fast input. */
import { afterAll, afterEach, describe, expect, test } from "vitest";
import { runCli, startCli, workFolder } from "../support/cli.ts";

const folder = workFolder();
const cwd = folder.path;
afterAll(() => folder.remove());
afterEach(() => expect(folder.leftovers()).toEqual([]));

describe("rows appear before stdin ends", () => {
  test.each<[string, string[], string[], string[]]>([
    [
      "declared csv",
      ["--columns", "k:text,v:int"],
      ["a,1\n", "b,2\n", '"c\n', 'd",3\n'],
      ["a\n", "b\n", "", '"c\nd"\n'],
    ],
    ["csv with a header that is found", [], ["k,v\na,1\n", "b,2\n"], ["a\n", "b\n"]],
    ["ndjson", [], ['{"k":"a"}\n{"k":"b"}\n', '{"k":', '"c"}\n'], ["b\n", "", "c\n"]],
  ])("%s", async (_, flags, pieces, shown) => {
    const { child, done, saw } = startCli(["query", "-", ...flags, "--select", "k", "-w", "1"], { cwd, input: "open" });
    for (const [at, piece] of pieces.entries()) {
      child.stdin!.write(piece);
      await saw(shown[at]);
    }
    child.stdin!.end();
    const { code, stdout } = await done;
    expect(code).toBe(0);
    const whole = await runCli(["query", "-", ...flags, "--select", "k", "-w", "1"], { cwd, input: pieces.join("") });
    expect(stdout).toBe(whole.stdout);
  });
});

test("a limit ends the command although its writer goes on", async () => {
  const { child, done } = startCli(["query", "-", "--columns", "k:text,v:int", "--select", "k", "--limit", "1"], {
    cwd,
    input: "open",
  });
  child.stdin!.write("a,1\nb,2\n");
  expect(await done).toMatchObject({ code: 0, stdout: "k\na\n" });
});

test("the summary of groups is the same, whether rows come at once or in parts", async () => {
  const args = ["query", "-", "--by", "k", "--aggregate", "n=count(),s=sum(v)", "--json", "-w", "1"];
  const rows = ["k,v\na,1\n", "b,2\na", ",3\n", "b,4"];
  const { child, done, saw } = startCli(args, { cwd, input: "open" });
  for (const [at, row] of rows.entries()) {
    child.stdin!.write(row);
    if (at === 0) await saw("read as csv");
  }
  child.stdin!.end();
  const [parts, whole] = [await done, await runCli(args, { cwd, input: rows.join("") })];
  expect(parts.stdout).toBe("k,n,s\na,2,4\nb,2,6\n");
  expect(whole.stdout).toBe(parts.stdout);
});
