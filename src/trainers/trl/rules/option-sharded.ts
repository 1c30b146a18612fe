import { report } from "../../../diagnostics/report.ts";
import type { Rule } from "../../../diagnostics/rule.ts";
import { optionAt } from "../../../plan/task.ts";
import { show } from "../../../text/show.ts";
import type { PlanFacts } from "../facts.ts";
import { unfit } from "../options/sharded.ts";

/** Options that the trainer takes and that do not work on a sharded model. */
export const trainerSharded: Rule<PlanFacts> = {
  name: "trainer-sharded",
  *check({ plan }) {
    for (const { option: name, values, why, help } of unfit) {
      const written = plan.options[name];
      const words = Array.isArray(written) ? written : [written];
      if (!words.some((word) => values.includes(word))) continue;
      yield report("PLN4028", optionAt(plan, name), { name, written: show(written), why }, { help });
    }
  },
};
