import { report } from "../../diagnostics/report.ts";
import type { Rule } from "../rule.ts";
import type { CommonFacts } from "../rules.ts";

/** The converter is not written yet: refuse what would not happen. */
export const conversion: Rule<CommonFacts> = {
  name: "conversion",
  *check({ plan }) {
    if (plan.conversion === undefined) return;
    yield report("PLN2013", plan.written.at("conversion", "key"), { to: plan.conversion.to });
  },
};
