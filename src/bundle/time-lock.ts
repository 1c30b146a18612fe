import type { Bound, ClassSeconds } from "../estimate/time/classes.ts";
import type { StepTime, UnknownTime } from "../estimate/time/time.ts";

/** How long an optimizer step is foreseen to take. All but `reason` are null where planc cannot say. */
export interface TimeLock {
  readonly step_seconds: number | null;
  readonly tokens_per_second_per_gpu: number | null;
  /** Share of the GPU's peak in bfloat16. */
  readonly mfu: number | null;
  /** What the most of a step is spent on. */
  readonly bound_by: Bound | null;
  /** Seconds of a step; they add up to `step_seconds`. */
  readonly classes: ClassSeconds | null;
  /** The least and the most seconds that are expected. */
  readonly range: readonly [fastest: number, slowest: number] | null;
  /** Where the rates of the GPU are from. */
  readonly source: string | null;
  /** Why it is not known; null where it is. */
  readonly reason: string | null;
}

export function timeLock(time: StepTime | UnknownTime): TimeLock {
  if ("step_seconds" in time) return { ...time, reason: null };
  return {
    step_seconds: null,
    tokens_per_second_per_gpu: null,
    mfu: null,
    bound_by: null,
    classes: null,
    range: null,
    source: null,
    reason: time.unknown,
  };
}
