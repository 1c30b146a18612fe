import { diagnostic, text } from "../../../diagnostics/define.ts";
import type { Pages } from "../../../diagnostics/page.ts";
import type { Rule } from "../../../diagnostics/rule.ts";
import { optionAt } from "../../../plan/task.ts";
import type { PlanFacts } from "../facts.ts";
import { isWithin, limitInWords, limits } from "../options/limits.ts";
import { isOfType } from "../options/types.ts";

export const PLN4024 = diagnostic("PLN4024", {
  severity: "error",
  messages: { default: text`${"name"} is ${"written"}; ${"expected"} is expected` },
});

/** Numbers in the range that means something. What is no number at all is the type rule's. */
export const optionLimits: Rule<PlanFacts> = {
  name: "option-limits",
  *check(facts) {
    const { plan } = facts;
    for (const [name, limit] of Object.entries(limits)) {
      const value = plan.options[name];
      const option = facts.task.options.get(name);
      if (typeof value !== "number" || !option?.types.some((type) => isOfType(value, type, option))) continue;
      if (isWithin(value, limit)) continue;
      yield PLN4024(optionAt(plan, name), { name, written: String(value), expected: limitInWords(limit) });
    }
  },
};

export const pages = {
  PLN4024: {
    title: "trainer option out of range",
    docs: `Sizes, rates and counts have limits that the trainer meets late: a batch of 0 in the data loader, 0 accumulation
steps in a division, a \`max_length\` of 0 in a run that trains nothing.

Wrong:

\`\`\`yaml
sft: { per_device_train_batch_size: 0, learning_rate: -2.0e-5 }
\`\`\`

Right:

\`\`\`yaml
sft: { per_device_train_batch_size: 1, learning_rate: 2.0e-5 }
\`\`\``,
  },
} satisfies Pages;
