/** Pair ids sorted by group (counting sort): the pairs of group g are order[starts[g]..starts[g + 1]). */
export interface ByGroup {
  starts: Int32Array;
  order: Int32Array;
}

export function byGroup(groupOf: Int32Array, pairs: number, groups: number): ByGroup {
  const starts = new Int32Array(groups + 1);
  for (let i = 0; i < pairs; i++) starts[groupOf[i] + 1]++;
  for (let g = 0; g < groups; g++) starts[g + 1] += starts[g];
  const next = starts.slice();
  const order = new Int32Array(pairs);
  for (let i = 0; i < pairs; i++) order[next[groupOf[i]]++] = i;
  return { starts, order };
}
