import { report } from "../../../diagnostics/report.ts";
import type { Rule } from "../../../diagnostics/rule.ts";
import { isWritten, optionAt } from "../../../plan/task.ts";
import type { PlanFacts } from "../facts.ts";

/**
 * A run saves and resumes through the bundle's own checkpoints. The trainer's way back does not know them: it can neither
 * load the best one at the end, nor be told by an option which one to go on from. And a run that goes on is the run that was
 * never stopped, which an option that passes by none of the rows seen would make another.
 */
export const trainerSaving: Rule<PlanFacts> = {
  name: "trainer-saving",
  *check({ plan }) {
    if (plan.options["load_best_model_at_end"] === true) {
      yield report("PLN4030", optionAt(plan, "load_best_model_at_end"), {});
    }
    if (isWritten(plan, "resume_from_checkpoint") && plan.options["resume_from_checkpoint"] !== null) {
      yield report("PLN4031", optionAt(plan, "resume_from_checkpoint", "key"), { name: "resume_from_checkpoint" });
    }
    if (plan.options["ignore_data_skip"] === true)
      yield report("PLN4035", optionAt(plan, "ignore_data_skip", "key"), {});
  },
};
