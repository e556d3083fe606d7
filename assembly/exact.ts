/**
 * Exact sums of doubles: the twin of src/kernel/group/exact.ts, four doubles per group. Rows that do not go by this are
 * left to TypeScript, which is told of them in a report:
 *
 *     rows · spills · 8 unused bytes · row numbers (4 bytes each, n of them) · spills (16 bytes each: double, group, list)
 *
 * A row that is reported has changed nothing. A spill is what the fourth double could not hold.
 */

const LARGE: f64 = 8.452712498170644e270; // 2^900
const SQUARE_MIN: f64 = 3.4395525670743494e-136; // 2^-450
const SQUARE_MAX: f64 = 2.9073548971824276e135; // 2^450
const SPLITTER: f64 = 134217729; // 2^27 + 1
const MAX_SAFE: f64 = 9007199254740991;

const INT: u8 = 1;
const FLOAT: u8 = 4;

@inline
function reportRow(report: usize, row: usize): void {
  const rows = load<u32>(report);
  store<u32>(report + (<usize>rows << 2), <u32>row, 16);
  store<u32>(report, rows + 1);
}

function reportSpill(report: usize, n: i32, value: f64, group: u32, list: u32): void {
  const spills = load<u32>(report, 4);
  const at = report + 16 + (((<usize>n << 2) + 15) & ~15) + (<usize>spills << 4);
  store<f64>(at, value);
  store<u32>(at, group, 8);
  store<u32>(at, list, 12);
  store<u32>(report, spills + 1, 4);
}

/** Adds x to the third and fourth double; returns what they cannot hold. */
function addLowest(parts: usize, x: f64): f64 {
  const c = load<f64>(parts, 16);
  const sumC = c + x;
  const partC = sumC - c;
  const errorC = c - (sumC - partC) + (x - partC);
  store<f64>(parts, sumC, 16);
  if (errorC == 0) return 0;
  const d = load<f64>(parts, 24);
  const sumD = d + errorC;
  const partD = sumD - d;
  store<f64>(parts, sumD, 24);
  return d - (sumD - partD) + (errorC - partD);
}

@inline
function addLow(parts: usize, x: f64): f64 {
  const b = load<f64>(parts, 8);
  const sum = b + x;
  const part = sum - b;
  const error = b - (sum - part) + (x - part);
  store<f64>(parts, sum, 8);
  return error == 0 ? 0 : addLowest(parts, error);
}

/** Adds x, |x| < LARGE. Without a branch on the first error: whether there is one is as good as random. */
@inline
function add(parts: usize, x: f64): f64 {
  const a = load<f64>(parts);
  const sum = a + x;
  const part = sum - a;
  store<f64>(parts, sum);
  return addLow(parts, a - (sum - part) + (x - part));
}

export function sumFloats(
  groups: usize,
  n: i32,
  values: usize,
  nulls: usize,
  seen: usize,
  counts: usize,
  parts: usize,
  report: usize,
): void {
  store<u64>(report, 0);
  for (let i: usize = 0; i < <usize>n; i++) {
    if (nulls != 0 && load<u8>(nulls + i) != 0) continue;
    const group = <usize>load<u32>(groups + (i << 2));
    const x = load<f64>(values + (i << 3));
    if (!(abs(x) < LARGE)) {
      reportRow(report, i);
      continue;
    }
    store<u8>(seen + group, load<u8>(seen + group) | FLOAT);
    const count = counts + (group << 3);
    store<f64>(count, load<f64>(count) + 1);
    const rest = add(parts + (group << 5), x);
    if (rest != 0) reportSpill(report, n, rest, <u32>group, 0);
  }
}

/** Integers, while the sum is a safe one. */
export function sumInts(
  groups: usize,
  n: i32,
  values: usize,
  nulls: usize,
  seen: usize,
  counts: usize,
  ints: usize,
  report: usize,
): void {
  store<u64>(report, 0);
  for (let i: usize = 0; i < <usize>n; i++) {
    if (nulls != 0 && load<u8>(nulls + i) != 0) continue;
    const group = <usize>load<u32>(groups + (i << 2));
    const at = ints + (group << 3);
    const sum = load<f64>(at) + load<f64>(values + (i << 3));
    if (!(abs(sum) <= MAX_SAFE)) {
      reportRow(report, i);
      continue;
    }
    store<f64>(at, sum);
    store<u8>(seen + group, load<u8>(seen + group) | INT);
    const count = counts + (group << 3);
    store<f64>(count, load<f64>(count) + 1);
  }
}

/** Sums and sums of squares. Spills of list 1 belong to the squares. */
export function sumSquares(
  groups: usize,
  n: i32,
  values: usize,
  nulls: usize,
  counts: usize,
  sums: usize,
  squares: usize,
  report: usize,
): void {
  store<u64>(report, 0);
  for (let i: usize = 0; i < <usize>n; i++) {
    if (nulls != 0 && load<u8>(nulls + i) != 0) continue;
    const group = <usize>load<u32>(groups + (i << 2));
    const x = load<f64>(values + (i << 3));
    const size = abs(x);
    if (!(size <= SQUARE_MAX) || (size < SQUARE_MIN && size != 0)) {
      reportRow(report, i);
      continue;
    }
    const count = counts + (group << 3);
    store<f64>(count, load<f64>(count) + 1);
    const rest = add(sums + (group << 5), x);
    if (rest != 0) reportSpill(report, n, rest, <u32>group, 0);
    // Veltkamp's split and Dekker's product: square + error is x² exactly.
    const square = x * x;
    const t = SPLITTER * x;
    const high = t - (t - x);
    const low = x - high;
    const error = high * high - square + 2 * high * low + low * low;
    const parts = squares + (group << 5);
    const more = add(parts, square);
    if (more != 0) reportSpill(report, n, more, <u32>group, 1);
    const most = addLow(parts, error);
    if (most != 0) reportSpill(report, n, most, <u32>group, 1);
  }
}

/**
 * The least (sign 1) or greatest (sign -1) number of a group. Groups of another type and NaN are reported. tags: 0 where
 * there is nothing yet.
 */
export function extremes(
  groups: usize,
  n: i32,
  values: usize,
  nulls: usize,
  tag: i32,
  sign: f64,
  tags: usize,
  numbers: usize,
  report: usize,
): void {
  store<u64>(report, 0);
  for (let i: usize = 0; i < <usize>n; i++) {
    if (nulls != 0 && load<u8>(nulls + i) != 0) continue;
    const group = <usize>load<u32>(groups + (i << 2));
    const x = load<f64>(values + (i << 3));
    const at = numbers + (group << 3);
    const stored = load<u8>(tags + group);
    if (stored == tag) {
      const best = load<f64>(at);
      if (x * sign < best * sign) store<f64>(at, x + 0.0);
      else if (!(x * sign >= best * sign)) reportRow(report, i);
    } else if (stored == 0 && x == x) {
      store<u8>(tags + group, <u8>tag);
      store<f64>(at, x + 0.0);
    } else reportRow(report, i);
  }
}
