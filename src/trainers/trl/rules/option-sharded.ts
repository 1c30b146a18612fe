import type { Case } from "../../../diagnostics/case.ts";
import { diagnostic, text } from "../../../diagnostics/define.ts";
import type { Pages } from "../../../diagnostics/page.ts";
import type { Rule } from "../../../diagnostics/rule.ts";
import { optionAt } from "../../../plan/task.ts";
import { show } from "../../../text/values.ts";
import type { PlanFacts } from "../facts.ts";

export const PLN4028 = diagnostic("PLN4028", {
  severity: "error",
  messages: { default: text`${"name"} ${"written"} does not work here: ${"why"}` },
});

/** Options that the trainer takes and that do not work on a sharded model. */
export const optionSharded: Rule<PlanFacts> = {
  name: "option-sharded",
  *check({ plan, task }) {
    for (const { option: name, values, because } of task.unfit) {
      const written = plan.options[name];
      const words: readonly unknown[] = Array.isArray(written) ? written : [written];
      for (const [index, word] of words.entries()) {
        if (!values.includes(word)) continue;
        const location = optionAt(plan, Array.isArray(written) ? [name, index] : name);
        const issue = "id" in because ? { issue: because } : {};
        const said = { name, written: show(word), why: because.symptom };
        yield PLN4028(location, said, { help: because.workaround, ...issue });
      }
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

export const cases: readonly Case[] = [
  {
    name: "flags",
    plan: `
sft:
  auto_find_batch_size: true
#@ [25:29) PLN4028 auto_find_batch_size true does not work here: a rank that runs out of memory starts over alone while the others wait for it
#@   help: set per_device_train_batch_size
#@   issue: auto-find-batch-size
  enable_jit_checkpoint: true
#@ [26:30) PLN4028 enable_jit_checkpoint true does not work here: it writes optimizer states by the trainer's own means, which cannot do so for a sharded model
#@   help: drop enable_jit_checkpoint: train.py saves by itself when it gets SIGTERM or SIGUSR1
#@   issue: jit-checkpoint
  push_to_hub: true
#@ [16:20) PLN4028 push_to_hub true does not work here: the trainer makes the repository on the Hub before it trains, and a job that cannot do so ends there
#@   help: upload the saved model afterwards: hf upload <id> <output_dir>
  use_liger_kernel: true
#@ [21:25) PLN4028 use_liger_kernel true does not work here: it is deprecated, and exchanges parts of a model that is sharded by then; train.py uses Liger's norms and rotary positions by itself where they fit the family
#@   help: drop use_liger_kernel
#@   issue: liger-exchanges-parts
`,
  },
  {
    name: "a word",
    plan: `
sft: { debug: underflow_overflow }
#@ [15:33) PLN4028 debug "underflow_overflow" does not work here: its hooks stop on distributed tensors
#@   help: drop debug
#@   issue: debug-hooks
`,
  },
  {
    name: "in a list",
    plan: `
sft: { debug: [tpu_metrics_debug, underflow_overflow] }
#@ [16:33) PLN4028 debug "tpu_metrics_debug" does not work here: its hooks stop on distributed tensors
#@   help: drop debug
#@   issue: debug-hooks
#@ [35:53) PLN4028 debug "underflow_overflow" does not work here: its hooks stop on distributed tensors
#@   help: drop debug
#@   issue: debug-hooks
`,
  },
  {
    shows: "nothing",
    plan: `
sft: { auto_find_batch_size: false, debug: [], push_to_hub: false, max_length: 4096, per_device_train_batch_size: 1 }
`,
  },
  {
    name: "of preferences",
    plan: `
dpo:
  max_length: 2048
  per_device_train_batch_size: 1
  precompute_ref_log_probs: true
#@ [29:33) PLN4028 precompute_ref_log_probs true does not work here: the trainer makes a digest of the model's parameters for it, which stops on those of a sharded model
#@   help: drop precompute_ref_log_probs: the reference model is sharded as the trained one is
  sync_ref_model: true
#@ [19:23) PLN4028 sync_ref_model true does not work here: the reference model is held in the format that computes, in which small updates round to nothing, and a resumed run would begin with the first one
#@   help: drop sync_ref_model
  padding_free: true
#@ [17:21) PLN4028 padding_free true does not work here: the trainer has it no longer for pairs: it warns and pads
#@   help: drop padding_free
`,
  },
];
