import type { Plan } from "../../../plan/plan.ts";

/** A value that planc writes where the plan leaves the option out and the trainer's own default would not do. */
export interface PlancDefault {
  readonly value: string;
  readonly reason: string;
}

/** Trainer options that planc sets when the plan does not: option → value and why. */
export function plancDefaults(plan: Plan): Readonly<Record<string, PlancDefault>> {
  const defaults: Record<string, PlancDefault> = {};
  if (!Object.hasOwn(plan.sft, "output_dir")) {
    defaults["output_dir"] = { value: `output/${plan.name}`, reason: "named after the plan" };
  }
  if (!asksForCheckpoints(plan)) {
    defaults["save_strategy"] = {
      value: "no",
      reason:
        "the plan asks for no checkpoints; the trained model is saved at the end, and a run that is told to stop saves",
    };
  }
  return defaults;
}

/** Whether the plan sets an option that only makes sense with checkpoints. What it leaves out is the trainer's default. */
function asksForCheckpoints({ sft }: Plan): boolean {
  return (
    Object.hasOwn(sft, "save_strategy") ||
    sft["save_only_model"] === true ||
    isSet("save_steps") ||
    isSet("save_total_limit")
  );

  function isSet(option: string): boolean {
    return Object.hasOwn(sft, option) && sft[option] !== null;
  }
}
