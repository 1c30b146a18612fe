import { planConversion } from "../../convert/plan.ts";
import { report } from "../../diagnostics/report.ts";
import type { Rule } from "../../diagnostics/rule.ts";
import type { BoundFacts } from "../../stack/facts.ts";

/** A conversion moves bytes and nothing else: what would need arithmetic is refused with the reason. */
export const conversion: Rule<BoundFacts> = {
  name: "conversion",
  *check({ plan, model, layout: from }) {
    if (plan.conversion === undefined) return;
    const place = plan.written.at("conversion.to");
    const { to } = plan.conversion;
    const { model_type } = model;
    if (to === from) {
      yield report("PLN2019", place, { model_type, to });
      return;
    }
    const planned = planConversion(model, from, to);
    if ("why" in planned) yield report("PLN2018", place, { model_type, from, to, why: planned.why });
  },
};
