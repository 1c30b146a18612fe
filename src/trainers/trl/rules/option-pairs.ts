import type { Case } from "../../../diagnostics/case.ts";
import { diagnostic, text } from "../../../diagnostics/define.ts";
import type { Pages } from "../../../diagnostics/page.ts";
import type { Rule } from "../../../diagnostics/rule.ts";
import { optionAt } from "../../../plan/task.ts";
import { show } from "../../../text/values.ts";
import type { PlanFacts } from "../facts.ts";
import { optionValue } from "../options/defaults.ts";
import type { Value } from "../options/pairs.ts";

export const PLN4025 = diagnostic("PLN4025", {
  severity: "error",
  messages: { default: text`${"name"} ${"written"} ${"why"}` },
});

/** Options that contradict each other. The message stands at the one that gives way, where it is written. */
export const optionPairs: Rule<PlanFacts> = {
  name: "option-pairs",
  *check(facts) {
    const { plan, task } = facts;
    const value: Value = (name) => optionValue(facts, name);
    for (const { option: name, clashes, why, help } of task.pairs) {
      if (!clashes(value)) continue;
      yield PLN4025(optionAt(plan, name), { name, written: show(value(name)), why: why(value) }, { help });
    }
  },
};

export const pages = {
  PLN4025: {
    title: "trainer options that do not go together",
    docs: `The trainer refuses some combinations of options when it starts, after the model has been loaded.

Wrong:

\`\`\`yaml
sft: { dataloader_prefetch_factor: 2, dataloader_num_workers: 0 }
\`\`\`

Right:

\`\`\`yaml
sft: { dataloader_prefetch_factor: 2, dataloader_num_workers: 4 }
\`\`\``,
  },
} satisfies Pages;

export const cases: readonly Case[] = [
  {
    plan: `
sft: { packing: true, max_length: null }
#@ [35:39) PLN4025 max_length null does not go with packing: packed sequences are cut to that length
#@   help: write max_length, or drop packing
`,
  },
  {
    name: "a length that is not written",
    plan: `
sft: { padding_free: true }
#@ [22:26) PLN4025 padding_free true does not go with max_length 1024 without packing: it would not be enforced
#@   help: write packing: true, or max_length: null
`,
  },
  {
    name: "a length that is written",
    plan: `
sft:
  max_length: 4096
  padding_free: true
#@ [17:21) PLN4025 padding_free true does not go with max_length 4096 without packing: it would not be enforced
#@   help: write packing: true, or max_length: null
#@ rest | parallelism: { ep_size: «4», fsdp_size: 8 } | PLN5006 warning: a step fits a h100-sxm-80gb until the fullest rank gets 1.4 times its share of the assignments; with all that it can get, 4 times, it needs 89.3 GiB of 79.6 GiB
#@   help: runs get to about 1.5 times; shard over more ranks
`,
  },
  {
    name: "what only workers do",
    plan: `
sft:
  dataloader_num_workers: 0
  dataloader_prefetch_factor: 2
#@ [31:32) PLN4025 dataloader_prefetch_factor 2 needs dataloader_num_workers of at least 1
#@   help: write dataloader_num_workers
  dataloader_persistent_workers: true
#@ [34:38) PLN4025 dataloader_persistent_workers true needs dataloader_num_workers of at least 1
#@   help: write dataloader_num_workers
`,
  },
  {
    name: "with what they need",
    shows: "nothing",
    plan: `
sft: { padding_free: true, packing: true, max_length: 4096, per_device_train_batch_size: 1, dataloader_num_workers: 1, dataloader_prefetch_factor: 2, dataloader_persistent_workers: true }
`,
  },
  {
    name: "losses of preferences",
    plan: `
dpo:
  max_length: 2048
  per_device_train_batch_size: 1
  loss_type: [robust, aot]
  loss_weights: [1.0]
#@ [17:22) PLN4025 loss_weights [1] has 1 weights for 2 of loss_type
#@   help: write a weight for each loss
  label_smoothing: 0.6
#@ [20:23) PLN4025 label_smoothing 0.6 does not go with loss_type robust, where it is a share of flipped pairs below 0.5
#@   help: write label_smoothing: 0.1
  use_weighting: true
#@ [18:22) PLN4025 use_weighting true does not go with loss_type aot and aot_unpaired, which sort the pairs
#@   help: drop use_weighting, or take another loss
  f_divergence_type: forward_kl
#@ [22:32) PLN4025 f_divergence_type "forward_kl" does not go with loss_type aot
#@   help: leave it out, or take a loss of the difference between the rewards, such as sigmoid
`,
  },
  {
    plan: `
dpo: { max_length: 2048, per_device_train_batch_size: 1, loss_type: exo_pair }
#@ [69:77) PLN4025 loss_type "exo_pair" needs label_smoothing above 0 for exo_pair
#@   help: write label_smoothing: 0.001
`,
  },
  {
    plan: `
dpo: { max_length: 2048, per_device_train_batch_size: 1, loss_type: [] }
#@ [69:71) PLN4025 loss_type [] names no loss
#@   help: write sigmoid, or leave it out
`,
  },
];
