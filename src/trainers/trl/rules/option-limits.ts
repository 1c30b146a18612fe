import type { Case } from "../../../diagnostics/case.ts";
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

export const cases: readonly Case[] = [
  {
    name: "a count, one with an exception, a rate, a share, steps, a seed",
    plan: `
sft:
  per_device_train_batch_size: 0
#@ [32:33) PLN4024 per_device_train_batch_size is 0; at least 1 and at most 2147483647 is expected
  max_steps: 0
#@ [14:15) PLN4024 max_steps is 0; at least 1 and at most 2147483647, or -1 is expected
  learning_rate: 0
#@ [18:19) PLN4024 learning_rate is 0; more than 0 is expected
  warmup_steps: -1
#@ [17:19) PLN4024 warmup_steps is -1; at least 0 is expected
  adam_beta2: 1
#@ [15:16) PLN4024 adam_beta2 is 1; at least 0 and less than 1 is expected
  logging_steps: 1.5
#@ [18:21) PLN4024 logging_steps is 1.5; more than 0, whole from 1 on is expected
  seed: 4294967296
#@ [09:19) PLN4024 seed is 4294967296; at least 0 and at most 4294967295 is expected
`,
  },
  {
    name: "at the other borders",
    plan: `
sft: { max_length: 1, logging_steps: 0, dataloader_num_workers: 4097 }
#@ [20:21) PLN4024 max_length is 1; at least 2 and at most 2147483647 is expected
#@ [38:39) PLN4024 logging_steps is 0; more than 0, whole from 1 on is expected
#@ [65:69) PLN4024 dataloader_num_workers is 4097; at least 0 and at most 4096 is expected
`,
  },
  {
    name: "what is no number of its type is not told of its range",
    shows: "nothing",
    plan: `
sft: { max_length: 0.5, learning_rate: -.inf }
#@ [20:23) PLN4022 max_length is 0.5; a whole number or null is expected
#@ [40:45) PLN4022 learning_rate is -Infinity; a number is expected
`,
  },
  {
    name: "the last values that are accepted",
    shows: "nothing",
    plan: `
sft:
  per_device_train_batch_size: 1
  max_length: 2
  max_steps: -1
  learning_rate: 1e-300
  warmup_steps: 0.1
  adam_beta2: 0.999999
  max_grad_norm: 0
  logging_steps: 0.5
  seed: 4294967295
  dataloader_num_workers: 4096
`,
  },
  {
    name: "of preferences",
    plan: `
dpo: { max_length: 2048, per_device_train_batch_size: 1, beta: 0, ld_alpha: 1.5 }
#@ [64:65) PLN4024 beta is 0; more than 0 is expected
#@ [77:80) PLN4024 ld_alpha is 1.5; at least 0 and at most 1 is expected
`,
  },
];
