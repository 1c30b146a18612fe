import { capped } from "../../../diagnostics/capped.ts";
import { diagnostic, text } from "../../../diagnostics/define.ts";
import type { Diagnostic } from "../../../diagnostics/diagnostic.ts";
import { replaceWith } from "../../../diagnostics/fix.ts";
import type { Pages } from "../../../diagnostics/page.ts";
import type { Rule } from "../../../diagnostics/rule.ts";
import { optionAt } from "../../../plan/task.ts";
import { suggest } from "../../../text/suggest.ts";
import type { PlanFacts } from "../facts.ts";
import { elsewhereOf } from "../options/elsewhere.ts";
import { plancOwned } from "../options/owned.ts";

export const PLN4020 = diagnostic("PLN4020", {
  severity: "error",
  messages: {
    default: text`SFTConfig of TRL ${"release"} has no option ${"name"}`,
    key: text`${"option"} of TRL ${"release"} has no key ${"name"}`,
    elsewhere: text`${"name"} is no option of SFTConfig but ${"what"}`,
  },
});

/** Every key under `sft` is an option of the trainer's release; what stands in launch lines elsewhere is named. */
export const optionUnknown: Rule<PlanFacts> = {
  name: "option-unknown",
  check(facts) {
    const names = Object.keys(facts.plan.options).filter((name) => !facts.task.options.has(name));
    return capped(names, (name) => unknownOption(facts, name));
  },
};

function unknownOption({ plan, task }: PlanFacts, name: string): Diagnostic {
  const location = optionAt(plan, name, "key");
  const other = elsewhereOf(name);
  if (other !== undefined) {
    return PLN4020(location, { name, what: other.what }, { variant: "elsewhere", help: other.instead });
  }
  const near = suggest(
    name,
    [...task.options.keys()].filter((option) => !Object.hasOwn(plancOwned, option)),
  );
  const advice =
    near === undefined
      ? { help: "docs/plan-reference.md lists the options" }
      : { help: `did you mean ${near}?`, fixes: [replaceWith(location, near)] };
  return PLN4020(location, { name, release: task.release }, advice);
}

export const pages = {
  PLN4020: {
    title: "unknown trainer option",
    docs: `Under \`sft\` stand the options of the trainer's configuration class, by its own names. Launch lines and accelerate's
configuration files have other names, some of which are accepted there and ignored.

Wrong:

\`\`\`yaml
sft: { max_length: 4096, packing: true, packing_strategie: wrapped, parallelism_config_ep_size: 8 }
\`\`\`

Right:

\`\`\`yaml
parallelism: { ep_size: 8 }
sft: { max_length: 4096, packing: true, packing_strategy: wrapped }
\`\`\``,
  },
} satisfies Pages;
