import { report } from "../../../diagnostics/report.ts";
import type { Rule } from "../../../diagnostics/rule.ts";
import type { ModelFacts } from "../facts.ts";

/** The expert plan is applied only above `ep_size` 1. */
export const epRulesUnused: Rule<ModelFacts> = {
  name: "ep-rules-unused",
  *check({ plan, sizes }) {
    if (sizes.ep_size > 1 || Object.keys(plan.parallelism.base_model_ep_plan).length === 0) return;
    yield report("PLN3027", plan.written.at("parallelism.base_model_ep_plan", "key"), {});
  },
};
