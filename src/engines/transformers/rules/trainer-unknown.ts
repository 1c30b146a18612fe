import type { Rule } from "../../../check/rule.ts";
import { capped } from "../../../diagnostics/capped.ts";
import type { Diagnostic } from "../../../diagnostics/diagnostic.ts";
import { replaceWith } from "../../../diagnostics/fix.ts";
import { report } from "../../../diagnostics/report.ts";
import type { Plan } from "../../../plan/plan.ts";
import { suggest } from "../../../text/suggest.ts";
import type { PlanFacts } from "../facts.ts";
import { trainerOptions, trainerRelease } from "../trainer.ts";
import { elsewhereOf } from "../trainers/elsewhere.ts";
import { plancOwned } from "../trainers/owned.ts";
import { optionAt } from "../trainers/written.ts";

/** Every key under `sft` is an option of the trainer's release; what stands in launch lines elsewhere is named. */
export const trainerUnknown: Rule<PlanFacts> = {
  name: "trainer-unknown",
  check({ plan }) {
    const unknown = Object.keys(plan.sft).filter((name) => !trainerOptions.has(name));
    return capped(unknown, (name) => unknownOption(plan, name));
  },
};

function unknownOption(plan: Plan, name: string): Diagnostic {
  const location = optionAt(plan, name, "key");
  const other = elsewhereOf(name);
  if (other !== undefined) {
    return report("PLN4020", location, { name, what: other.what }, { variant: "elsewhere", help: other.instead });
  }
  const near = suggest(
    name,
    [...trainerOptions.keys()].filter((option) => !Object.hasOwn(plancOwned, option)),
  );
  const advice =
    near === undefined
      ? { help: "docs/plan-reference.md lists the options" }
      : { help: `did you mean ${near}?`, fixes: [replaceWith(location, near)] };
  return report("PLN4020", location, { name, release: trainerRelease }, advice);
}
