import { diagnostic, text } from "../../../diagnostics/define.ts";
import { replaceWith } from "../../../diagnostics/fix.ts";
import type { Pages } from "../../../diagnostics/page.ts";
import type { Rule } from "../../../diagnostics/rule.ts";
import { optionAt } from "../../../plan/task.ts";
import type { PlanFacts } from "../facts.ts";
import { plancOwned } from "../options/owned.ts";
import { unfit } from "../options/sharded.ts";

export const PLN4033 = diagnostic("PLN4033", {
  severity: "warning",
  messages: {
    default: text`${"name"} is deprecated in TRL ${"release"}`,
    value: text`${"name"} ${"written"} is deprecated in TRL ${"release"}`,
  },
});

/**
 * What works in this release and will not in a later one. A renamed option is left alone: both names mean the same
 * until the major release that drops one, and the old one is what every recipe writes.
 */
export const optionDeprecated: Rule<PlanFacts> = {
  name: "option-deprecated",
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
        yield PLN4033(location, { name, written: String(written), release }, advice);
      } else if (option.deprecated && option.instead === undefined && written !== option.default) {
        yield PLN4033(optionAt(plan, name, "key"), { name, release }, { help: `drop ${name}` });
      }
    }
  },
};

export const pages = {
  PLN4033: {
    title: "deprecated trainer option",
    docs: `It still works in this release and will not in a later one.

Wrong:

\`\`\`yaml
sft: { loss_type: chunked_nll }
\`\`\`

Right:

\`\`\`yaml
sft: { loss_type: nll }
\`\`\``,
  },
} satisfies Pages;
