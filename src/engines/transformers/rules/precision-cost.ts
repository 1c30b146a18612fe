import { report } from "../../../diagnostics/report.ts";
import type { Rule } from "../../../diagnostics/rule.ts";
import { bytesPerParameter } from "../../../estimate/memory.ts";
import type { PlanFacts } from "../facts.ts";

/** Combinations that exist and cost something: lost updates, or most of the GPU's speed. */
export const precisionCost: Rule<PlanFacts> = {
  name: "precision-cost",
  *check({ plan, release }) {
    const { parameters, compute, reduce } = plan.precision;
    if (release.precisionSwitches(plan.precision) === undefined) return;
    if (parameters === "bfloat16") {
      const values = { bytes: bytesPerParameter("bfloat16"), instead: bytesPerParameter("float32") };
      const variant = reduce === "bfloat16" ? "sums" : "default";
      yield report("PLN4041", plan.written.at("precision.parameters"), values, { variant });
    } else if (compute === "float32") {
      yield report("PLN4042", plan.written.at("precision.compute"), { bytes: bytesPerParameter("float32") });
    }
  },
};
