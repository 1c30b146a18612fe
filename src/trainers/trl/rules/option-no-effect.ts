import type { Case } from "../../../diagnostics/case.ts";
import { diagnostic, text } from "../../../diagnostics/define.ts";
import type { Pages } from "../../../diagnostics/page.ts";
import type { Rule } from "../../../diagnostics/rule.ts";
import { optionAt } from "../../../plan/task.ts";
import type { PlanFacts } from "../facts.ts";

export const PLN4034 = diagnostic("PLN4034", {
  severity: "warning",
  messages: { default: text`${"name"} has no effect: ${"why"}` },
  help: "leave it out",
});

/** A value other than the default that changes nothing is not what its writer meant. */
export const optionNoEffect: Rule<PlanFacts> = {
  name: "option-no-effect",
  *check(facts) {
    const { plan, task } = facts;
    for (const { options, when, why } of task.idle) {
      if (!when(facts)) continue;
      for (const name of options) {
        const written = plan.options[name];
        if (written === undefined || written === facts.task.options.get(name)?.default) continue;
        yield PLN4034(optionAt(plan, name, "key"), { name, why: why(facts) });
      }
    }
  },
};

export const pages = {
  PLN4034: {
    title: "trainer option without effect",
    docs: `The option is read only together with another one, so what it says does not happen.

Wrong (\`packing\` is off):

\`\`\`yaml
sft: { max_length: 4096, packing_strategy: wrapped }
\`\`\`

Right:

\`\`\`yaml
sft: { max_length: 4096, packing: true, packing_strategy: wrapped }
\`\`\``,
  },
} satisfies Pages;

