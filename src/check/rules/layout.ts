import { report } from "../../diagnostics/report.ts";
import type { Rule } from "../rule.ts";
import type { CommonFacts } from "../rules.ts";

/** The three-stack layout has no name that the engine looks for: its experts would be trained from random values. */
export const layout: Rule<CommonFacts> = {
  name: "layout",
  *check({ plan, model }) {
    if (plan.model.layout !== "fused") return;
    yield report("PLN2012", plan.written.at("model.layout"), { model_type: model.model_type });
  },
};
