/** Input of the job tests: `id,url,ms` rows, and the answers about them, counted without the package. */
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface Row {
  id: number;
  url: string;
  ms: number;
}

const ROWS = 20_000;

export function makeRows(n: number = ROWS): Row[] {
  return Array.from({ length: n }, (_, id) => ({ id, url: `/page/${(id * 31) % 17}`, ms: ((id * 7919) % 10_007) / 4 }));
}

/** Files with all rows: two thirds in the first, the others in the second. */
export function writeRows(rows: readonly Row[] = makeRows()): string[] {
  const folder = mkdtempSync(join(tmpdir(), "threadmill-rows-"));
  const cut = Math.floor((rows.length * 2) / 3);
  return [rows.slice(0, cut), rows.slice(cut)].map((part, index) => {
    const path = join(folder, `${index}.csv`);
    writeFileSync(path, part.map(({ id, url, ms }) => `${id},${url},${ms}\n`).join(""));
    return path;
  });
}

/** Count and sum of ids per URL, by URL. */
export function perUrl(rows: readonly Row[] = makeRows()): { url: string; n: number; ids: number }[] {
  const groups = new Map<string, { url: string; n: number; ids: number }>();
  for (const { id, url } of rows) {
    const group = groups.get(url) ?? { url, n: 0, ids: 0 };
    groups.set(url, group);
    group.n++;
    group.ids += id;
  }
  return [...groups.values()].sort((a, b) => (a.url < b.url ? -1 : 1));
}
