/** What README and docs show is run, in a folder where the built package is installed: each command, each program, each expression. */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { blocksOf, expressionsOf } from "../support/doc-blocks.ts";
import { makeFolder, shell } from "../support/doc-folder.ts";

const root = join(import.meta.dirname, "../..");
const files = ["README.md", ...readdirSync(join(root, "docs")).map((name) => `docs/${name}`)].filter((name) =>
  name.endsWith(".md"),
);

/** What the programs of jobs.md import. */
const logs = `import { csv, float, from, int, text, timestamp } from "threadmill";
const columns = { id: text, ts: timestamp, url: text, user: text, country: text, browser: text, os: text, status: int, ttfb: float };
export const logs = from("logs/*.csv", csv({ columns }));
`;

/** A fragment is given all names of the package, as if it had imported them. */
async function programOf(text: string): Promise<string> {
  if (text.includes('from "threadmill"')) return text;
  const names = Object.keys(await import(join(root, "dist/index.js"))).filter(
    (name) => !text.includes(`const ${name} `),
  );
  return `import { ${names.join(", ")} } from "threadmill";\n${text}`;
}

/** The commands as shown, but for the size of the data and the place where it lies. */
function commandsOf(text: string): string {
  return text
    .replaceAll("npx threadmill", "threadmill")
    .replaceAll("/tmp/logs", "logs")
    .replaceAll("--lines 1000000", "--lines 2000");
}

describe.each(files)("%s", (name) => {
  const blocks = blocksOf(readFileSync(join(root, name), "utf8"));
  let folder: string;
  beforeAll(async () => {
    folder = makeFolder();
    writeFileSync(join(folder, "logs.ts"), logs);
    const first = blocks.find(({ language }) => language === "sh");
    const header = basename(name) === "input.md" ? " --header" : "";
    if (!first?.text.includes("generate"))
      await shell(`threadmill generate logs --files 2 --lines 1000${header}`, folder);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test.each(blocks.map((block) => [`${name}:${block.line} ${block.language}`, block] as const))(
    "%s",
    async (_, block) => {
      if (block.language === "sh") await shell(commandsOf(block.text), folder);
      if (block.language !== "ts") return;
      const file = /^\/\/ (\S+\.ts)$/m.exec(block.text)?.[1] ?? `block-${block.line}.ts`;
      writeFileSync(join(folder, file), commandsOf(await programOf(block.text)));
      const { stdout } = await shell(`node ${file}`, folder);
      expect(stdout).not.toBe("");
    },
  );
});

test("expressions give what expressions.md says", async () => {
  const examples = expressionsOf(readFileSync(join(root, "docs/expressions.md"), "utf8"));
  expect(examples.length).toBeGreaterThan(60);
  const folder = makeFolder();
  try {
    const url = "https://Example.com:8080/Cart/View?id=7&q=a+b%21#top";
    writeFileSync(join(folder, "row.csv"), `${url},2024-03-31T01:30:15Z, Ada ,503,12.5,\n`);
    const list = examples.map(({ expression }, i) => `e${i}=${expression}`).join(", ");
    writeFileSync(join(folder, "list"), list);
    const columns = "url,ts:timestamp,name,status:int,ttfb:float,nothing:int";
    const command = `threadmill query row.csv --columns ${columns} --select "$(cat list)" --to ndjson --workers 0`;
    const row = JSON.parse((await shell(command, folder)).stdout);
    const actual = examples.map(({ expression }, i) => `${expression} → ${JSON.stringify(row[`e${i}`])}`);
    expect(actual).toEqual(examples.map(({ expression, gives }) => `${expression} → ${gives}`));
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("links between documents lead somewhere", () => {
  for (const name of files) {
    for (const [, target] of readFileSync(join(root, name), "utf8").matchAll(/\]\((?!https?:|#)([^)#]+)/g)) {
      expect(existsSync(join(root, name, "..", target)), `${name}: ${target}`).toBe(true);
    }
  }
});
