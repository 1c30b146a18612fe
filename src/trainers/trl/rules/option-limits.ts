import type { Rule } from "../../../check/rule.ts";
import { report } from "../../../diagnostics/report.ts";
import type { PlanFacts } from "../../../stack/facts.ts";
import { isWithin, limitInWords, limits } from "../options/limits.ts";
import { trainerOptions } from "../options/option.ts";
import { isOfType } from "../options/types.ts";
import { optionAt } from "../options/written.ts";

/** Numbers in the range that means something. What is no number at all is the type rule's. */
export const trainerLimits: Rule<PlanFacts> = {
  name: "trainer-limits",
  *check({ plan }) {
    for (const [name, limit] of Object.entries(limits)) {
      const value = plan.sft[name];
      const option = trainerOptions.get(name);
      if (typeof value !== "number" || !option?.types.some((type) => isOfType(value, type, option))) continue;
      if (isWithin(value, limit)) continue;
      yield report("PLN4024", optionAt(plan, name), { name, written: String(value), expected: limitInWords(limit) });
    }
  },
};
