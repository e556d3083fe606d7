/** Fits the columns of a table into a terminal: shrinks the widest text first, then leaves columns out. Pure. */

/** A column and its width, or the place where columns were left out. */
export type Place = { column: number; width: number } | "cut";

/** Text may shrink to this before columns are left out: less says nothing. */
const textColumnsMin = 8;

/**
 * Widths for all columns or, where they cannot fit, for as many as can: the widest leave first, the first column stays.
 * `natural`: the widths that the data asks for; `rigid`: columns that are shown whole or not at all; `width`: terminal
 * columns (undefined: no bound); `gap`: spaces between columns.
 */
export function fitColumns(natural: number[], rigid: boolean[], width: number | undefined, gap: number): Place[] {
  const all = natural.map((_, c) => c);
  if (width === undefined) return all.map((column) => ({ column, width: natural[column] }));
  const least = (c: number): number => (rigid[c] ? natural[c] : Math.min(natural[c], textColumnsMin));
  const kept = [...all];
  const room = (): number => width - gap * (kept.length - 1) - (kept.length < all.length ? gap + 1 : 0);
  while (kept.length > 1 && kept.reduce((sum, c) => sum + least(c), 0) > room()) {
    const widest = kept.reduce((found, c, i) => (i > 1 && least(c) >= least(kept[found]) ? i : found), 1);
    kept.splice(widest, 1);
  }
  const widths = shrink(
    kept.map((c) => natural[c]),
    kept.map((c) => least(c)),
    Math.max(1, room()),
  );
  const places: Place[] = kept.map((column, i) => ({ column, width: widths[i] }));
  const missing = all.findIndex((c) => c !== kept[c]);
  if (missing >= 0) places.splice(missing, 0, "cut");
  return places;
}

/** Lowers the tallest until the sum fits: every width becomes min(natural, cap), never less than its least while that fits. */
function shrink(natural: number[], least: number[], room: number): number[] {
  const sumAt = (cap: number): number =>
    natural.reduce((sum, width, i) => sum + Math.max(least[i], Math.min(width, cap)), 0);
  let cap = Math.max(...natural);
  if (sumAt(cap) <= room) return natural;
  let low = 1;
  while (low < cap) {
    const middle = Math.ceil((low + cap) / 2);
    if (sumAt(middle) <= room) low = middle;
    else cap = middle - 1;
  }
  const widths = natural.map((width, i) => Math.max(least[i], Math.min(width, cap)));
  let spare = room - widths.reduce((sum, width) => sum + width, 0);
  for (let i = 0; i < widths.length && spare > 0; i++) {
    if (widths[i] < natural[i]) {
      widths[i]++;
      spare--;
    }
  }
  // A single column wider than the terminal: cut even a number, since a wrapped line is worse.
  if (spare < 0 && widths.length === 1) widths[0] = Math.min(widths[0], room);
  return widths;
}
