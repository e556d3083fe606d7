/** Mistakes that used to cost something: an input, a result, or the reader's time. Each is named before any work is done. */
import { linkSync, readFileSync, symlinkSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import { runCli, startCli, workFolder } from "../support/cli.ts";

const folder = workFolder();
const cwd = folder.path;
afterAll(() => folder.remove());
afterEach(() => expect(folder.leftovers()).toEqual([]));

const rows = "k,v\na,1\nb,2\na,3\n";
folder.file("in.csv", rows);
linkSync(join(cwd, "in.csv"), join(cwd, "hard.csv"));
symlinkSync("in.csv", join(cwd, "soft.csv"));
folder.file(
  "job.ts",
  'import { count, from } from "threadmill";\nexport default from("in.csv").aggregate({ n: count() });\n',
);

const query = ["query", "in.csv", "--aggregate", "n=count()", "-w", "0"];

async function refuses(args: string[], ...texts: string[]): Promise<void> {
  const { code, stdout, stderr } = await runCli(args, { cwd });
  for (const text of texts) expect(stderr).toContain(text);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
}

describe("an output that is an input", () => {
  test.each<[string, string[]]>([
    ["by its name", [...query, "-o", "in.csv"]],
    ["by a hard link", [...query, "-o", "hard.csv"]],
    ["by a symbolic link", [...query, "-o", "./soft.csv"]],
    ["the quarantine", [...query, "--on-error", "quarantine=in.csv"]],
    ["of a job module", ["run", "job.ts", "-w", "0", "-o", "hard.csv"]],
  ])("%s", async (_, args) => {
    await refuses(args, "in.csv is read", "ERR_OUTPUT_IS_INPUT");
    expect(readFileSync(join(cwd, "in.csv"), "utf8")).toBe(rows);
  });

  test("both outputs the same, whether it exists or not", async () => {
    folder.file("old.csv", "old");
    for (const name of ["new.csv", "old.csv"]) {
      await refuses([...query, "-o", name, "--on-error", `quarantine=./${name}`], "--output", "quarantine=", name);
    }
    expect(readFileSync(join(cwd, "old.csv"), "utf8")).toBe("old");
  });

  test("devices may be both", async () => {
    const { code, stdout } = await runCli(
      ["query", "/dev/null", "in.csv", "--aggregate", "n=count()", "-o", "/dev/null", "--to", "csv"],
      { cwd },
    );
    expect({ code, stdout }).toEqual({ code: 0, stdout: "" });
  });
});

describe("flags out of range", () => {
  test.each<[string[], string]>([
    [["--heap", "1KB"], "--heap takes 16MB or more"],
    [["--heap", "0"], "--heap takes 16MB or more"],
    [["--memory", "0"], "--memory takes 1B or more"],
    [["--memory", "127MB", "-w", "2"], "memory of 127 MB is too little: it takes 128MB or more for 2 workers"],
    [["--split-bytes", "0"], "--split-bytes takes 1B or more"],
    [["--line-max", "0"], "--line-max takes 1B or more"],
    [["--split-timeout", "0s"], "--split-timeout takes a time"],
    [["--split-timeout", "99999999m"], "--split-timeout takes a time"],
    [["--by", "k", "--aggregate", "k=count()"], 'two columns of the result are named "k"'],
  ])("%s", (flags, text) => refuses([...query, ...flags], text));

  test("the least memory is enough to run", async () => {
    const { code, stdout } = await runCli([...query, "-w", "1", "--memory", "64MB", "--heap", "16MB"], { cwd });
    expect({ code, stdout }).toEqual({ code: 0, stdout: "n\n3\n" });
  });
});

test("collect needs no limit, and the help shows how each aggregate is called", async () => {
  const { stdout } = await runCli(["query", "in.csv", "--aggregate", "all=collect(v)", "-w", "0", "--to", "ndjson"], {
    cwd,
  });
  expect(stdout).toBe('{"all":[1,2,3]}\n');
  const help = await runCli(["query", "--help"], { cwd });
  for (const usage of ["quantile(column, 0.99)", "top(column, 10)", "histogram(column, width)", "collect(column)"])
    expect(help.stdout).toContain(usage);
});

test("a value that does not fit a guessed type: the hint says that it was guessed, unless it was declared", async () => {
  folder.file("late.csv", `k,v\n${"a,1\n".repeat(100_000)}b,none\n`);
  for (const what of [
    ["--aggregate", "s=sum(v)"],
    ["--select", "v"],
  ]) {
    const { code, stderr } = await runCli(["query", "late.csv", ...what, "-o", "out.csv", "-w", "0"], { cwd });
    expect(stderr).toMatch(/late\.csv:100002: column v: "none" is not/);
    expect(stderr).toContain("The type of v was inferred from the first rows: declare it, as in --columns v:text.");
    expect(code).toBe(1);
  }
  const declared = ["--header", "--columns", "v:int"];
  const { stderr } = await runCli(["query", "late.csv", ...declared, "--aggregate", "s=sum(v)", "-w", "0"], { cwd });
  expect(stderr).not.toContain("inferred");
  expect(stderr).toContain("--on-error skip");
});

test.runIf(process.platform === "linux")("a full device is no file: nothing is said of partial files", async () => {
  const { code, stderr } = await runCli(
    ["query", "in.csv", "--select", "k", "-o", "/dev/full", "--to", "csv", "-w", "0"],
    { cwd },
  );
  expect(stderr).toContain("ERR_DISK_FULL");
  expect(stderr).not.toContain("partial");
  expect(code).toBe(1);
});

/** Resolves once the command has its handlers: before, it would just die. Node itself has one for each of the others from the start. */
async function handlesSignals(pid: number): Promise<void> {
  const bit = 1n << BigInt(constants.signals.SIGHUP - 1);
  for (;;) {
    const caught = /^SigCgt:\s*(\w+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
    if (BigInt(`0x${caught}`) & bit) return;
    await setImmediate();
  }
}

describe.runIf(process.platform === "linux")("an interrupt", () => {
  test.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)(
    "%s ends a command that waits for stdin, at once",
    async (signal) => {
      for (const first of ["", "k,v\na,1\n"]) {
        const args = ["query", "-", "--aggregate", "n=count()", "-o", "out.csv", "--on-error", "quarantine=bad.csv"];
        const { child, done } = startCli(args, { cwd, input: "open" });
        child.stdin!.write(first);
        await handlesSignals(child.pid!);
        const sent = performance.now();
        child.kill(signal);
        expect((await done).code).toBe(130);
        expect(performance.now() - sent).toBeLessThan(2000);
      }
    },
  );
});
