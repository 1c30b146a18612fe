import type { Rule } from "../../../check/rule.ts";
import { report } from "../../../diagnostics/report.ts";
import type { PlanFacts } from "../../../stack/facts.ts";
import { bytesPerParameter, precisionSwitches } from "../releases/5.23/precision.ts";

/** Combinations that exist and cost something: lost updates, or most of the GPU's speed. */
export const precisionCost: Rule<PlanFacts> = {
  name: "precision-cost",
  *check({ plan }) {
    const { parameters, compute, reduce } = plan.precision;
    if (precisionSwitches(plan.precision) === undefined) return;
    if (parameters === "bfloat16") {
      const values = { bytes: bytesPerParameter("bfloat16"), instead: bytesPerParameter("float32") };
      const variant = reduce === "bfloat16" ? "sums" : "default";
      yield report("PLN4041", plan.written.at("precision.parameters"), values, { variant });
    } else if (compute === "float32") {
      yield report("PLN4042", plan.written.at("precision.compute"), { bytes: bytesPerParameter("float32") });
    }
  },
};
