import { diagnostic, text } from "../../../diagnostics/define.ts";
import type { Pages } from "../../../diagnostics/page.ts";
import type { Rule } from "../../../diagnostics/rule.ts";
import { optionAt } from "../../../plan/task.ts";
import type { PlanFacts } from "../facts.ts";
import { plancOwned } from "../options/owned.ts";

export const PLN4021 = diagnostic("PLN4021", {
  severity: "error",
  messages: { default: text`${"name"} is set by planc: ${"why"}` },
});

/** Options that follow from the rest of the plan are written there. */
export const optionOwned: Rule<PlanFacts> = {
  name: "option-owned",
  *check({ plan }) {
    for (const name of Object.keys(plan.options)) {
      const owned = Object.hasOwn(plancOwned, name) ? plancOwned[name] : undefined;
      if (owned === undefined) continue;
      const help = owned.key === undefined ? `drop ${name}` : `drop ${name} and write ${owned.key}`;
      yield PLN4021(optionAt(plan, name, "key"), { name, why: owned.why }, { help });
    }
  },
};

export const pages = {
  PLN4021: {
    title: "trainer option that planc sets",
    docs: `Some options follow from the rest of the plan, or would undo it: a second sharding by accelerate, another number
format. They are written where they belong.

Wrong:

\`\`\`yaml
sft: { bf16: true, fsdp: full_shard }
\`\`\`

Right:

\`\`\`yaml
parallelism: { ep_size: 8, fsdp_size: 8 }
precision: { parameters: float32, compute: bfloat16, reduce: float32 }
\`\`\``,
  },
} satisfies Pages;
