/** Picking numbers by weight: tables in shared form so that a draw is a few integer steps. */

/** Walker's alias table in Vose's form: one draw chooses a column and one its half. thresholds are 32-bit words. */
export interface AliasTable {
  thresholds: Uint32Array;
  aliases: Uint32Array;
}

/**
 * The alias table of a Zipf law over 0..count-1: number k has weight 1/(k+1)^exponent.
 * Vose, "A linear algorithm for generating random numbers with a given distribution", 1991.
 */
export function zipfTable(count: number, exponent: number): AliasTable {
  const weights = new Float64Array(count);
  let sum = 0;
  for (let k = 0; k < count; k++) sum += weights[k] = (k + 1) ** -exponent;
  const thresholds = new Uint32Array(count);
  const aliases = new Uint32Array(count);
  const small = new Uint32Array(count);
  const large = new Uint32Array(count);
  let smalls = 0;
  let larges = 0;
  for (let k = 0; k < count; k++) {
    weights[k] *= count / sum;
    if (weights[k] < 1) small[smalls++] = k;
    else large[larges++] = k;
  }
  while (smalls > 0 && larges > 0) {
    const low = small[--smalls];
    const high = large[larges - 1];
    thresholds[low] = Math.min(weights[low] * 2 ** 32, 2 ** 32 - 1);
    aliases[low] = high;
    weights[high] -= 1 - weights[low];
    if (weights[high] < 1) {
      larges--;
      small[smalls++] = high;
    }
  }
  // What rounding left over has weight 1: its alias is itself, so the threshold does not matter.
  for (const rest of [small.subarray(0, smalls), large.subarray(0, larges)]) for (const k of rest) aliases[k] = k;
  return { thresholds, aliases };
}

/** An index of 0..weights.length-1 for each of `size` slots, in proportion to the weights; each weight gets at least one. */
export function weightedSlots(weights: readonly number[], size: number): Uint8Array {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const slots = new Uint8Array(size);
  let sum = 0;
  let next = 0;
  for (let k = 0; k < weights.length; k++) {
    sum += weights[k];
    const end = Math.max(next + 1, Math.round((sum / total) * (size - weights.length + k + 1)));
    slots.fill(k, next, end);
    next = end;
  }
  return slots;
}
