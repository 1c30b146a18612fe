import type { Plan } from "../../../plan/plan.ts";
import type { OptionFacts } from "../facts.ts";

/** A value that planc writes where the plan leaves the option out and the trainer's own default would not do. */
export interface PlancDefault {
  readonly value: string;
  readonly reason: string;
}

/** Trainer options that planc sets when the plan does not: option → value and why. */
export function plancDefaults(plan: Plan): Readonly<Record<string, PlancDefault>> {
  const defaults: Record<string, PlancDefault> = {};
  if (!Object.hasOwn(plan.options, "output_dir")) {
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
function asksForCheckpoints({ options }: Plan): boolean {
  return (
    Object.hasOwn(options, "save_strategy") ||
    options["save_only_model"] === true ||
    isSet("save_steps") ||
    isSet("save_total_limit")
  );

  function isSet(option: string): boolean {
    return Object.hasOwn(options, option) && options[option] !== null;
  }
}

/** The value that the trainer will have: as written in the plan, else planc's default, else the trainer's own. */
export function optionValue({ plan, task }: OptionFacts, name: string): unknown {
  const written = Object.hasOwn(plan.options, name) ? plan.options[name] : undefined;
  if (written !== undefined) return written;
  return plancDefaults(plan)[name]?.value ?? task.options.get(name)?.default;
}
