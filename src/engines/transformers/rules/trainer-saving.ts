import type { Rule } from "../../../check/rule.ts";
import { report } from "../../../diagnostics/report.ts";
import type { PlanFacts } from "../facts.ts";
import { isWritten, optionAt } from "../trainers/written.ts";

/**
 * The trainer refuses, when it is built, to checkpoint the optimizer of a model that was sharded while it was loaded;
 * it can neither resume from nor load back a checkpoint of one. Left out, `save_strategy` is "no" (trainers/defaults.ts),
 * so options that only make sense with checkpoints must not be lost silently.
 */
export const trainerSaving: Rule<PlanFacts> = {
  name: "trainer-saving",
  *check({ plan }) {
    const { sft } = plan;
    const strategy = sft["save_strategy"];
    const modelOnly = sft["save_only_model"] === true;
    if ((strategy === "steps" || strategy === "epoch") && !modelOnly) {
      yield report("PLN4030", optionAt(plan, "save_strategy"), { written: strategy });
    }
    if (strategy === undefined && !modelOnly) {
      const name = ["save_steps", "save_total_limit"].find((option) => isWritten(plan, option) && sft[option] !== null);
      if (name !== undefined) yield report("PLN4030", optionAt(plan, name, "key"), { name }, { variant: "implied" });
    }
    if (sft["load_best_model_at_end"] === true) {
      const help = "drop load_best_model_at_end";
      yield report("PLN4030", optionAt(plan, "load_best_model_at_end"), {}, { variant: "best", help });
    }
    if (isWritten(plan, "resume_from_checkpoint") && sft["resume_from_checkpoint"] !== null) {
      yield report("PLN4031", optionAt(plan, "resume_from_checkpoint", "key"), { name: "resume_from_checkpoint" });
    }
  },
};
