/**
 * `npm run test:node26`: the same tests on Node 26, whose binary npm fetches into node_modules/.cache. What the tests
 * start (the launcher, workers, jobs) runs on it too.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { showStep } from "./process.ts";
import { closingLine, runVitest } from "./vitest.ts";

const folder = resolve("node_modules/.cache/node26");
const node = `${folder}/node_modules/node/bin/node`;
if (!existsSync(node)) {
  mkdirSync(folder, { recursive: true });
  const wanted = { private: true, dependencies: { node: "26" }, allowScripts: { node: true } };
  writeFileSync(`${folder}/package.json`, JSON.stringify(wanted, null, 2) + "\n");
  await showStep({ name: "fetch Node 26", command: "npm", args: ["install", "--prefix", folder] });
}
const version = execFileSync(node, ["--version"], { encoding: "utf8" }).trim();
const built = await showStep({ name: "build", command: "node", args: ["scripts/build.ts"] });
console.log(`\n▶ tests on Node ${version}`);
const counts = await runVitest({ node, args: process.argv.slice(2) });
console.log(closingLine(counts));
process.exitCode = counts.failed > 0 || built.code !== 0 ? 1 : 0;
