/** What HyperLogLog needs of a column: (register << 6 | rank) per row, -1 for null; see src/sketch/hyperloglog.ts. */
import { houseNumber, murmurBytes } from "./hash";

const TAG_TEXT: u32 = 5;
/** Of src/kernel/group/approx.ts. */
const REGISTER_SEED: u32 = 0x2545f491;
const RANK_SEED: u32 = 0x1b56c4e9;
const PRECISION: u32 = 12;

@inline
function entry(register: u32, rank: u32): i32 {
  return <i32>(((register >>> (32 - PRECISION)) << 6) | (clz(rank) + 1));
}

export function sketchTexts(bytes: usize, starts: usize, ends: usize, n: i32, out: usize): void {
  for (let i: usize = 0, to = <usize>n << 2; i < to; i += 4) {
    const end = load<i32>(ends + i);
    const at = bytes + load<i32>(starts + i);
    const length = end - load<i32>(starts + i);
    if (end < 0) store<i32>(out + i, -1);
    else {
      const register = murmurBytes(at, length, REGISTER_SEED ^ TAG_TEXT);
      store<i32>(out + i, entry(register, murmurBytes(at, length, RANK_SEED ^ TAG_TEXT)));
    }
  }
}

export function sketchNumbers(tag: u32, values: usize, nulls: usize, n: i32, out: usize): void {
  for (let i: usize = 0; i < <usize>n; i++) {
    const value = load<f64>(values + (i << 3));
    const isNull = nulls != 0 && load<u8>(nulls + i) != 0;
    const found = entry(houseNumber(value, REGISTER_SEED ^ tag), houseNumber(value, RANK_SEED ^ tag));
    store<i32>(out + (i << 2), isNull ? -1 : found);
  }
}
