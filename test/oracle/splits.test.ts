/** Borders that are guessed wrong: quoted fields that hold long text that looks like CSV, with newlines, cut small. */
import { readFileSync } from "node:fs";
import { beforeAll, expect, test } from "vitest";
import { quoted } from "../support/duckdb.ts";
import { useOracle, type Way } from "../support/oracle.ts";

const oracle = useOracle([0, 1, 2, 3]);
const columns = "id:int,a:text,b:int,c:text";
let file: string;
let reader: string;

/** Rows of the same shape as the file's own: nothing near them says that they stand inside quotes. */
function disguised(rows: number, seed: number): string {
  return Array.from({ length: rows }, (_, i) => `${seed * 1000 + i},fake ${i % 3},${i},end`).join("\n");
}

beforeAll(async () => {
  const rows: string[] = [];
  for (let i = 0; i < 60; i++) {
    const kind = i % 6;
    if (kind === 0) rows.push(`${i},"${disguised(40 + i, i)}",${i},long`);
    else if (kind === 1) rows.push(`${i},"${disguised(2, i)}\n",${i},"\n"`);
    else if (kind === 2) rows.push(`${i},"""quoted"",\n""${disguised(12, i)}""\n",${i},"""\n"""`);
    else if (kind === 3) rows.push(`${i},"\n\n\n",${i},`);
    else rows.push(`${i},plain ${i % 4},${i},"x"`);
  }
  file = oracle.write("adversarial.csv", `${rows.join("\n")}\n`);
  reader = `read_csv(${quoted(file)}, header = false, auto_detect = false, parallel = false, strict_mode = true,
    quote = '"', escape = '"', delim = ',', columns = {'id': 'INT', 'a': 'VARCHAR', 'b': 'INT', 'c': 'VARCHAR'})`;
  expect((await oracle.duck.query(`select count(*) from ${reader}`)).rows).toEqual([[60]]);
});

const sizes = [1, 2, 7, 33, 100, 257, 1000, 4096, 20_000];
// One byte a split makes as many tasks as bytes: once is enough.
const ways: Way[] = sizes
  .slice(1)
  .flatMap((splitBytes, i) => [
    { workers: i % 4, splitBytes },
    ...(i % 2 === 0 ? [{ workers: (i + 2) % 4, splitBytes }] : []),
  ]);

test("groups", () =>
  oracle.agree(
    file,
    {
      columns,
      by: "c, k=id % 6",
      aggregate: "n=count(), b=sum(b), a=distinct(a), size=sum(length(a)), first=first(id), last=last(a)",
    },
    `select c, id % 6 k, count(*), sum(b), count(distinct a), sum(length(a)), min(id), arg_max(a, id)
     from ${reader} group by all order by all`,
    [{ workers: 0 }, ...ways, { workers: 3, splitBytes: sizes[0] }],
  ));

test("rows, in the order of the file", () =>
  oracle.agree(file, { columns, select: "id, a, b, c" }, `from ${reader}`, [{ workers: 0 }, ...ways]));

test("the file thrice, beside one without quotes", async () => {
  const plain = oracle.write("plain.csv", Array.from({ length: 200 }, (_, i) => `${i},p,${i},q\n`).join(""));
  const other = reader.replace("adversarial", "plain");
  await oracle.agree(
    [file, plain, oracle.write("copy.csv", readFileSync(file)), oracle.write("again.csv", readFileSync(file))],
    { columns, by: "c", aggregate: "n=count(), b=sum(b), a=distinct(a)" },
    `select c, count(*), sum(b), count(distinct a) from (from ${reader} union all from ${reader} union all from ${reader}
     union all from ${other}) group by all order by all`,
    ways.slice(2),
  );
});

test("a file that is one quoted field, and one whose quotes are never closed at a border", async () => {
  const one = oracle.write("one.csv", `"${disguised(300, 1)}"\n`);
  await oracle.agree(
    one,
    { columns: "a:text", delimiter: ",", aggregate: "n=count(), size=sum(length(a))" },
    `select 1, ${disguised(300, 1).length}`,
    ways,
  );
});
