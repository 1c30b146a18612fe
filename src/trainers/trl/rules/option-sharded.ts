import { diagnostic, text } from "../../../diagnostics/define.ts";
import type { Pages } from "../../../diagnostics/page.ts";
import type { Rule } from "../../../diagnostics/rule.ts";
import { optionAt } from "../../../plan/task.ts";
import { show } from "../../../text/show.ts";
import type { PlanFacts } from "../facts.ts";
import { unfit } from "../options/sharded.ts";

export const PLN4028 = diagnostic("PLN4028", {
  severity: "error",
  messages: { default: text`${"name"} ${"written"} does not work here: ${"why"}` },
});

/** Options that the trainer takes and that do not work on a sharded model. */
export const optionSharded: Rule<PlanFacts> = {
  name: "option-sharded",
  *check({ plan }) {
    for (const { option: name, values, why, help } of unfit) {
      const written = plan.options[name];
      const words = Array.isArray(written) ? written : [written];
      if (!words.some((word) => values.includes(word))) continue;
      yield PLN4028(optionAt(plan, name), { name, written: show(written), why }, { help });
    }
  },
};

export const pages = {
  PLN4028: {
    title: "trainer option that does not work here",
    docs: `Options that the trainer accepts and that fail, or do something else, on a model that is sharded when it is loaded.

Wrong:

\`\`\`yaml
sft: { auto_find_batch_size: true, debug: underflow_overflow }
\`\`\`

Right:

\`\`\`yaml
sft: { per_device_train_batch_size: 1 }
\`\`\``,
  },
} satisfies Pages;
