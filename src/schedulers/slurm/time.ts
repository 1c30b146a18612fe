import { noticeSeconds } from "../../estimate/storage.ts";
import type { Slurm } from "../../plan/scheduling.ts";
import type { MeshFacts } from "../../stack/facts.ts";

/** What `--signal` takes. */
const most = 65_535;

/** Seconds before its limit at which the job is told to save: the plan's, or enough for a save. */
export function noticeOf(facts: MeshFacts, { signal }: Pick<Slurm, "signal">): number {
  return signal ?? Math.min(most, noticeSeconds(facts));
}

/**
 * Seconds of a time limit as sbatch reads it: `M`, `M:S`, `H:M:S`, `D-H`, `D-H:M` or `D-H:M:S` (sbatch's manual, `--time`).
 */
export function secondsOf(time: string): number {
  const [days, rest] = time.includes("-") ? time.split("-") : [undefined, time];
  const parts = (rest ?? "").split(":").map(Number);
  const [first = 0, second = 0, third = 0] = parts;
  if (days !== undefined) return Number(days) * 86_400 + first * 3600 + second * 60 + third;
  if (parts.length === 3) return first * 3600 + second * 60 + third;
  return first * 60 + second;
}
