/** The hashes that partitions are cut by, a key column at a time: out = 31 × out, xor the row's. The same in both kernels. */
import { houseBytes, houseNumber, mix32 } from "./hash";

const TAG_TEXT: i32 = 5;
/** Of src/kernel/group/hash-vector.ts. */
const SEED: u32 = 0x5bd1e995;

export function hashBegin(n: i32, out: usize): void {
  memory.fill(out, 0, <usize>n << 2);
}

export function hashEnd(n: i32, out: usize): void {
  for (let at = out, end = out + (<usize>n << 2); at < end; at += 4) store<u32>(at, mix32(load<u32>(at) ^ SEED));
}

export function hashTexts(bytes: usize, starts: usize, ends: usize, n: i32, out: usize): void {
  for (let i: usize = 0, to = <usize>n << 2; i < to; i += 4) {
    const end = load<i32>(ends + i);
    const start = load<i32>(starts + i);
    const hash = end < 0 ? mix32(0) : houseBytes(bytes + start, end - start, TAG_TEXT);
    store<u32>(out + i, (load<u32>(out + i) * 31) ^ hash);
  }
}

export function hashNumbers(tag: i32, values: usize, nulls: usize, n: i32, out: usize): void {
  for (let i: usize = 0; i < <usize>n; i++) {
    const isNull = nulls != 0 && load<u8>(nulls + i) != 0;
    const hash = isNull ? mix32(0) : houseNumber(load<f64>(values + (i << 3)), tag);
    store<u32>(out + (i << 2), (load<u32>(out + (i << 2)) * 31) ^ hash);
  }
}
