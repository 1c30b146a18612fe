import { report } from "../../../diagnostics/report.ts";
import type { Rule } from "../../../diagnostics/rule.ts";
import { optionAt } from "../../../plan/task.ts";
import type { PlanFacts } from "../facts.ts";
import { optionValue } from "../options/value.ts";

/** The trainer's collator keeps documents apart in evaluation only where it does in training. */
export const packedEvaluation: Rule<PlanFacts> = {
  name: "packed-evaluation",
  *check(facts) {
    const { plan } = facts;
    if (plan.options["eval_packing"] !== true || facts.rows.packed_by !== undefined) return;
    const evaluates = optionValue(facts, "eval_strategy") !== "no" || optionValue(facts, "eval_on_start") === true;
    if (!evaluates || optionValue(facts, "packing_strategy") === "wrapped") return;
    yield report("PLN4052", optionAt(plan, "eval_packing"), {});
  },
};
