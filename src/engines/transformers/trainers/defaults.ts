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
  if (!Object.hasOwn(plan.sft, "save_strategy") && plan.sft["save_only_model"] !== true) {
    defaults["save_strategy"] = {
      value: "no",
      reason: "the trainer refuses checkpoints with optimizer states of a sharded model; the trained model is saved at the end",
    };
  }
  return defaults;
}
