/** `threadmill doctor`: what this machine has, and what would hold a job back. */
import { Command } from "commander";
import { examine, formatFindings } from "../run/doctor.ts";

export function doctorCommand(): Command {
  return new Command("doctor")
    .description("what this machine has: Node, cores, memory, disk, optional packages")
    .argument("[folder]", "measure the read speed of this folder")
    .option("--json", "print the findings as JSON")
    .addHelpText("after", "\nExamples:\n  threadmill doctor\n  threadmill doctor /data --json")
    .action(async (folder: string | undefined, flags: { json?: boolean }) => {
      const findings = await examine({ folder });
      process.stdout.write(flags.json ? `${JSON.stringify(findings, null, 2)}\n` : `${formatFindings(findings)}\n`);
    });
}
