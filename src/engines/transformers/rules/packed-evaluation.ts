import type { Rule } from "../../../check/rule.ts";
import { report } from "../../../diagnostics/report.ts";
import { packedBy } from "../documents.ts";
import type { PlanFacts } from "../facts.ts";
import { trainerValue } from "../trainer.ts";
import { optionAt } from "../trainers/written.ts";

/** The trainer's collator keeps documents apart in evaluation only where it does in training. */
export const packedEvaluation: Rule<PlanFacts> = {
  name: "packed-evaluation",
  *check({ plan }) {
    if (plan.sft["eval_packing"] !== true || packedBy(plan) !== undefined) return;
    const evaluates = trainerValue(plan, "eval_strategy") !== "no" || trainerValue(plan, "eval_on_start") === true;
    if (!evaluates || trainerValue(plan, "packing_strategy") === "wrapped") return;
    yield report("PLN4052", optionAt(plan, "eval_packing"), {});
  },
};
