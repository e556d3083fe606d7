/** count(), and count(x) of what is not null, by group, as doubles. */

export function countRows(groups: usize, n: i32, counts: usize): void {
  for (let i: usize = 0, to = <usize>n << 2; i < to; i += 4) {
    const at = counts + (<usize>load<u32>(groups + i) << 3);
    store<f64>(at, load<f64>(at) + 1);
  }
}

/** ends: of a text column; -1 is null. */
export function countText(groups: usize, ends: usize, n: i32, counts: usize): void {
  for (let i: usize = 0, to = <usize>n << 2; i < to; i += 4) {
    const at = counts + (<usize>load<u32>(groups + i) << 3);
    store<f64>(at, load<f64>(at) + <f64>(<i32>(load<i32>(ends + i) >= 0)));
  }
}

export function countValid(groups: usize, nulls: usize, n: i32, counts: usize): void {
  for (let i: usize = 0; i < <usize>n; i++) {
    const at = counts + (<usize>load<u32>(groups + (i << 2)) << 3);
    store<f64>(at, load<f64>(at) + <f64>(<i32>(load<u8>(nulls + i) == 0)));
  }
}
