/** What somebody probably meant who wrote a name that does not exist. */

/** `Did you mean "status"?` for the candidate nearest by edit distance, or else a list of what there is. */
export function suggest(name: string, candidates: readonly string[], noun: string): string {
  const wanted = name.toLowerCase();
  let best: string | undefined;
  let bestDistance = Math.max(1, Math.floor(name.length / 3)) + 1;
  for (const candidate of candidates) {
    const distance = editDistance(wanted, candidate.toLowerCase());
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  if (best !== undefined) return `Did you mean "${best}"?`;
  if (candidates.length === 0) return `There are no ${noun} here.`;
  const shown = candidates.slice(0, 40).join(", ");
  return `The ${noun} are: ${shown}${candidates.length > 40 ? ", …" : ""}.`;
}

/** Optimal string alignment distance: a swap of neighbours counts as one edit. */
export function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      let distance = Math.min(row[j - 1] + 1, last[j] + 1, last[j - 1] + cost);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        distance = Math.min(distance, beforeLast[j - 2] + 1);
      row.push(distance);
    }
    [beforeLast, last] = [last, row];
  }
  return last[b.length];
}
