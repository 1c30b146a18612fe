import { replaceWith } from "../../../diagnostics/fix.ts";
import { report } from "../../../diagnostics/report.ts";
import type { Rule } from "../../../diagnostics/rule.ts";
import { optionAt } from "../../../plan/task.ts";
import type { PlanFacts } from "../facts.ts";
import { plancOwned } from "../options/owned.ts";
import { unfit } from "../options/sharded.ts";

/**
 * What works in this release and will not in a later one. A renamed option is left alone: both names mean the same
 * until the major release that drops one, and the old one is what every recipe writes.
 */
export const trainerDeprecated: Rule<PlanFacts> = {
  name: "trainer-deprecated",
  *check(facts) {
    const { plan } = facts;
    const { release } = facts.task;
    for (const [name, written] of Object.entries(plan.options)) {
      const option = facts.task.options.get(name);
      if (option === undefined || Object.hasOwn(plancOwned, name)) continue;
      if (unfit.some((refused) => refused.option === name)) continue;
      const now = typeof written === "string" ? option.deprecated_values?.[written] : undefined;
      if (now !== undefined) {
        const location = optionAt(plan, name);
        const advice = {
          variant: "value",
          help: `write ${name}: ${now}`,
          fixes: [replaceWith(location, now)],
        } as const;
        yield report("PLN4033", location, { name, written: String(written), release }, advice);
      } else if (option.deprecated && option.instead === undefined && written !== option.default) {
        yield report("PLN4033", optionAt(plan, name, "key"), { name, release }, { help: `drop ${name}` });
      }
    }
  },
};
