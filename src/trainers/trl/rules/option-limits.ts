import { report } from "../../../diagnostics/report.ts";
import type { Rule } from "../../../diagnostics/rule.ts";
import { optionAt } from "../../../plan/task.ts";
import type { PlanFacts } from "../facts.ts";
import { isWithin, limitInWords, limits } from "../options/limits.ts";
import { isOfType } from "../options/types.ts";

/** Numbers in the range that means something. What is no number at all is the type rule's. */
export const trainerLimits: Rule<PlanFacts> = {
  name: "trainer-limits",
  *check(facts) {
    const { plan } = facts;
    for (const [name, limit] of Object.entries(limits)) {
      const value = plan.options[name];
      const option = facts.task.options.get(name);
      if (typeof value !== "number" || !option?.types.some((type) => isOfType(value, type, option))) continue;
      if (isWithin(value, limit)) continue;
      yield report("PLN4024", optionAt(plan, name), { name, written: String(value), expected: limitInWords(limit) });
    }
  },
};
