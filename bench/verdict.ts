/** What was measured against what was to be reached. */
import { formatBytes } from "../src/base/units.ts";
import type { Target } from "./jobs.ts";

export interface Verdict extends Target {
  /** In the target's own measure; undefined where the other was not measured. */
  actual: number | undefined;
  reached: "aim" | "floor" | "missed" | "unknown";
}

/** What a verdict looks at, of each engine. */
export interface Figures {
  peer: string;
  /** Median over the runs of its time by ours. */
  ratio: number;
  /** Bytes. */
  peak: number | undefined;
}

/** The first of the figures is ours. */
export function judge(targets: readonly Target[], figures: readonly Figures[]): Verdict[] {
  return targets.map((target) => {
    const actual = actualOf(
      target,
      figures[0],
      figures.find(({ peer }) => peer === target.against),
    );
    return { ...target, actual, reached: reachedBy(target, actual) };
  });
}

function actualOf(target: Target, ours: Figures, other: Figures | undefined): number | undefined {
  if (target.measure === "memory") return ours.peak;
  if (!other) return undefined;
  if (target.measure === "faster") return other.ratio;
  if (target.measure === "time") return 1 / other.ratio;
  return ours.peak !== undefined && other.peak ? ours.peak / other.peak : undefined;
}

function reachedBy({ measure, floor, aim }: Target, actual: number | undefined): Verdict["reached"] {
  if (actual === undefined) return "unknown";
  const sign = measure === "faster" ? 1 : -1;
  if (sign * actual >= sign * aim) return "aim";
  return sign * actual >= sign * floor ? "floor" : "missed";
}

const words = { aim: "aim reached", floor: "floor reached", missed: "MISSED", unknown: "not measured" };

/** `faster than duckdb: 5.10× (floor 4.8×, aim 6×): floor reached` */
export function describeVerdict({ measure, against, actual, floor, aim, reached }: Verdict): string {
  const asText = (value: number, digits?: number) =>
    measure === "memory"
      ? formatBytes(value)
      : measure === "share"
        ? `${(value * 100).toFixed(0)} %`
        : `${digits === undefined ? value : value.toFixed(digits)}×`;
  const what = {
    faster: `faster than ${against}`,
    time: `time by that of ${against}`,
    memory: "peak memory",
    share: `peak memory by that of ${against}`,
  }[measure];
  const [least, best] = [asText(floor), asText(aim)];
  const wanted = floor === aim ? least : `floor ${least}, aim ${best}`;
  return `${what}: ${actual === undefined ? "?" : asText(actual, 2)} (${wanted}): ${words[reached]}`;
}