export const cases: readonly Case[] = [
  {
    name: "of the schedule, the log, the optimizer and the rows",
    plan: `
sft:
  max_length: 4096
  per_device_train_batch_size: 1
  max_steps: 100
  num_train_epochs: 2
#@ [03:19) PLN4034 warning: num_train_epochs has no effect: max_steps 100 ends the run
#@   help: leave it out
  packing_strategy: wrapped
#@ [03:19) PLN4034 warning: packing_strategy has no effect: packing is off
#@   help: leave it out
  logging_strategy: "no"
  logging_steps: 1
#@ [03:16) PLN4034 warning: logging_steps has no effect: logging_strategy is no
#@   help: leave it out
  lr_scheduler_type: constant
  warmup_steps: 10
#@ [03:15) PLN4034 warning: warmup_steps has no effect: lr_scheduler_type constant has no warmup; constant_with_warmup has one
#@   help: leave it out
  optim: sgd
  adam_beta1: 0.8
#@ [03:13) PLN4034 warning: adam_beta1 has no effect: optimizer sgd does not read it
#@   help: leave it out
  adam_beta2: 0.99
#@ [03:13) PLN4034 warning: adam_beta2 has no effect: optimizer sgd does not read it
#@   help: leave it out
  adam_epsilon: 1.0e-6
#@ [03:15) PLN4034 warning: adam_epsilon has no effect: optimizer sgd does not read it
#@   help: leave it out
  optim_target_modules: all-linear
#@ [03:23) PLN4034 warning: optim_target_modules has no effect: optimizer sgd does not read it
#@   help: leave it out
  liger_kernel_config: { rope: true }
#@ [03:22) PLN4034 warning: liger_kernel_config has no effect: use_liger_kernel is off
#@   help: leave it out
  restore_callback_states_from_checkpoint: true
#@ [03:42) PLN4034 warning: restore_callback_states_from_checkpoint has no effect: no callback of the job keeps a state in a checkpoint that a resumed run would miss
#@   help: leave it out
`,
  },
  {
    name: "of uploads and of DDP",
    plan: `
sft:
  max_length: 4096
  per_device_train_batch_size: 1
  hub_model_id: org/name
#@ [03:15) PLN4034 warning: hub_model_id has no effect: push_to_hub is off
#@   help: leave it out
  hub_strategy: end
#@ [03:15) PLN4034 warning: hub_strategy has no effect: push_to_hub is off
#@   help: leave it out
  hub_private_repo: true
#@ [03:19) PLN4034 warning: hub_private_repo has no effect: push_to_hub is off
#@   help: leave it out
  hub_always_push: true
#@ [03:18) PLN4034 warning: hub_always_push has no effect: push_to_hub is off
#@   help: leave it out
  hub_revision: main
#@ [03:15) PLN4034 warning: hub_revision has no effect: push_to_hub is off
#@   help: leave it out
  ddp_find_unused_parameters: true
#@ [03:29) PLN4034 warning: ddp_find_unused_parameters has no effect: a sharded model is not wrapped by DDP
#@   help: leave it out
  ddp_bucket_cap_mb: 25
#@ [03:20) PLN4034 warning: ddp_bucket_cap_mb has no effect: a sharded model is not wrapped by DDP
#@   help: leave it out
  ddp_broadcast_buffers: false
#@ [03:24) PLN4034 warning: ddp_broadcast_buffers has no effect: a sharded model is not wrapped by DDP
#@   help: leave it out
  ddp_static_graph: true
#@ [03:19) PLN4034 warning: ddp_static_graph has no effect: a sharded model is not wrapped by DDP
#@   help: leave it out
`,
  },
  {
    name: "nothing is saved",
    plan: `
sft: { max_length: 4096, per_device_train_batch_size: 1, save_strategy: "no", save_steps: 50, save_total_limit: 2, save_only_model: true }
#@ [79:89) PLN4034 warning: save_steps has no effect: save_strategy is no
#@   help: leave it out
#@ [95:111) PLN4034 warning: save_total_limit has no effect: save_strategy is no
#@   help: leave it out
#@ [116:131) PLN4034 warning: save_only_model has no effect: save_strategy is no
#@   help: leave it out
`,
  },
  {
    name: "an epoch has no steps",
    plan: `
sft: { max_length: 4096, per_device_train_batch_size: 1, save_strategy: epoch, save_steps: 50, save_total_limit: 2 }
#@ [80:90) PLN4034 warning: save_steps has no effect: save_strategy is epoch
#@   help: leave it out
`,
  },
  {
    name: "nothing is evaluated",
    plan: `
sft:
  max_length: 4096
  per_device_train_batch_size: 1
  eval_steps: 10
#@ [03:13) PLN4034 warning: eval_steps has no effect: eval_strategy is no
#@   help: leave it out
  eval_delay: 5
#@ [03:13) PLN4034 warning: eval_delay has no effect: eval_strategy is no
#@   help: leave it out
  per_device_eval_batch_size: 2
#@ [03:29) PLN4034 warning: per_device_eval_batch_size has no effect: nothing is evaluated: eval_strategy is no
#@   help: leave it out
  eval_accumulation_steps: 4
#@ [03:26) PLN4034 warning: eval_accumulation_steps has no effect: nothing is evaluated: eval_strategy is no
#@   help: leave it out
  eval_packing: false
#@ [03:15) PLN4034 warning: eval_packing has no effect: nothing is evaluated: eval_strategy is no
#@   help: leave it out
  do_eval: true
#@ [03:10) PLN4034 warning: do_eval has no effect: eval_strategy is no, and that decides
#@   help: leave it out
  metric_for_best_model: loss
#@ [03:24) PLN4034 warning: metric_for_best_model has no effect: neither save_strategy best nor a schedule by the evaluation's loss reads it
#@   help: leave it out
  greater_is_better: false
#@ [03:20) PLN4034 warning: greater_is_better has no effect: neither save_strategy best nor a schedule by the evaluation's loss reads it
#@   help: leave it out
`,
  },
  {
    name: "evaluated at the end of an epoch",
    plan: `
data: { path: /data/train.parquet, eval_split: test }
sft: { max_length: 4096, per_device_train_batch_size: 1, eval_strategy: epoch, eval_steps: 10, per_device_eval_batch_size: 2 }
#@ [80:90) PLN4034 warning: eval_steps has no effect: eval_strategy is epoch
#@   help: leave it out
`,
  },
  {
    name: "evaluated before the first step alone",
    plan: `
data: { path: /data/train.parquet, eval_split: test }
sft: { max_length: 4096, per_device_train_batch_size: 1, eval_on_start: true, eval_steps: 10, eval_accumulation_steps: 4 }
#@ [79:89) PLN4034 warning: eval_steps has no effect: eval_strategy is no
#@   help: leave it out
`,
  },
  {
    name: "with what reads them",
    shows: "nothing",
    plan: `
data: { path: /data/train.parquet, eval_split: test }
sft:
  max_length: 4096
  per_device_train_batch_size: 1
  packing: true
  packing_strategy: wrapped
  num_train_epochs: 2
  logging_steps: 1
  eval_strategy: steps
  eval_steps: 10
  eval_delay: 5
  per_device_eval_batch_size: 2
  do_eval: true
  save_strategy: best
  metric_for_best_model: loss
  greater_is_better: false
  optim: adamw_torch
  adam_beta1: 0.8
  lr_scheduler_type: constant_with_warmup
  warmup_steps: 10
`,
  },
  {
    name: "the default of an option",
    shows: "nothing",
    plan: `
sft: { max_length: 4096, per_device_train_batch_size: 1, eval_steps: null, packing_strategy: bfd, hub_strategy: every_save, adam_beta1: 0.9 }
`,
  },
  {
    name: "of another loss of preferences",
    plan: `
dpo:
  max_length: 2048
  per_device_train_batch_size: 1
  loss_type: [sigmoid, sft]
  label_smoothing: 0.1
#@ [03:18) PLN4034 warning: label_smoothing has no effect: loss_type sigmoid, sft does not read it
#@   help: leave it out
  discopop_tau: 0.1
#@ [03:15) PLN4034 warning: discopop_tau has no effect: loss_type sigmoid, sft does not read it
#@   help: leave it out
  f_alpha_divergence_coef: 0.2
#@ [03:26) PLN4034 warning: f_alpha_divergence_coef has no effect: f_divergence_type is reverse_kl
#@   help: leave it out
  precompute_ref_batch_size: 4
#@ [03:28) PLN4034 warning: precompute_ref_batch_size has no effect: precompute_ref_log_probs is off
#@   help: leave it out
  ref_model_sync_steps: 64
#@ [03:23) PLN4034 warning: ref_model_sync_steps has no effect: sync_ref_model is off
#@   help: leave it out
`,
  },
];
