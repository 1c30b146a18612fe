import type { Rule } from "../../../check/rule.ts";
import type { Examples } from "../../../diagnostics/case.ts";
import { report } from "../../../diagnostics/report.ts";
import { packedBy } from "../../../engines/transformers/attention/documents.ts";
import type { PlanFacts } from "../../../stack/facts.ts";
import { trainerValue } from "../options/option.ts";
import { optionAt } from "../options/written.ts";

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

export const examples: Examples = {
  PLN4052: { beside: { data: { eval_split: "test" } } },
};
