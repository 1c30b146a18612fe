import { replaceWith } from "../../../diagnostics/fix.ts";
import { report } from "../../../diagnostics/report.ts";
import type { Rule } from "../../../diagnostics/rule.ts";
import type { ModelFacts } from "../facts.ts";
import { expertModules, styleAt, usableRules } from "./ep-rules.ts";

/** Any style but dispatch on the experts: the engine then applies no rule of the expert plan at all, and says nothing. */
export const epExpertsModule: Rule<ModelFacts> = {
  name: "ep-experts-module",
  *check(facts) {
    const { ep_size } = facts.sizes;
    if (ep_size === 1) return;
    const experts = new Set(expertModules(facts));
    for (const rule of usableRules(facts)) {
      if (!experts.has(rule.path) || rule.style === "ep_dispatch_experts") continue;
      const location = styleAt(facts, rule);
      yield report(
        "PLN3022",
        location,
        { style: rule.style, path: rule.path, ep_size },
        {
          fixes: [replaceWith(location, "ep_dispatch_experts")],
        },
      );
    }
  },
};
