import type { Case } from "../../../diagnostics/case.ts";
import { diagnostic, text } from "../../../diagnostics/define.ts";
import { replaceWith } from "../../../diagnostics/diagnostic.ts";
import type { Pages } from "../../../diagnostics/page.ts";
import type { Rule } from "../../../diagnostics/rule.ts";
import { optionAt } from "../../../plan/task.ts";
import type { PlanFacts } from "../facts.ts";
import { plancOwned } from "../options/owned.ts";

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
      if (facts.task.unfit.some((refused) => refused.option === name)) continue;
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

export const cases: readonly Case[] = [
  {
    name: "a word",
    plan: `
sft: { loss_type: chunked_nll, max_length: 4096, per_device_train_batch_size: 1 }
#@ [19:30) PLN4033 warning: loss_type chunked_nll is deprecated in TRL 1.16.0
#@   help: write loss_type: nll
#@   fix "change it to nll" -> fine
`,
  },
  {
    name: "a word in quotes",
    plan: `
sft:
  max_length: 4096
  per_device_train_batch_size: 1
  packing: true
  packing_strategy: "bfd-requeue"
#@ [21:34) PLN4033 warning: packing_strategy bfd-requeue is deprecated in TRL 1.16.0
#@   help: write packing_strategy: bfd_split
#@   fix "change it to bfd_split" -> fine
`,
  },
  {
    name: "an option that nothing takes the place of",
    plan: `
sft: { pad_token: "<pad>", max_length: 4096, per_device_train_batch_size: 1 }
#@ [08:17) PLN4033 warning: pad_token is deprecated in TRL 1.16.0
#@   help: drop pad_token
`,
  },
  {
    name: "what is refused is not called deprecated as well",
    shows: "nothing",
    plan: `
sft: { use_liger_kernel: true, gradient_checkpointing: true }
#@ [26:30) PLN4028 use_liger_kernel true does not work here: it is deprecated, and exchanges parts of a model that is sharded by then; train.py uses Liger's norms and rotary positions by itself where they fit the family
#@   help: drop use_liger_kernel
#@   issue: liger-exchanges-parts
#@ [32:54) PLN4021 gradient_checkpointing is set by planc: it follows from the plan's recompute
#@   help: drop gradient_checkpointing and write recompute
`,
  },
  {
    name: "its default",
    shows: "nothing",
    plan: `
sft: { pad_token: null, use_liger_kernel: false, loss_type: nll, max_length: 4096, per_device_train_batch_size: 1 }
`,
  },
];
