import { report } from "../../../diagnostics/report.ts";
import type { Rule } from "../../../diagnostics/rule.ts";
import { optionAt } from "../../../plan/task.ts";
import type { PlanFacts } from "../facts.ts";
import { plancOwned } from "../options/owned.ts";

/** Options that follow from the rest of the plan are written there. */
export const trainerOwned: Rule<PlanFacts> = {
  name: "trainer-owned",
  *check({ plan }) {
    for (const name of Object.keys(plan.options)) {
      const owned = Object.hasOwn(plancOwned, name) ? plancOwned[name] : undefined;
      if (owned === undefined) continue;
      const help = owned.key === undefined ? `drop ${name}` : `drop ${name} and write ${owned.key}`;
      yield report("PLN4021", optionAt(plan, name, "key"), { name, why: owned.why }, { help });
    }
  },
};
