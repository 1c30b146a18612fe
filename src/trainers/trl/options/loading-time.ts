import type { Model } from "../../../model/model.ts";

/** GB/s that a machine surely gets from a network file system that other jobs use too. */
export const pace = 0.5;

/** GB of a model's checkpoint, and the seconds that a machine may take to read it. */
export function loadingTime({ totals, dtype }: Pick<Model, "totals" | "dtype">): { size: number; seconds: number } {
  const size = (totals.whole * (dtype === "float32" ? 4 : 2)) / 1e9;
  return { size, seconds: Math.ceil(size / pace) };
}

/** A timeout that is long enough, in steps of ten minutes. */
export function longEnough(seconds: number): number {
  return Math.ceil(seconds / 600) * 600;
}
