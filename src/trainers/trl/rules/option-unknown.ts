import { capped } from "../../../diagnostics/capped.ts";
import type { Diagnostic } from "../../../diagnostics/diagnostic.ts";
import { replaceWith } from "../../../diagnostics/fix.ts";
import { report } from "../../../diagnostics/report.ts";
import type { Rule } from "../../../diagnostics/rule.ts";
import { optionAt } from "../../../plan/task.ts";
import { suggest } from "../../../text/suggest.ts";
import type { PlanFacts } from "../facts.ts";
import { elsewhereOf } from "../options/elsewhere.ts";
import { plancOwned } from "../options/owned.ts";

/** Every key under `sft` is an option of the trainer's release; what stands in launch lines elsewhere is named. */
export const trainerUnknown: Rule<PlanFacts> = {
  name: "trainer-unknown",
  check(facts) {
    const names = Object.keys(facts.plan.options).filter((name) => !facts.task.options.has(name));
    return capped(names, (name) => unknownOption(facts, name));
  },
};

function unknownOption({ plan, task }: PlanFacts, name: string): Diagnostic {
  const location = optionAt(plan, name, "key");
  const other = elsewhereOf(name);
  if (other !== undefined) {
    return report("PLN4020", location, { name, what: other.what }, { variant: "elsewhere", help: other.instead });
  }
  const near = suggest(
    name,
    [...task.options.keys()].filter((option) => !Object.hasOwn(plancOwned, option)),
  );
  const advice =
    near === undefined
      ? { help: "docs/plan-reference.md lists the options" }
      : { help: `did you mean ${near}?`, fixes: [replaceWith(location, near)] };
  return report("PLN4020", location, { name, release: task.release }, advice);
}
