/** What a Markdown text shows as code, so that tests can run it. */

export interface Block {
  language: string;
  text: string;
  /** 1-based line of its first line. */
  line: number;
}

/** Fenced blocks. One after a line `<!-- not run -->` is left out. */
export function blocksOf(markdown: string): Block[] {
  const lines = markdown.split("\n");
  const blocks: Block[] = [];
  for (let i = 0; i < lines.length; i++) {
    const language = /^```(\w+)$/.exec(lines[i])?.[1];
    if (language === undefined) continue;
    const end = lines.indexOf("```", i + 1);
    const isRun = !lines.slice(Math.max(0, i - 2), i).includes("<!-- not run -->");
    if (isRun) blocks.push({ language, text: lines.slice(i + 1, end).join("\n"), line: i + 2 });
    i = end;
  }
  return blocks;
}

/** Rows of the tables whose heading is `| expression | gives |`. */
export function expressionsOf(markdown: string): { expression: string; gives: string }[] {
  const found: { expression: string; gives: string }[] = [];
  let isInside = false;
  for (const line of markdown.split("\n")) {
    if (line === "| expression | gives |") isInside = true;
    else if (!line.startsWith("|")) isInside = false;
    const cells = isInside ? /^\| `(.+)` \| `(.+)` \|$/.exec(line) : null;
    if (cells) found.push({ expression: cells[1].replaceAll("\\|", "|"), gives: cells[2] });
  }
  return found;
}
